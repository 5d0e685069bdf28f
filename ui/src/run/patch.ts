// A tree that was built, kept current while its shape stays.

import { isEnded, type Look } from '../phase';
import { type Item, isMarked, labelOf, lookOfItem, RANK, type Tree } from './item';
import type { Run } from './model';

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
    if (old.label !== labelOf(node)) return undefined;
    const wait = run.waits.get(id);
    const fresh = { ...old, node, look: lookOfItem(node, wait), wait };
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

function replace(tree: Tree, fresh: Item): void {
  tree.byId.set(fresh.id, fresh);
  for (const group of tree.groups.get(fresh.id) ?? []) tree.byId.set(group, fresh);
  for (const part of fresh.items) part.parent = fresh;
  const siblings = fresh.parent?.items;
  if (!siblings) return;
  siblings[fresh.at] = fresh;
}
