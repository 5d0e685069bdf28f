// What is known of one run, folded from whole objects and from changes. Pure: no clock, no network.

import type { NodeStatus, Wait, Workflow } from '../api/types';
import { type Columns, nodesOf } from './columns';

/** A message of our own stream, or a whole object. */
export type Message =
  | { kind: 'whole'; workflow: Workflow; nodes?: NodeStatus[]; waits?: Record<string, Wait> }
  | {
      kind: 'delta';
      workflow?: Partial<Workflow>;
      nodes?: Record<string, NodeStatus>;
      gone?: string[];
      waits?: Record<string, Wait | null>;
    }
  | { kind: 'end' };

export interface Run {
  workflow: Workflow;
  nodes: Map<string, NodeStatus>;
  waits: Map<string, Wait>;
  /** Grows with every change of anything. */
  version: number;
  /** Grows when nodes come, go or are joined differently. */
  shape: number;
  deleted: boolean;
}

/** Folds one message; the same run, changed in place, with its versions raised. A message twice changes nothing. */
export function fold(run: Run | undefined, message: Message): Run | undefined {
  switch (message.kind) {
    case 'whole':
      return whole(run, message);
    case 'delta':
      return run ? delta(run, message) : undefined;
    case 'end':
      return run ? { ...run, deleted: true, version: run.version + 1 } : undefined;
  }
}

function whole(run: Run | undefined, { workflow, nodes, waits }: Extract<Message, { kind: 'whole' }>): Run {
  const given = nodes ?? Object.values(workflow.status?.nodes ?? {});
  const next: Run =
    run && run.workflow.metadata.uid === workflow.metadata.uid
      ? { ...run, workflow, version: run.version + 1, deleted: false }
      : { workflow, nodes: new Map(), waits: new Map(), version: 1, shape: 1, deleted: false };
  if (next.nodes.size > 0) {
    const present = new Set(given.filter(isNode).map(({ id }) => id));
    for (const id of next.nodes.keys()) {
      if (present.has(id)) continue;
      next.nodes.delete(id);
      next.shape += 1;
    }
  }
  for (const node of given) if (isNode(node)) put(next, node.id, node);
  if (waits) next.waits = new Map(Object.entries(waits));
  return next;
}

function delta(run: Run, message: Extract<Message, { kind: 'delta' }>): Run {
  const next: Run = { ...run, version: run.version + 1 };
  if (message.workflow) {
    const { metadata, spec, status } = message.workflow;
    next.workflow = {
      ...run.workflow,
      metadata: { ...run.workflow.metadata, ...metadata },
      spec: { ...run.workflow.spec, ...spec },
      status: { ...run.workflow.status, ...status },
    };
  }
  for (const [id, node] of Object.entries(message.nodes ?? {})) if (isNode(node)) put(next, id, node);
  for (const id of message.gone ?? []) {
    if (next.nodes.delete(id)) next.shape += 1;
  }
  if (message.waits) {
    const waits = new Map(run.waits);
    for (const [id, wait] of Object.entries(message.waits)) {
      if (wait) waits.set(id, wait);
      else waits.delete(id);
    }
    next.waits = waits;
  }
  return next;
}

/** What came from outside may be anything. */
const isNode = (node: NodeStatus | null | undefined): node is NodeStatus => typeof node?.id === 'string' && typeof node.name === 'string';

function put(run: Run, id: string, node: NodeStatus): void {
  const before = run.nodes.get(id);
  if (!before || !sameLinks(before, node)) run.shape += 1;
  run.nodes.set(id, node);
}

function sameLinks(a: NodeStatus, b: NodeStatus): boolean {
  const [before, after] = [a.children ?? [], b.children ?? []];
  return (
    a.boundaryID === b.boundaryID &&
    before.length === after.length &&
    before.every((child, index) => child === after[index])
  );
}

/** Reads a message of our own stream. */
export function parseOwn(event: string, data: string): Message | undefined {
  const parsed = event === 'end' ? {} : (JSON.parse(data) as Record<string, unknown>);
  if (event === 'snapshot') {
    const { workflow, nodes, waits } = parsed as unknown as {
      workflow: Workflow;
      nodes?: Columns;
      waits?: Record<string, Wait>;
    };
    return { kind: 'whole', workflow, ...(nodes ? { nodes: nodesOf(nodes) } : {}), ...(waits ? { waits } : {}) };
  }
  if (event === 'delta') return { kind: 'delta', ...parsed };
  if (event === 'end') return { kind: 'end' };
  return undefined;
}

/** Reads a message of Argo's watch. */
export function parseArgo(data: string): Message | undefined {
  const { result } = JSON.parse(data) as { result?: { type?: string; object?: Workflow } };
  if (!result?.object?.metadata) return undefined;
  return result.type === 'DELETED' ? { kind: 'end' } : { kind: 'whole', workflow: result.object };
}
