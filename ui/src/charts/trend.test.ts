import { expect, it } from 'vitest';
import { type Point, trendOf } from './trend';

const point = (value: number, look: Point['look'] = 'succeeded'): Point => ({ value, look, at: '', says: '', href: '' });

it('follows the middle of what succeeded, once there are a few', () => {
  expect(trendOf([point(10), point(30), point(20), point(999, 'failed'), point(40)])).toEqual([null, null, 20, 20, 20]);
  expect(trendOf([])).toEqual([]);
});

it('forgets what is long ago', () => {
  const points = [...Array.from({ length: 20 }, () => point(5)), ...Array.from({ length: 9 }, () => point(50))];
  expect(trendOf(points).at(-1)).toBe(50);
});
