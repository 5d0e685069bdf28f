// What a run is shown as: frames with their tasks, loops with their items, tries of a retry, hooks and what is planned.

import type { NodeStatus, Wait } from '../api/types';
import { isEnded, type Look, lookOfNode } from '../phase';
import { oneLine } from '../shown';
import type { Planned } from './plan';

export type ItemKind = 'task' | 'frame' | 'loop' | 'retry' | 'ghost';

/** One thing that is shown: a node, a loop folded from nodes, or a task of the plan. */
export interface Item {
  /** Node id; for loops of steps and ghosts a made one. */
  id: string;
  kind: ItemKind;
  label: string;
  /** Full name of the node. */
  name: string;
  node: NodeStatus | undefined;
  look: Look;
  parent: Item | undefined;
  /** The place among the items of the parent. */
  at: number;
  /** The place among all items of the tree. */
  number: number;
  items: Item[];
  hook: boolean;
  planned: Planned | undefined;
  /** Names of what it comes after, for ghosts. */
  after: string[];
  wait: Wait | undefined;
}

export interface Tree {
  root: Item | undefined;
  /** Also the nodes that have no item of their own lead to the one that shows them. */
  byId: Map<string, Item>;
  count: number;
  /** How many items there are, loops and ghosts among them. */
  size: number;
  ghosts: number;
  /** Items that people look for: what broke, and what waits for somebody. */
  marked: Set<string>;
  /** Step groups are not shown: their ids by the id of the frame that shows them. */
  groups: Map<string, string[]>;
  /** What is different from the tree before, when nothing else is. */
  changed?: Item[];
  before?: Tree;
}

/** What people call a node: hooks of a whole run without the name of that run. */
export function labelOf({ name, displayName, boundaryID }: Pick<NodeStatus, 'name' | 'displayName' | 'boundaryID'>): string {
  const hook = boundaryID ? undefined : /\.((?:onExit|hooks\.[^.]+?)(?:\(\d+\))?)$/s.exec(name)?.[1];
  return oneLine(hook ?? displayName ?? name);
}

/** Between two tries nothing of a step runs. */
export const lookOfItem = (node: NodeStatus, wait: Wait | undefined): Look =>
  wait?.kind === 'retry' && node.phase === 'Running' ? 'pending' : lookOfNode(node);

export function itemOf(node: NodeStatus, kind: ItemKind, number: number, wait: Wait | undefined): Item {
  return {
    id: node.id,
    kind,
    label: labelOf(node),
    name: node.name,
    node,
    look: lookOfItem(node, wait),
    parent: undefined,
    at: 0,
    number,
    items: [],
    hook: Boolean(node.nodeFlag?.hooked) || isHook(node.name),
    planned: undefined,
    after: FIRST,
    wait,
  };
}

/** After nothing: shared, as nearly every item is. */
export const FIRST: string[] = [];

export function ghostOf(task: Planned, parent: Item | undefined, number: number, wait: Wait | undefined): Item {
  return {
    id: `plan:${task.name}`,
    kind: 'ghost',
    label: task.label,
    name: task.name,
    node: undefined,
    look: 'quiet',
    parent,
    at: parent?.items.length ?? 0,
    number,
    items: [],
    hook: false,
    planned: task,
    after: task.after,
    wait,
  };
}

export function kindOfNode(node: NodeStatus): ItemKind {
  if (node.type === 'Steps' || node.type === 'DAG') return 'frame';
  if (node.type === 'TaskGroup') return 'loop';
  if (node.type === 'Retry') return 'retry';
  return 'task';
}

function isHook(name: string): boolean {
  return name.endsWith('.onExit') || (name.includes('.hooks.') && /\.hooks\.[^.]+$/.test(name));
}

export function put(item: Item, parent: Item): void {
  item.parent = parent;
  item.at = parent.items.length;
  parent.items.push(item);
}

export const isMarked = ({ look }: Item): boolean => look === 'failed' || look === 'error' || look === 'waiting';

export const RANK: Record<Look, number> = { failed: 6, error: 5, waiting: 4, running: 3, pending: 2, succeeded: 1, quiet: 0 };

/** Whether it is only planned: nobody has entered it yet. */
export const isPlanned = (item: Item): boolean => item.kind === 'ghost' || item.node?.phase === '';

export interface Counts {
  total: number;
  ended: number;
  looks: Partial<Record<Look, number>>;
}

/** How the parts of a loop or a retry fare. */
export function countsOf(item: Item): Counts {
  const counts: Counts = { total: item.items.length, ended: 0, looks: {} };
  for (const part of item.items) {
    counts.looks[part.look] = (counts.looks[part.look] ?? 0) + 1;
    if (isEnded(part.node?.phase)) counts.ended += 1;
  }
  return counts;
}
