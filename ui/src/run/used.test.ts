import { expect, it } from 'vitest';
import { allUsed, used } from './used';

it('says of what it was used, as far as that is known', () => {
  expect(used('cpu', 120)).toBe('2m of one core');
  expect(used('memory', 5)).toBe('5s of 100 MiB');
  expect(used('nvidia.com/gpu', 5)).toBe('5s');
});

it('says nothing of what was hardly used', () => {
  expect(allUsed({ cpu: 0, memory: 5 })).toEqual([['memory', '5s of 100 MiB']]);
  expect(allUsed(undefined)).toEqual([]);
});
