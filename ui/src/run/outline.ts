// The tree of what would run, as the server tells it: with what templates of elsewhere consist of.

import type { Outline, PlanBranch } from '../api/own';
import { FIRST, ghostOf, type Item, type Tree } from './item';
import type { Planned } from './plan';

export function treeOfOutline({ tree, hooks }: Outline, name: string): Tree {
  const byId = new Map<string, Item>();
  const add = (branch: PlanBranch, named: string, parent: Item | undefined, after: string[]): Item => {
    const item = ghostOf(plannedOf(branch, named, after), parent, byId.size, undefined);
    parent?.items.push(item);
    byId.set(item.id, item);
    return item;
  };
  const root = add(tree, name, undefined, FIRST);
  const queue = [{ branch: tree, item: root }];
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { branch, item } = next;
    const parts = branch.children ?? [];
    const before = earlier(item.name, parts);
    for (const part of parts) {
      const named = nameIn(item.name, part);
      const child = add(part, named, item, before(part));
      queue.push({ branch: part, item: child });
      for (const hook of part.hooks ?? []) queue.push({ branch: hook, item: hooked(add, hook, named, item, [named]) });
    }
  }
  const parts = root.items.filter((item) => !item.hook);
  const inner = new Set(parts.flatMap((item) => item.after));
  const last = parts.filter((item) => !inner.has(item.name)).map((item) => item.name);
  for (const hook of hooks ?? []) hooked(add, hook, name, root, last);
  return { root, byId, count: 0, size: byId.size, ghosts: byId.size, marked: new Set(), groups: new Map() };
}

type Add = (branch: PlanBranch, named: string, parent: Item, after: string[]) => Item;

/** A hook stands beside what it belongs to, and comes after it. */
function hooked(add: Add, hook: PlanBranch, owner: string, parent: Item, after: string[]): Item {
  const item = add(hook, hook.name === 'exit' ? `${owner}.onExit` : `${owner}.hooks.${hook.name}`, parent, after);
  item.hook = true;
  return item;
}

/** As the node will be called: members of groups by the number of theirs. */
const nameIn = (frame: string, { name, group }: PlanBranch): string =>
  group ? `${frame}[${group - 1}].${name}` : `${frame}.${name}`;

/** What a part of a frame comes after: the group before its own, or the tasks that it names. */
function earlier(frame: string, parts: PlanBranch[]): (part: PlanBranch) => string[] {
  const groups = new Map<number, string[]>();
  for (const part of parts) {
    if (part.group) groups.set(part.group, [...(groups.get(part.group) ?? []), nameIn(frame, part)]);
  }
  const order = [...groups.keys()].sort((a, b) => a - b);
  return ({ group, after }) =>
    group ? (groups.get(order[order.indexOf(group) - 1] ?? 0) ?? FIRST) : (after ?? FIRST).map((name) => `${frame}.${name}`);
}

const KINDS: Record<string, Planned['kind']> = {
  Steps: 'Steps',
  DAG: 'DAG',
  Suspend: 'Suspend',
  HTTP: 'HTTP',
  Plugin: 'Plugin',
  none: 'Unknown',
  '': 'Unknown',
};

function plannedOf(branch: PlanBranch, name: string, after: string[]): Planned {
  return {
    name,
    label: branch.name,
    template: branch.template,
    kind: KINDS[branch.kind] ?? 'Pod',
    after,
    loop: branch.loop !== undefined,
    when: branch.when,
    branch,
  };
}
