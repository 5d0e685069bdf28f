import { expect, it } from 'vitest';
import type { NodeStatus } from '../api/types';
import { filesOf } from './files';

const node = (id: string, type: string, finishedAt: string, ...files: string[]) =>
  ({ id, name: id, type, finishedAt, outputs: { artifacts: files.map((name) => ({ name })) } }) as NodeStatus;

it('lists what the steps of a run made, first made first, without logs and what frames hand up', () => {
  const nodes = [
    node('wf', 'DAG', '2026-01-01T00:00:09Z', 'report'),
    node('b', 'Pod', '2026-01-01T00:00:08Z', 'report', 'main-logs'),
    node('a', 'Pod', '2026-01-01T00:00:03Z', 'binary'),
    node('quiet', 'Pod', '2026-01-01T00:00:04Z', 'main-logs'),
  ];
  const told = filesOf(nodes, 'wf').map(({ node: { id }, files }) => [id, ...files.map(({ name }) => name)]);
  expect(told).toEqual([
    ['a', 'binary'],
    ['b', 'report'],
  ]);
});
