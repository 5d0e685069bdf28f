// What the charts of a pipeline show: one bar a run.

import type { Grid, Step } from '../pipeline/grid';
import { lookOf, lookOfNode, word } from '../phase';
import { median } from '../pipelines';
import { to } from '../router.svelte';
import type { Row } from '../runs';
import { text } from '../text';
import { duration, exact, span } from '../time.svelte';
import type { Point } from './trend';

const beganAt = (row: Row): string => row.startedAt ?? row.createdAt ?? '';

/** How long each run took, oldest first. */
export function ofRuns(rows: Row[], now: number): Point[] {
  return rows.toReversed().map((row) => {
    const value = span(row.startedAt, row.finishedAt, now) ?? 0;
    return {
      value,
      look: lookOf(row.phase),
      at: beganAt(row),
      says: `${row.name}: ${word(row.phase)}, ${duration(value)}, ${exact(beganAt(row))}`,
      href: to.run(row.namespace, row.name, { uid: row.archived ? row.uid : undefined }),
    };
  });
}

/** How long a step took in each run that met it. */
export function ofStep(grid: Grid, step: Step, now: number): Point[] {
  return step.cells.flatMap((node, at) => {
    const run = grid.runs[at];
    if (!run || !node?.startedAt || node.phase === 'Skipped' || node.phase === 'Omitted') return [];
    const value = span(node.startedAt, node.finishedAt, now) ?? 0;
    return [
      {
        value,
        look: lookOfNode(node),
        at: beganAt(run.row),
        says: `${run.row.name}: ${word(node.phase)}, ${duration(value)}, ${exact(node.startedAt)}`,
        href: to.run(run.row.namespace, run.row.name, { node: node.id }),
      },
    ];
  });
}

/** What a run used of a resource, as the time for which it held one unit of it (UI-231). */
export function ofResource(grid: Grid, resource: string): Point[] {
  return grid.runs.flatMap(({ row, workflow }) => {
    const seconds = workflow.status?.resourcesDuration?.[resource];
    if (seconds === undefined) return [];
    const value = seconds * 1000;
    return [
      {
        value,
        look: lookOf(row.phase),
        at: beganAt(row),
        says: `${row.name}: ${word(row.phase)}, ${resource} ${duration(value)}`,
        href: to.run(row.namespace, row.name),
      },
    ];
  });
}

/** The resources that some run of a grid tells of. */
export const resourcesOf = (grid: Grid): string[] =>
  [...new Set(grid.runs.flatMap(({ workflow }) => Object.keys(workflow.status?.resourcesDuration ?? {})))].sort();

/** One sentence that says what the bars say. */
export function summaryOf(points: Point[]): string {
  const good = points.filter((point) => point.look === 'succeeded').map((point) => point.value);
  const broken = points.filter(({ look }) => look === 'failed' || look === 'error').length;
  return text.charts.summary(points.length, good.length ? duration(median(good)) : '', broken);
}
