import { expect, it } from 'vitest';
import { placeOf } from './limit';

it('the limit of a semaphore is kept where the key of its lock says', () => {
  expect(placeOf('team/ConfigMap/limits/gpu')).toEqual({ namespace: 'team', type: 0, cmName: 'limits', key: 'gpu' });
  expect(placeOf('team/Database/gpu')).toEqual({ namespace: 'team', type: 1, cmName: '', key: 'gpu' });
  expect([placeOf('team/Mutex/deploy'), placeOf('odd'), placeOf('team/ConfigMap/limits')]).toEqual([undefined, undefined, undefined]);
});
