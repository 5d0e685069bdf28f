// A run as people think of it, made of its nodes and of its plan, what has not been entered yet among it.

import { templateOf } from '../api/argo';
import type { NodeStatus, Wait } from '../api/types';
import { isEnded, type Look } from '../phase';
import { FIRST, ghostOf, type Item, isMarked, itemOf, kindOfNode, put, RANK, type Tree } from './item';
import type { Run } from './model';
import { kindOf, type Planned, tasksOf, templatesIn, unfold } from './plan';

/** Builds the tree. Cost: one pass over nodes and plan. */
export function treeOf(run: Run): Tree {
  const { nodes, workflow } = run;
  const byId = new Map<string, Item>();
  const rootNode =
    nodes.get(workflow.metadata.name) ?? [...nodes.values()].find((node) => node.name === workflow.metadata.name);
  if (!rootNode) return planOnly(run);

  for (const node of nodes.values()) {
    if (node.type === 'StepGroup') continue;
    const item = itemOf(node, kindOfNode(node), byId.size, run.waits.get(node.id));
    byId.set(node.id, item);
  }
  const root = byId.get(rootNode.id)!;
  const parents = parentsOf(nodes);
  const loops = new Map<string, Item>();
  for (const node of nodes.values()) {
    const item = byId.get(node.id);
    if (!item || item === root) continue;
    const parent = byId.get(parents.get(node.id) ?? node.boundaryID ?? '') ?? root;
    if (parent !== item) attach(item, parent, loops, byId, run.waits);
    else put(item, root);
  }
  for (const item of byId.values()) if (item.items.length > 1) sortParts(item);
  let ghosts = 0;
  if (!isEnded(workflow.status?.phase)) ghosts = addGhosts(run, byId);
  const size = byId.size;
  const groups = new Map<string, string[]>();
  // Members of step groups are reached through the group's id too.
  for (const node of nodes.values()) {
    if (node.type === 'StepGroup' && node.boundaryID) {
      const frame = byId.get(node.boundaryID);
      if (!frame) continue;
      byId.set(node.id, frame);
      groups.set(frame.id, [...(groups.get(frame.id) ?? []), node.id]);
    }
  }
  const marked = new Set<string>();
  for (const item of byId.values()) if (isMarked(item)) marked.add(item.id);
  return { root, byId, count: nodes.size, size, ghosts, marked, groups };
}

/** A run that has no step yet, as one that waits for its own lock: what it will do. */
function planOnly(run: Run): Tree {
  const { workflow } = run;
  const { name } = workflow.metadata;
  const byId = new Map<string, Item>();
  const templates = templatesIn(workflow.spec, workflow);
  const whole = workflow.status?.storedWorkflowTemplateSpec ?? workflow.spec;
  const entry = templates.find({ template: workflow.spec.entrypoint ?? whole.entrypoint ?? '' });
  const none = { byId, count: 0, marked: new Set<string>(), groups: new Map<string, string[]>() };
  if (!entry || isEnded(workflow.status?.phase)) return { ...none, root: undefined, size: 0, ghosts: 0 };
  const kind = kindOf(entry);
  const planned: Planned = { name, label: name, template: entry.name ?? '', kind, after: FIRST, loop: false, when: undefined };
  const root = ghostOf(planned, undefined, 0, run.waits.get('run'));
  byId.set(root.id, root);
  const byName = new Map([[name, root]]);
  if (entry.dag || entry.steps) {
    for (const task of unfold(name, entry, templates, name)) {
      const parent = byName.get(task.parent ?? '');
      if (!parent || byName.has(task.name)) continue;
      const ghost = ghostOf(task, parent, byId.size, undefined);
      parent.items.push(ghost);
      byId.set(ghost.id, ghost);
      byName.set(ghost.name, ghost);
    }
  }
  return { ...none, root, size: byId.size, ghosts: byId.size };
}

