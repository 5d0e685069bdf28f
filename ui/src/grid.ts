// The steps of the last runs of a pipeline, as a grid.

import { getWorkflow, type PipelineKind } from './api/argo';
import type { NodeStatus, Workflow } from './api/types';
import { isBroken } from './phase';
import { median } from './pipelines';
import { EVERYTHING, listRows, type Row } from './runs';

export interface Grid {
  runs: { row: Row; workflow: Workflow }[];
  steps: Step[];
}

export interface Step {
  name: string;
  /** One per run; nothing where the step was not met. */
  cells: (NodeStatus | undefined)[];
  medianMs: number | undefined;
  failedShare: number;
}

const RUNS = 25;
const STEPS_MAX = 200;
/** Asked at once. */
const AT_ONCE = 6;

export async function gridOf(kind: PipelineKind, namespace: string, name: string, signal?: AbortSignal): Promise<Grid> {
  const { rows } = await listRows(
    { ...EVERYTHING, namespace, pipeline: `${kind}/${name}` },
    RUNS,
    '',
    signal,
  );
  const found = new Map<string, Workflow>();
  const queue = [...rows];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let row = queue.shift(); row; row = queue.shift()) {
        const workflow = await getWorkflow(row.namespace, row.name, row.archived ? row.uid : undefined, signal).catch(
          () => undefined,
        );
        if (workflow) found.set(row.uid, workflow);
      }
    }),
  );
  const runs = rows.flatMap((row) => (found.has(row.uid) ? [{ row, workflow: found.get(row.uid)! }] : [])).reverse();
  return { runs, steps: stepsOf(runs.map(({ workflow }) => workflow)) };
}

/** Rows of the grid in the order in which steps begin. Items of loops and tries count with what holds them. */
export function stepsOf(workflows: Workflow[]): Step[] {
  const cells = new Map<string, (NodeStatus | undefined)[]>();
  workflows.forEach((workflow, at) => {
    const root = workflow.metadata.name;
    const nodes = Object.values(workflow.status?.nodes ?? {}).sort((a, b) =>
      (a.startedAt ?? '').localeCompare(b.startedAt ?? ''),
    );
    for (const node of nodes) {
      if (node.name === root || node.type === 'StepGroup' || /\(\d+(:|\))/.test(node.name)) continue;
      const name = node.name
        .slice(root.length)
        .replace(/^\.|^\[\d+\]\./, '')
        .replace(/\[\d+\]\./g, '.');
      let row = cells.get(name);
      if (!row) {
        if (cells.size >= STEPS_MAX) continue;
        row = new Array<NodeStatus | undefined>(workflows.length).fill(undefined);
        cells.set(name, row);
      }
      row[at] = node;
    }
  });
  return [...cells].map(([name, row]) => {
    const met = row.filter(
      (node): node is NodeStatus => Boolean(node?.startedAt) && node?.phase !== 'Omitted' && node?.phase !== 'Skipped',
    );
    const took = met
      .filter((node) => node.finishedAt)
      .map((node) => Date.parse(node.finishedAt!) - Date.parse(node.startedAt!));
    return {
      name,
      cells: row,
      medianMs: median(took),
      failedShare: met.length ? met.filter((node) => isBroken(node.phase)).length / met.length : 0,
    };
  });
}
