import { expect, it } from 'vitest';
import { used } from './used';

it('says of what it was used, as far as that is known', () => {
  expect(used('cpu', 120)).toBe('2m of one core');
  expect(used('memory', 5)).toBe('5s of 100 MiB');
  expect(used('nvidia.com/gpu', 5)).toBe('5s');
});
