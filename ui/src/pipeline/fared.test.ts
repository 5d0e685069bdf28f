import { expect, it } from 'vitest';
import type { Phase } from '../api/types';
import type { Row } from '../runs';
import { fared } from './fared';

let count = 0;
const run = (phase: Phase, seconds = 10): Row => {
  const began = Date.UTC(2026, 0, 1) + 60_000 * count++;
  const isOver = phase !== 'Running';
  return {
    name: `run-${count}`,
    phase,
    startedAt: new Date(began).toISOString(),
    finishedAt: isOver ? new Date(began + 1000 * seconds).toISOString() : undefined,
  } as Row;
};

it('counts what ended, and tells what goes on', () => {
  const found = fared([run('Succeeded'), run('Failed', 1), run('Error', 1), run('Succeeded', 30), run('Running')]);
  expect(found).toMatchObject({ ended: 4, good: 2, medianMs: 10_000, change: undefined });
  expect(found.going).toEqual([found.last]);
  expect(fared([])).toMatchObject({ last: undefined, ended: 0, medianMs: undefined });
});

it('says whether it became slower or faster, where there is enough to tell and the change is no chance', () => {
  const of = (...seconds: number[]) => fared(seconds.map((each) => run('Succeeded', each))).change;
  expect(of(10, 10, 10, 10, 20, 20, 20, 20)).toBe(1);
  expect(of(20, 20, 20, 20, 15, 10, 10, 10, 10)).toBe(-0.5);
  expect(of(10, 10, 10, 10, 10, 10, 10, 10.5)).toBeUndefined();
  expect(of(10, 10, 20, 20)).toBeUndefined();
});
