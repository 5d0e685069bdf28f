// The steps of the last runs of a pipeline, as a grid.

import type { PipelineKind } from '../api/argo';
import type { NodeStatus, Workflow } from '../api/types';
import { isBroken, isEnded } from '../phase';
import { median } from '../pipelines';
import { getExactly } from '../run/exactly';
import { EVERYTHING, listRows, type Row } from '../runs';
import { AFTERWARDS, inOrder, type Place, places } from './order';

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

/** Runs that were read already; one that is over is not read again while it stays so. */
export type Known = Map<string, { state: string; workflow: Workflow }>;

export async function gridOf(kind: PipelineKind, namespace: string, name: string, known: Known, signal?: AbortSignal): Promise<Grid> {
  const { rows } = await listRows(
    { ...EVERYTHING, namespace, pipeline: `${kind}/${name}` },
    RUNS,
    '',
    signal,
  );
  const stateOf = (row: Row) => `${row.phase} ${row.finishedAt}`;
  const isCurrent = (row: Row) => isEnded(row.phase) && known.get(row.uid)?.state === stateOf(row);
  const queue = rows.filter((row) => !isCurrent(row));
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let row = queue.shift(); row; row = queue.shift()) {
        const workflow = await getExactly({ ...row, uid: row.archived ? row.uid : undefined }, signal).catch(
          () => undefined,
        );
        if (workflow) known.set(row.uid, { state: stateOf(row), workflow: lean(workflow) });
      }
    }),
  );
  const shown = new Set(rows.map((row) => row.uid));
  for (const uid of known.keys()) if (!shown.has(uid)) known.delete(uid);
  const runs = rows.flatMap((row) => (known.has(row.uid) ? [{ row, workflow: known.get(row.uid)!.workflow }] : [])).reverse();
  return { runs, steps: stepsOf(runs.map(({ workflow }) => workflow)) };
}

/** What the grid and the charts need of a run. */
function lean({ metadata, spec, status }: Workflow): Workflow {
  return { metadata, spec: { entrypoint: spec.entrypoint }, status: { nodes: status?.nodes, resourcesDuration: status?.resourcesDuration } } as Workflow;
}

const WORST = ['Failed', 'Error', 'Running', 'Pending', 'Succeeded'];

/** Two items of a loop as one: the worse state, from the first start to the last end. */
function together(a: NodeStatus | undefined, b: NodeStatus): NodeStatus {
  if (!a) return b;
  const rank = (node: NodeStatus) => (WORST.indexOf(node.phase ?? '') + WORST.length + 1) % (WORST.length + 1);
  const worse = rank(b) < rank(a) ? b : a;
  const [start, end] = [
    [a.startedAt, b.startedAt].filter(Boolean).sort()[0],
    a.finishedAt && b.finishedAt && [a.finishedAt, b.finishedAt].sort()[1],
  ];
  return { ...worse, ...(start ? { startedAt: start } : {}), finishedAt: end || null };
}

const FRAMES = new Set<string | undefined>(['Steps', 'DAG', undefined]);

/** Rows of the grid in the order of the graph. Items of loops and tries count with what holds them. */
export function stepsOf(workflows: Workflow[]): Step[] {
  const cells = new Map<string, (NodeStatus | undefined)[]>();
  const order = new Map<string, Place>();
  workflows.forEach((workflow, at) => {
    const root = workflow.metadata.name;
    const nodes = Object.values(workflow.status?.nodes ?? {}).sort((a, b) =>
      (a.startedAt ?? '').localeCompare(b.startedAt ?? ''),
    );
    const place = places(workflow.status?.nodes ?? {}, root);
    const named = new Set(nodes.map((node) => node.name));
    for (const node of nodes) {
      // A pipeline of one step is that step; otherwise its root only says what its parts say.
      const isAlone = node.name === root && !FRAMES.has(node.type);
      if ((node.name === root && !isAlone) || node.type === 'StepGroup') continue;
      // Items of a loop are told together, by their group where there is one; what is in them, and tries, not at all.
      const item = /^(.*)\(\d+:/s.exec(node.name)?.[1];
      if (item === undefined ? /\(\d+\)/.test(node.name) : named.has(item) || item.includes('(') || !node.name.endsWith(')')) continue;
      const name = isAlone
        ? node.templateName || workflow.spec.entrypoint || root
        : (item ?? node.name)
            .slice(root.length)
            .replace(/^\.|^\[\d+\]\./, '')
            .replace(/\[\d+\]\./g, '.');
      let row = cells.get(name);
      if (!row) {
        if (cells.size >= STEPS_MAX) continue;
        row = new Array<NodeStatus | undefined>(workflows.length).fill(undefined);
        cells.set(name, row);
      }
      row[at] = item === undefined ? node : together(row[at], node);
      const { depth, met } = place.get(node.id) ?? AFTERWARDS;
      // The newest run says where a step stands among its neighbours.
      order.set(name, { depth: Math.max(order.get(name)?.depth ?? 0, depth), met });
    }
  });
  return inOrder([...cells.keys()], order).map((name) => {
    const row = cells.get(name)!;
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
