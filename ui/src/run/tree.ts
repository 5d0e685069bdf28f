// A run as people think of it: frames with their tasks, loops with their items, tries of a retry, hooks beside
// what they belong to, and what is planned but has not been entered.

import { templateOf } from '../api/argo';
import type { NodeStatus, Phase, Wait, Workflow } from '../api/types';
import { isBroken, isEnded, type Look, lookOfNode, word } from '../phase';
import { isHearsay, manyLines, oneLine, unquoted } from '../shown';
import { text } from '../text';
import type { Run } from './model';
import { kindOf, type Planned, tasksOf, templatesIn, unfold } from './plan';

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

const GROUPS = new Set(['StepGroup', 'TaskGroup']);

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

function ghostOf(task: Planned, parent: Item | undefined, number: number, wait: Wait | undefined): Item {
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

/**
 * Puts changed nodes into a tree whose shape stays; nothing when it must be built anew.
 *
 * An item that changed is a new object, so that what shows it notices; the tree is new, its lists are shared.
 */
export function patched(tree: Tree, run: Run, ids: Iterable<string>): Tree | undefined {
  const changed: Item[] = [];
  const loops = new Set<Item>();
  for (const id of ids) {
    const node = run.nodes.get(id);
    if (node?.type === 'StepGroup') continue;
    const old = id === 'run' ? tree.root : tree.byId.get(id);
    // That the run waits is told by what is planned; once there are steps they tell of themselves.
    if (id === 'run' && old?.node) continue;
    // What was never entered, and a loop of steps, have no node: only what they wait for changes.
    if (old?.kind === 'ghost' || (old?.kind === 'loop' && !old.node)) {
      const fresh = { ...old, wait: run.waits.get(id) };
      replace(tree, fresh);
      changed.push(fresh);
      continue;
    }
    if (!node || !old?.node || old.node.id !== id) return undefined;
    // The plan of a frame that ended is not shown any more.
    if (old.kind === 'frame' && isEnded(node.phase) !== isEnded(old.node.phase)) return undefined;
    if (old.label !== oneLine(node.displayName ?? node.name)) return undefined;
    const fresh = { ...old, node, look: lookOfNode(node), wait: run.waits.get(id) };
    replace(tree, fresh);
    changed.push(fresh);
    if (fresh.parent?.kind === 'loop' && !fresh.parent.node) loops.add(fresh.parent);
  }
  for (const loop of loops) {
    // A loop among the changed items was replaced already.
    const old = tree.byId.get(loop.id) ?? loop;
    let look: Look = old.items[0]?.look ?? 'quiet';
    for (const item of old.items) if (RANK[item.look] > RANK[look]) look = item.look;
    const fresh = { ...old, look };
    replace(tree, fresh);
    changed.push(fresh);
  }
  for (const item of changed) {
    if (isMarked(item)) tree.marked.add(item.id);
    else tree.marked.delete(item.id);
  }
  const { before: _, ...last } = tree;
  return { ...last, root: tree.root && tree.byId.get(tree.root.id), changed, before: tree };
}

const isMarked = ({ look }: Item): boolean => look === 'failed' || look === 'error' || look === 'waiting';

function replace(tree: Tree, fresh: Item): void {
  tree.byId.set(fresh.id, fresh);
  for (const group of tree.groups.get(fresh.id) ?? []) tree.byId.set(group, fresh);
  for (const part of fresh.items) part.parent = fresh;
  const siblings = fresh.parent?.items;
  if (!siblings) return;
  siblings[fresh.at] = fresh;
}

function kindOfNode(node: NodeStatus): ItemKind {
  if (node.type === 'Steps' || node.type === 'DAG') return 'frame';
  if (node.type === 'TaskGroup') return 'loop';
  if (node.type === 'Retry') return 'retry';
  return 'task';
}

function itemOf(node: NodeStatus, kind: ItemKind, number: number, wait: Wait | undefined): Item {
  return {
    id: node.id,
    kind,
    label: oneLine(node.displayName ?? node.name),
    name: node.name,
    node,
    look: lookOfNode(node),
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
const FIRST: string[] = [];

function isHook(name: string): boolean {
  return name.endsWith('.onExit') || (name.includes('.hooks.') && /\.hooks\.[^.]+$/.test(name));
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

function put(item: Item, parent: Item): void {
  item.parent = parent;
  item.at = parent.items.length;
  parent.items.push(item);
}

const RANK: Record<Look, number> = { failed: 6, error: 5, waiting: 4, running: 3, pending: 2, succeeded: 1, quiet: 0 };

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

/** Whether a suspension waits for a person; what goes on by itself waits for nobody. */
export function asks(item: Item, workflow: Workflow): boolean {
  if (!item.node) return item.items.some((part) => part.look === 'waiting' && asks(part, workflow));
  return item.wait ? item.wait.kind === 'person' : !templateOf(workflow, item.node)?.suspend?.duration;
}

/** What waits for a person, in the order of the tree. */
export function peopleOf(tree: Tree, workflow: Workflow): Item[] {
  const found = [...tree.marked].map((id) => tree.byId.get(id));
  return found
    .filter((item): item is Item => item?.look === 'waiting' && item.node !== undefined && asks(item, workflow))
    .sort((a, b) => a.number - b.number);
}

/** Whether it is only planned: nobody has entered it yet. */
export const isPlanned = (item: Item): boolean => item.kind === 'ghost' || item.node?.phase === '';

/** The state of an item in words; of a suspension, whom or when it waits for. */
export function wordOf(item: Item, workflow: Workflow, show = (at: number): string => new Date(at).toISOString()): string {
  if (isPlanned(item)) return text.phase.ghost;
  if (item.look !== 'waiting' || asks(item, workflow)) return word(item.node?.phase, item.look);
  const end = item.node && endOf(item, workflow);
  return end === undefined ? text.phase.suspended : text.phase.until(show(end));
}

/** When a suspension goes on by itself, as far as it is known. */
function endOf(item: Item, workflow: Workflow): number | undefined {
  const told = Date.parse(item.wait?.until ?? '');
  return Number.isNaN(told) ? suspendEnd(templateOf(workflow, item.node!)?.suspend?.duration, item.node!) : told;
}

/** Leaves that broke by themselves, first to end first; frames only repeat what their parts say. */
export function culprits(tree: Tree): Item[] {
  const found = new Set<Item>();
  for (const id of tree.marked) {
    const item = tree.byId.get(id);
    if (!item?.node || !isBroken(item.node.phase)) continue;
    if (hasBrokenPart(item)) continue;
    // The tries of a retry are told by the retry, unless there is only the last one to tell.
    if (item.parent?.kind === 'retry') {
      if (item.parent.items[item.parent.items.length - 1] !== item || !isBroken(item.parent.node?.phase)) continue;
    }
    found.add(item);
  }
  const end = (item: Item) => item.node?.finishedAt ?? '';
  return [...found].sort((a, b) => (end(a) < end(b) ? -1 : end(a) > end(b) ? 1 : 0));
}

/** A loop of steps has no node of its own: its items tell. */
const hasBrokenPart = (item: Item): boolean =>
  item.items.some((part) => (part.node ? isBroken(part.node.phase) : hasBrokenPart(part)));

/** The frames around an item, the run itself left out: which of several of the same name it is. */
export function around(item: Item): string {
  const names: string[] = [];
  for (let above = item.parent; above?.parent; above = above.parent) if (above.kind === 'frame') names.unshift(above.label);
  return names.join(' \u203a ');
}

/** Whether anything of a run is under way. What waits, and what only holds others, is not. */
function goesOn(run: Run): boolean {
  for (const { type, phase } of run.nodes.values())
    if (phase === 'Running' && (type === 'Pod' || type === 'Container' || type === 'HTTP' || type === 'Plugin')) return true;
  return false;
}

/** What holds up a run of which nothing goes on, in the order of the tree; whom it asks is told by `peopleOf`. */
export function heldUp(tree: Tree, run: Run): Item[] {
  if (run.waits.size === 0 || isEnded(run.workflow.status?.phase) || goesOn(run)) return [];
  const found = new Set<Item>();
  const limited = new Set<Item>();
  for (const [id, wait] of run.waits) {
    const item = wait.kind === 'person' ? undefined : tree.byId.get(id);
    if (item) (wait.kind === 'parallelism' ? limited : found).add(item);
  }
  // What uses a limit up is what holds up those behind it.
  if (found.size === 0) return [...limited];
  return [...found].sort((a, b) => a.number - b.number);
}

export interface Why {
  text: string;
  /** What is waited for. */
  links: Item[];
  /** The lock that is waited for. */
  lock?: string | undefined;
  /** The message that was put into these words. */
  raw?: string | undefined;
}

/** Whether a thing that broke says no more than that a part of it did (EX-171). */
const isMute = ({ phase, message }: NodeStatus): boolean => isBroken(phase) && (!message || isHearsay(message));

/** What broke first of what is in an item. */
function culpritBelow(item: Item, tree: Tree): Item | undefined {
  return culprits(tree).find((part) => {
    let above = part.parent;
    while (above && above !== item) above = above.parent;
    return above === item;
  });
}

/** The same of a loop of steps, which has no node of its own: what broke of it, or why nothing of it ran. */
function whyOfLoop(loop: Item, tree: Tree): Why | undefined {
  const broken = loop.look === 'failed' || loop.look === 'error' ? culpritBelow(loop, tree) : undefined;
  if (broken) return { text: text.wait.part(manyLines(broken.node?.message ?? '')), links: [broken] };
  const said = new Set(loop.items.map(({ node }) => (node?.phase === 'Skipped' || node?.phase === 'Omitted' ? node.message : undefined)));
  const [only] = said;
  return said.size === 1 && only ? { text: text.wait.allOfLoop(manyLines(only)), links: [] } : undefined;
}

/** From when to when a loop went on that has no node of its own. */
export function spanOfLoop(loop: Item): { startedAt: string | undefined; finishedAt: string | undefined; templateName: string | undefined } {
  const nodes = loop.items.flatMap(({ node }) => (node ? [node] : []));
  const starts = nodes.flatMap(({ startedAt }) => startedAt ?? []).sort();
  const ends = nodes.flatMap(({ finishedAt }) => finishedAt ?? []).sort();
  const isOver = nodes.every(({ phase }) => isEnded(phase));
  return { startedAt: starts[0], finishedAt: isOver ? ends.at(-1) : undefined, templateName: nodes[0]?.templateName };
}

/** Why a thing does not run, in one sentence and with what it waits for. */
export function whyOf(item: Item, tree: Tree, workflow: Workflow, show = (at: number): string => new Date(at).toISOString()): Why | undefined {
  const { node } = item;
  if (item.wait) {
    const link = item.wait.node ? tree.byId.get(item.wait.node) : undefined;
    return { text: unquoted(item.wait.text, show), links: link ? [link] : [], lock: item.wait.lock };
  }
  if (node?.synchronizationStatus?.waiting)
    return { text: `${text.wait.lock} ${node.synchronizationStatus.waiting}`, links: [], lock: node.synchronizationStatus.waiting };
  if (item.look === 'waiting') {
    const duration = templateOf(workflow, node!)?.suspend?.duration;
    const end = endOf(item, workflow);
    const byItself = end === undefined ? duration && text.wait.after(String(duration)) : text.wait.until(show(end));
    return { text: byItself || text.wait.person, links: [] };
  }
  if (node) {
    const first = isMute(node) && culpritBelow(item, tree);
    if (first) return { text: text.wait.part(manyLines(first.node?.message ?? '')), links: [first], raw: node.message };
    if (node.message && node.phase !== 'Succeeded') return { text: manyLines(node.message), links: [] };
    if (node.phase === 'Pending') return { text: text.wait.place, links: [] };
    return undefined;
  }
  if (item.kind === 'loop') return whyOfLoop(item, tree);
  if (item.kind !== 'ghost') return undefined;
  if (!tree.root?.node && tree.root?.wait && item !== tree.root) return { text: text.wait.whole, links: [tree.root] };
  if (workflow.spec.suspend) return { text: text.wait.suspended, links: [] };
  if (item.parent?.kind === 'ghost' && item.after.length === 0) return { text: text.wait.parent, links: [item.parent] };
  const open = item.after
    .map((name) => find(tree, name, item))
    .filter((other): other is Item => Boolean(other && !isEnded(other.node?.phase)));
  return open.length > 0 ? { text: text.wait.forTasks, links: open } : { text: text.wait.ready, links: [] };
}

function find(_tree: Tree, name: string, near: Item): Item | undefined {
  return near.parent?.items.find((other) => other.name === name);
}

const UNITS: Record<string, number> = { '': 1, ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** When a suspension with a duration (`30`, `1h30m`) is over. */
function suspendEnd(duration: string | number | undefined, node: NodeStatus): number | undefined {
  const written = String(duration ?? '').trim();
  if (!node.startedAt || !/^(\d+(\.\d+)?(ms|s|m|h|d))+$|^\d+$/.test(written)) return undefined;
  let seconds = 0;
  for (const [, count, unit = ''] of written.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)?/g)) seconds += Number(count) * UNITS[unit]!;
  return Date.parse(node.startedAt) + seconds * 1000;
}

export const phaseOf = (item: Item): Phase | undefined => item.node?.phase;
export const isGroup = (node: NodeStatus): boolean => GROUPS.has(node.type);
