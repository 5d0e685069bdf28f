// Why a thing does not run, or broke, in one sentence.

import { templateOf } from '../api/argo';
import type { NodeStatus, Workflow } from '../api/types';
import { isBroken, isEnded } from '../phase';
import { isHearsay, manyLines, unquoted } from '../shown';
import { text } from '../text';
import { culprits, endOf } from './found';
import type { Item, Tree } from './item';

export interface Why {
  text: string;
  /** What is waited for. */
  links: Item[];
  /** The lock that is waited for. */
  lock?: string | undefined;
  /** The message that was put into these words. */
  raw?: string | undefined;
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
    const first = isMute(node) && culpritBelow(item, tree, workflow);
    if (first) return { text: text.wait.part(manyLines(first.node?.message ?? '')), links: [first], raw: node.message };
    if (node.message && node.phase !== 'Succeeded') return { text: manyLines(node.message), links: [] };
    if (node.phase === 'Pending') return { text: text.wait.place, links: [] };
    return undefined;
  }
  if (item.kind === 'loop') return whyOfLoop(item, tree, workflow);
  if (item.kind !== 'ghost') return undefined;
  if (!tree.root?.node && tree.root?.wait && item !== tree.root) return { text: text.wait.whole, links: [tree.root] };
  if (workflow.spec.suspend) return { text: text.wait.suspended, links: [] };
  if (item.parent?.kind === 'ghost' && item.after.length === 0) return { text: text.wait.parent, links: [item.parent] };
  const open = item.after
    .map((name) => find(name, item))
    .filter((other): other is Item => Boolean(other && !isEnded(other.node?.phase)));
  return open.length > 0 ? { text: text.wait.forTasks, links: open } : { text: text.wait.ready, links: [] };
}

/** The same of a loop of steps, which has no node of its own: what broke of it, or why nothing of it ran. */
function whyOfLoop(loop: Item, tree: Tree, workflow: Workflow): Why | undefined {
  const broken = loop.look === 'failed' || loop.look === 'error' ? culpritBelow(loop, tree, workflow) : undefined;
  if (broken) return { text: text.wait.part(manyLines(broken.node?.message ?? '')), links: [broken] };
  const said = new Set(loop.items.map(({ node }) => (node?.phase === 'Skipped' || node?.phase === 'Omitted' ? node.message : undefined)));
  const [only] = said;
  return said.size === 1 && only ? { text: text.wait.allOfLoop(manyLines(only)), links: [] } : undefined;
}

/** Whether a thing that broke says no more than that a part of it did (EX-171). */
const isMute = ({ phase, message }: NodeStatus): boolean => isBroken(phase) && (!message || isHearsay(message));

/** What broke first of what is in an item. */
const culpritBelow = (item: Item, tree: Tree, workflow: Workflow): Item | undefined =>
  culprits(tree, workflow, item).find((part) => part !== item);

function find(name: string, near: Item): Item | undefined {
  return near.parent?.items.find((other) => other.name === name);
}

/** What holds a run up, the items of a loop that wait for the same told together. */
export interface Held {
  item: Item;
  /** How many items of it wait. */
  count: number;
  why: Why | undefined;
}

/** What holds a run up, told once for all that wait alike. */
export function heldTogether(held: Item[], tree: Tree, workflow: Workflow, show?: (at: number) => string): Held[] {
  const found = new Map<string, Held>();
  for (const item of held) {
    const why = whyOf(item, tree, workflow, show);
    const loop = item.parent?.kind === 'loop' ? item.parent : undefined;
    const key = loop ? `${loop.id} ${why?.text}` : item.id;
    const same = found.get(key);
    found.set(key, same ? { item: loop!, count: same.count + 1, why } : { item, count: 1, why });
  }
  return [...found.values()];
}