const indexOf = (item: Item): number => Number(/\((\d+)[:)][^(]*$/s.exec(item.name)?.[1] ?? -1);

const startOf = (item: Item): string => item.node?.startedAt ?? item.items[0]?.node?.startedAt ?? '\uffff';

/** Items and tries stand by their number, other parts in the order in which they began. */
function sortParts(item: Item): void {
  const isNumbered = item.kind === 'loop' || item.kind === 'retry';
  const keys = new Map(item.items.map((part) => [part, isNumbered ? indexOf(part) : 0]));
  const starts = new Map(item.items.map((part) => [part, isNumbered ? '' : startOf(part)]));
  item.items.sort((a, b) => {
    if (isNumbered) return keys.get(a)! - keys.get(b)!;
    const [x, y] = [starts.get(a)!, starts.get(b)!];
    return x < y ? -1 : x > y ? 1 : 0;
  });
  item.items.forEach((part, at) => {
    part.at = at;
  });
}

/** Whose part a node is where its boundary does not say it: the group, retry or pod nearest above it. */
function parentsOf(nodes: Map<string, NodeStatus>): Map<string, string> {
  const parents = new Map<string, string>();
  let hasContainers = false;
  for (const node of nodes.values()) {
    hasContainers ||= node.type === 'Container';
    if (node.type !== 'Retry' && node.type !== 'TaskGroup') continue;
    for (const child of node.children ?? []) {
      const name = nodes.get(child)?.name ?? '';
      // Children of a group are also what follows it; its own parts carry its name and a bracket.
      if (name.startsWith(`${node.name}(`)) parents.set(child, node.id);
    }
  }
  if (!hasContainers) return parents;
  for (const node of nodes.values()) {
    if (node.type !== 'Pod' || !node.children) continue;
    for (const child of node.children) if (nodes.get(child)?.type === 'Container') parents.set(child, node.id);
  }
  return parents;
}

function attach(
  item: Item,
  parent: Item,
  loops: Map<string, Item>,
  byId: Map<string, Item>,
  waits: Map<string, Wait>,
): void {
  // Loops of steps have no node of their own: one is made, so that thousands of items are one line.
  const bracket =
    parent.kind === 'frame' && !item.hook && item.name.includes('(') && /^(.*)\((\d+):/s.exec(item.name);
  if (bracket) {
    const base = bracket[1]!;
    let loop = loops.get(base);
    if (!loop) {
      loop = {
        ...itemOf({ id: `loop:${base}`, name: base, type: 'TaskGroup' }, 'loop', byId.size, waits.get(`loop:${base}`)),
        label: base.replace(/^.*\]\./s, ''),
        node: undefined,
      };
      loops.set(base, loop);
      byId.set(loop.id, loop);
      put(loop, parent);
    }
    put(item, loop);
    loop.look = worse(loop, item);
    return;
  }
  put(item, parent);
}

function worse(loop: Item, item: Item): Look {
  if (loop.items.length === 1) return item.look;
  return RANK[item.look] > RANK[loop.look] ? item.look : loop.look;
}

function addGhosts(run: Run, byId: Map<string, Item>): number {
  const templates = templatesIn(run.workflow.spec, run.workflow);
  let count = 0;
  const byName = new Map<string, Item>();
  for (const item of byId.values()) byName.set(item.name, item);
  for (const frame of [...byId.values()]) {
    if (frame.kind !== 'frame' || !frame.node || isEnded(frame.node.phase)) continue;
    const template = templateOf(run.workflow, frame.node);
    if (!template) continue;
    const missing = tasksOf(frame.name, template, templates).some((task) => !byName.has(task.name));
    if (!missing) continue;
    for (const task of unfold(frame.name, template, templates, frame.name)) {
      const parent = byName.get(task.parent ?? '');
      if (byName.has(task.name) || !parent || (parent.kind !== 'frame' && parent.kind !== 'ghost')) continue;
      if (parent.node && isEnded(parent.node.phase)) continue;
      const ghost = ghostOf(task, parent, byId.size, run.waits.get(`plan:${task.name}`));
      parent.items.push(ghost);
      byId.set(ghost.id, ghost);
      byName.set(ghost.name, ghost);
      count += 1;
    }
  }
  return count;
}
