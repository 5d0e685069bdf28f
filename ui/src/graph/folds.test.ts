import { expect, it } from 'vitest';
import type { Scene } from './build';
import { listed, narrowed, written } from './folds';

it('what is folded comes back as it was written', () => {
  const ids = ['wf-1', 'plan:wf.a,b', 'loop %'];
  expect(listed(written(ids))).toEqual(ids);
  expect(listed('')).toEqual([]);
  expect(listed('%zz')).toEqual(['%zz']);
  expect(listed(written(Array.from({ length: 300 }, (_, at) => `n${at}`)))).toHaveLength(100);
});

it('a picture is narrowed to what lies before and behind', () => {
  const items = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id }));
  const scene = { items, drawing: { edges: [0, 1, 1, 2, 0, 3, 3, 4] } } as unknown as Scene;
  const shown = (...focuses: string[]) => [...(narrowed(scene, focuses) ?? [])].sort().join('');
  expect(shown('up:c')).toBe('abc');
  expect(shown('up:c', 'down:b')).toBe('bc');
  expect(narrowed(scene, ['up:gone'])).toBeUndefined();
});
