// What people look for in a run: what waits for them, what broke, and what holds it up.

import { templateOf } from '../api/argo';
import type { NodeStatus, Workflow } from '../api/types';
import { isBroken, isEnded, word } from '../phase';
import { text } from '../text';
import { type Item, isPlanned, type Tree } from './item';
import type { Run } from './model';
import { timesOf } from './plan';
import { tolerance } from './tolerated';

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

/** The state of an item in words; of a suspension, whom or when it waits for. */
export function wordOf(item: Item, workflow: Workflow, show = (at: number): string => new Date(at).toISOString()): string {
  if (isPlanned(item)) {
    const times = timesOf(item.planned);
    return times === undefined ? text.phase.ghost : text.phase.ghosts(times);
  }
  if (item.wait?.kind === 'retry' && item.look === 'pending') return text.phase.again(show(Date.parse(item.wait.until ?? '') || Date.now()));
  if (item.look !== 'waiting' || asks(item, workflow)) return word(item.node?.phase, item.look);
  const end = item.node && endOf(item, workflow);
  return end === undefined ? text.phase.suspended : text.phase.until(show(end));
}

/** When a suspension goes on by itself, as far as it is known. */
export function endOf(item: Item, workflow: Workflow): number | undefined {
  const told = Date.parse(item.wait?.until ?? '');
  return Number.isNaN(told) ? suspendEnd(templateOf(workflow, item.node!)?.suspend?.duration, item.node!) : told;
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
  return [...(found.size > 0 ? found : limited)].sort((a, b) => a.number - b.number);
}

/** What made a run, or a part of it, break, first to end first. What was allowed to break is not to blame. */
export function culprits(tree: Tree, workflow?: Workflow, within: Item | undefined = tree.root): Item[] {
  const isIn = (item: Item) => partsUpTo(item, within).at(-1)?.parent === within || item === within;
  const tolerates = workflow && tolerance(workflow);
  const isAllowed = (item: Item) => tolerates && partsUpTo(item, within).some(tolerates);
  return broken(tree).filter((item) => isIn(item) && !isForgiven(item) && !isAllowed(item));
}

/** Whether what it is a part of succeeded nevertheless. A hook is no part: it breaks a run that went well. */
function isForgiven(item: Item): boolean {
  for (let part = item; part.parent && !part.hook; part = part.parent) if (part.parent.node?.phase === 'Succeeded') return true;
  return false;
}

/** An item and what it is a part of, up to what is within something. */
function partsUpTo(item: Item, within: Item | undefined): Item[] {
  const found: Item[] = [];
  for (let part: Item | undefined = item; part && part !== within; part = part.parent) found.push(part);
  return found;
}

/** Leaves that broke by themselves, first to end first; frames only repeat what their parts say. */
export function broken(tree: Tree): Item[] {
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

/** Failures that are told as one. */
export interface Wrong {
  first: Item;
  /** The loop of which several items failed with the same words. */
  loop: Item | undefined;
  count: number;
}

/** What broke, told once for all items of a loop that say the same of it. */
export function wrongTogether(wrong: Item[]): Wrong[] {
  const found = new Map<string, Wrong>();
  for (const item of wrong) {
    const part = item.parent?.kind === 'retry' ? item.parent : item;
    const loop = part.parent?.kind === 'loop' ? part.parent : undefined;
    const key = loop ? `${loop.id} ${item.node?.message ?? ''}` : item.id;
    const same = found.get(key);
    if (same) found.set(key, { ...same, loop, count: same.count + 1 });
    else found.set(key, { first: item, loop: undefined, count: 1 });
  }
  return [...found.values()];
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

/** From when to when a loop went on that has no node of its own. */
export function spanOfLoop(loop: Item): { startedAt: string | undefined; finishedAt: string | undefined; templateName: string | undefined } {
  const nodes = loop.items.flatMap(({ node }) => (node ? [node] : []));
  const starts = nodes.flatMap(({ startedAt }) => startedAt ?? []).sort();
  const ends = nodes.flatMap(({ finishedAt }) => finishedAt ?? []).sort();
  const isOver = nodes.every(({ phase }) => isEnded(phase));
  return { startedAt: starts[0], finishedAt: isOver ? ends.at(-1) : undefined, templateName: nodes[0]?.templateName };
}

/** What a search means: a part of a name, a state, a kind of node, or the name of a template (UI-124). */
export function soughtIn(tree: Tree, workflow: Workflow, words: string): Set<string> {
  const sought = words.toLowerCase();
  const found = new Set<string>();
  for (const item of new Set(tree.byId.values())) {
    const isMeant =
      item.label.toLowerCase().includes(sought) ||
      wordOf(item, workflow).toLowerCase() === sought ||
      item.node?.type?.toLowerCase() === sought ||
      item.node?.templateName?.toLowerCase() === sought;
    if (isMeant) found.add(item.id);
  }
  return found;
}

/** Most words that are offered to be searched for. */
const OFFERED_MAX = 60;

/** States, kinds of nodes and templates that a search in a run can be for, with what they are. */
export function offeredIn(tree: Tree, workflow: Workflow): Map<string, string> {
  const states = new Set<string>();
  const kinds = new Set<string>();
  const templates = new Set<string>();
  for (const item of new Set(tree.byId.values())) {
    states.add(wordOf(item, workflow));
    if (item.node?.type) kinds.add(item.node.type);
    if (item.node?.templateName) templates.add(item.node.templateName);
  }
  const told = (words: Set<string>, what: string) => [...words].sort().map((word): [string, string] => [word, what]);
  const all = [...told(templates, text.node.template), ...told(kinds, text.node.type), ...told(states, text.run.state)];
  return new Map(all.reverse().slice(0, OFFERED_MAX).reverse());
}
