import { expect, it } from 'vitest';
import { partsOf } from './locks';

it('calls a lock by its name, and by all of its key where that is something else', () => {
  expect(partsOf('default/Mutex/deploy')).toEqual({ name: 'deploy', namespace: 'default' });
  expect(partsOf('team/ConfigMap/limits/builds')).toEqual({ name: 'limits/builds', namespace: 'team' });
  expect(partsOf('deploy')).toEqual({ name: 'deploy', namespace: '' });
  expect(partsOf('a//b')).toEqual({ name: 'b', namespace: 'a' });
  expect(partsOf('a/b/')).toEqual({ name: 'a/b/', namespace: '' });
});
