import { expect, it } from 'vitest';
import type { NodeStatus } from '../api/types';
import type { Run } from './model';
import { readyTimes, spansOf } from './stages';
import type { Item } from './item';

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`;
const ms = (second: number) => Date.parse(at(second));
const node = (given: Partial<NodeStatus>) => ({ id: 'a', name: 'a', type: 'Pod', phase: 'Succeeded', ...given }) as NodeStatus;
const item = (given: Partial<NodeStatus>, more: Partial<Item> = {}) => ({ node: node(given), items: [], at: 0, ...more }) as unknown as Item;
const told = (spans: ReturnType<typeof spansOf>) => spans.map(({ part, from, to }) => [part, (from - ms(0)) / 1000, (to - ms(0)) / 1000]);

it('tells waiting, starting and running apart', () => {
  const step = item({ startedAt: at(10), finishedAt: at(20) });
  expect(told(spansOf(step, { node: 'a', waitedMs: 3000, startingMs: 1000 }, ms(5), false, ms(59)))).toEqual([
    ['waited', 5, 10],
    ['waited', 10, 13],
    ['starting', 13, 14],
    ['ran', 14, 20],
  ]);
  expect(told(spansOf(step, undefined, ms(9), false, ms(59)))).toEqual([['ran', 10, 20]]);
});

it('tells what has not begun to run by whether it waits', () => {
  const step = item({ phase: 'Pending', startedAt: at(10) });
  expect(told(spansOf(step, undefined, undefined, true, ms(12)))).toEqual([['waited', 10, 12]]);
  expect(told(spansOf(step, undefined, undefined, false, ms(12)))).toEqual([['starting', 10, 12]]);
});

it('counts the pause before a try as waiting', () => {
  const first = item({ startedAt: at(1), finishedAt: at(2), phase: 'Failed' });
  const parent = { kind: 'retry', items: [first] } as unknown as Item;
  const second = item({ startedAt: at(12), finishedAt: at(13) }, { parent, at: 1 });
  expect(told(spansOf(second, undefined, undefined, false, ms(59)))[0]).toEqual(['waited', 2, 12]);
});

it('shows the pauses of a retry between its tries, and the one that goes on', () => {
  const tries = [[1, 3], [8, 9]].map(([from, to]) => item({ phase: 'Failed', startedAt: at(from!), finishedAt: at(to!) }));
  const retry = (phase: 'Running' | 'Failed') =>
    item({ type: 'Retry', phase, startedAt: at(1), finishedAt: phase === 'Failed' ? at(9) : null }, { kind: 'retry', items: tries });
  const known = [
    ['ran', 1, 3],
    ['waited', 3, 8],
    ['ran', 8, 9],
  ];
  expect(told(spansOf(retry('Running'), undefined, undefined, true, ms(20)))).toEqual([...known, ['waited', 9, 20]]);
  expect(told(spansOf(retry('Failed'), undefined, undefined, false, ms(20)))).toEqual(known);
});

it('takes the last of what a step comes after, and not what holds it', () => {
  const nodes = [
    node({ id: 'root', type: 'DAG', startedAt: at(0), finishedAt: at(30), children: ['one', 'two'] }),
    node({ id: 'one', startedAt: at(0), finishedAt: at(4), children: ['last'] }),
    node({ id: 'two', startedAt: at(0), finishedAt: at(9), children: ['last'] }),
    node({ id: 'last', startedAt: at(12), finishedAt: at(20) }),
  ];
  const run = { nodes: new Map(nodes.map((each) => [each.id, each])) } as Run;
  expect([...readyTimes(run)]).toEqual([['last', ms(9)]]);
});
