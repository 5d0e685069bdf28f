// Boxes and arrows of a run: what the tree shows, folded as chosen, joined as Argo's children say.

import type { Run } from '../run/model';
import { countsOf, type Item, type Tree } from '../run/item';
import type { Drawing } from './layout';
import { timesOf } from '../run/plan';
import { text } from '../text';
import { breadthOf } from './letters';

export interface Scene {
  items: Item[];
  /** Index by item id. */
  index: Map<string, number>;
  drawing: Drawing;
  /** Pairs that join ghosts are dashed. */
  dashed: Uint8Array;
}

/** Boxes are as wide as the longest name of their picture needs, within these. */
const BOX_WIDTH_MIN = 124;
const BOX_WIDTH_MAX = 188;
export const BOX_HEIGHT = 38;
const HOOK_WIDTH = 132;
const HOOK_HEIGHT = 28;

export interface Choice {
  /** Frames that are folded, and loops and retries that are opened. */
  toggled: Set<string>;
  /** Only these items, if given. */
  only?: Set<string> | undefined;
}

/** Loops with more items are a box; opening one shows a grid beside, not ten thousand boxes. */
const OPEN_ITEMS_MAX = 60;

/** Whether the parts of an item are drawn. */
export function isOpen(item: Item, toggled: Set<string>): boolean {
  const other = toggled.has(item.id);
  if (item.items.length === 0) return false;
  if (item.kind === 'frame' || item.kind === 'ghost') return !other;
  return other && item.items.length <= OPEN_ITEMS_MAX;
}

export function sceneOf(run: Run, tree: Tree, choice: Choice): Scene {
  const items: Item[] = [];
  const index = new Map<string, number>();
  // Every item, by its number, leads to the box that stands for it.
  const box = new Int32Array(tree.size).fill(-1);
  const stack: { item: Item; within: number }[] = tree.root ? [{ item: tree.root, within: -1 }] : [];
  while (stack.length > 0) {
    const { item, within } = stack.pop()!;
    let mine = within;
    let inner = within;
    if (within < 0) {
      mine = items.length;
      items.push(item);
      index.set(item.id, mine);
      inner = isOpen(item, choice.toggled) ? -1 : mine;
    }
    box[item.number] = mine;
    for (let at = item.items.length - 1; at >= 0; at -= 1) stack.push({ item: item.items[at]!, within: inner });
  }
  const joined = join(run, tree, box, items.length);
  const width = boxWidth(items);
  const scene = {
    items,
    index,
    drawing: {
      width: Float32Array.from(items, (item) => (item.hook ? HOOK_WIDTH : width)),
      height: Float32Array.from(items, (item) => (item.hook ? HOOK_HEIGHT : BOX_HEIGHT)),
      edges: Int32Array.from(joined.edges),
    },
    dashed: Uint8Array.from(joined.dashed),
  };
  return choice.only ? filtered(scene, choice.only) : scene;
}

/** The width of a letter, of the mark before a name, and of what may stand behind it: tries, or counts of a loop. */
const LETTER = 7.3;
const MARK = 34;
const NOTE = 46;

/** One width for all boxes, and the same from the first step to the last: what may come to stand behind a name has its room. */
function boxWidth(items: Item[]): number {
  let most = BOX_WIDTH_MIN;
  for (const item of items) {
    if (most >= BOX_WIDTH_MAX) break;
    if (item.hook) continue;
    const digits = String(item.items.length).length;
    most = Math.max(most, MARK + breadthOf(item.label) * LETTER + Math.max(NOTE, item.kind === 'loop' ? (2 * digits + 1) * 7 + 10 : 0));
  }
  return Math.ceil(Math.min(most, BOX_WIDTH_MAX));
}

/** Step groups that join many with many would be a thicket; from this many lines on a frame's group is thinned. */
const THICKET = 400;

function join(run: Run, tree: Tree, box: Int32Array, count: number): { edges: number[]; dashed: number[] } {
  const edges: number[] = [];
  const dashed: number[] = [];
  const add = (from: number, to: number, ghost: boolean) => {
    if (from < 0 || to < 0 || from === to) return;
    edges.push(from, to);
    dashed.push(ghost ? 1 : 0);
  };
  // Children through step groups, which are not drawn.
  const through = new Map<string, string[]>();
  const targets = (id: string): string[] => {
    const known = through.get(id);
    if (known) return known;
    const children = run.nodes.get(id)?.children ?? [];
    if (tree.groups.size === 0 || !children.some((child) => run.nodes.get(child)?.type === 'StepGroup')) return children;
    through.set(id, []);
    const found: string[] = [];
    for (const child of children) {
      if (run.nodes.get(child)?.type === 'StepGroup') found.push(...targets(child));
      else found.push(child);
    }
    through.set(id, found);
    return found;
  };
  const boxOf = (id: string): number => {
    if (tree.groups.size > 0 && run.nodes.get(id)?.type === 'StepGroup') return -1;
    const item = tree.byId.get(id);
    return item ? box[item.number]! : -1;
  };
  for (const node of run.nodes.values()) {
    if (node.type === 'StepGroup' || !node.children) continue;
    const from = boxOf(node.id);
    const all = targets(node.id);
    for (const child of all.length > THICKET ? all.slice(0, THICKET) : all) add(from, boxOf(child), false);
  }
  const drawn = new Uint8Array(count);
  for (let at = 1; at < edges.length; at += 2) drawn[edges[at]!] = 1;
  for (const item of tree.byId.values()) {
    if (item.kind === 'ghost') {
      const to = box[item.number]!;
      const siblings = new Map((item.parent?.items ?? []).map((other) => [other.name, other]));
      const before = item.after.map((name) => siblings.get(name)).filter((other): other is Item => Boolean(other));
      if (before.length === 0 && item.parent) add(box[item.parent.number]!, to, true);
      for (const other of before) for (const end of endsOf(other)) add(box[end.number]!, to, true);
      if (to >= 0) drawn[to] = 1;
    }
  }
  // What nothing leads to hangs on what it is a part of (hooks, exit handlers, opened loops).
  for (const item of tree.byId.values()) {
    const to = box[item.number]!;
    if (to >= 0 && drawn[to] === 0 && item.parent && box[item.parent.number] !== to) {
      const isLast = item.parent === tree.root && /\.onExit$/.test(item.name);
      const before = isLast ? outbound(tree, box, edges, to) : [];
      if (before.length > 0) for (const end of before) add(end, to, false);
      else add(box[item.parent.number]!, to, false);
      drawn[to] = 1;
    }
  }
  return once(count, edges, dashed);
}

/** The boxes that nothing follows, but for hooks: what comes after the whole run comes after these (UI-120). */
function outbound(tree: Tree, box: Int32Array, edges: number[], except: number): number[] {
  const leads = new Set<number>();
  const hooks = new Set<number>();
  for (const item of tree.byId.values()) {
    for (let above: Item | undefined = item; above; above = above.parent) {
      if (!above.hook) continue;
      hooks.add(box[item.number]!);
      break;
    }
  }
  for (let at = 0; at < edges.length; at += 2) if (!hooks.has(edges[at + 1]!)) leads.add(edges[at]!);
  const found = new Set<number>();
  for (const item of tree.byId.values()) {
    const at = box[item.number]!;
    if (at >= 0 && at !== except && !leads.has(at) && !hooks.has(at)) found.add(at);
  }
  return found.size > THICKET ? [...found].slice(0, THICKET) : [...found];
}

/** Each pair once, whichever way it was told first. */
function once(count: number, edges: number[], dashed: number[]): { edges: number[]; dashed: number[] } {
  // Lists of edges by the smaller end, linked through the edges.
  const head = new Int32Array(count).fill(-1);
  const next = new Int32Array(dashed.length).fill(-1);
  for (let edge = dashed.length - 1; edge >= 0; edge -= 1) {
    const low = Math.min(edges[edge * 2]!, edges[edge * 2 + 1]!);
    next[edge] = head[low]!;
    head[low] = edge;
  }
  const met = new Int32Array(count).fill(-1);
  const kept = new Uint8Array(dashed.length);
  for (let low = 0; low < count; low += 1) {
    for (let edge = head[low]!; edge >= 0; edge = next[edge]!) {
      const high = Math.max(edges[edge * 2]!, edges[edge * 2 + 1]!);
      if (met[high] === low) continue;
      met[high] = low;
      kept[edge] = 1;
    }
  }
  if (kept.every(Boolean)) return { edges, dashed };
  return {
    edges: edges.filter((_, at) => kept[at >> 1]),
    dashed: dashed.filter((_, edge) => kept[edge]),
  };
}

/** The last things of a frame: what follows the frame comes after them. */
function endsOf(item: Item): Item[] {
  if (item.items.length === 0 || item.kind === 'loop' || item.kind === 'retry' || item.kind === 'task') return [item];
  const parts = item.items.filter((part) => !part.hook);
  const before = new Set<string>();
  for (const part of parts) {
    for (const name of part.after) before.add(name);
  }
  const last = parts.filter((part) => part.kind === 'ghost' && !before.has(part.name));
  return last.length > 0 ? last.flatMap(endsOf) : [item];
}

function filtered(scene: Scene, only: Set<string>): Scene {
  const kept = scene.items.map((item) => only.has(item.id));
  const fresh = new Int32Array(scene.items.length).fill(-1);
  const items = scene.items.filter((_, at) => kept[at]);
  const index = new Map(items.map((item, at) => [item.id, at]));
  scene.items.forEach((item, at) => {
    fresh[at] = index.get(item.id) ?? -1;
  });
  const edges: number[] = [];
  const dashed: number[] = [];
  for (let at = 0; at < scene.drawing.edges.length; at += 2) {
    const [from, to] = [fresh[scene.drawing.edges[at]!]!, fresh[scene.drawing.edges[at + 1]!]!];
    if (from < 0 || to < 0) continue;
    edges.push(from, to);
    dashed.push(scene.dashed[at / 2]!);
  }
  return {
    items,
    index,
    drawing: {
      width: scene.drawing.width.filter((_, at) => kept[at]),
      height: scene.drawing.height.filter((_, at) => kept[at]),
      edges: Int32Array.from(edges),
    },
    dashed: Uint8Array.from(dashed),
  };
}

/** Everything before or after a box. */
export function reach(scene: Scene, from: number, way: 'up' | 'down'): Set<string> {
  const next = new Map<number, number[]>();
  for (let at = 0; at < scene.drawing.edges.length; at += 2) {
    const [a, b] = [scene.drawing.edges[at]!, scene.drawing.edges[at + 1]!];
    const [key, value] = way === 'down' ? [a, b] : [b, a];
    const list = next.get(key);
    if (list) list.push(value);
    else next.set(key, [value]);
  }
  const found = new Set<number>([from]);
  const queue = [from];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (const other of next.get(at) ?? []) {
      if (found.has(other)) continue;
      found.add(other);
      queue.push(other);
    }
  }
  return new Set([...found].map((at) => scene.items[at]!.id));
}

/** The chain of boxes that decided when the run ended: from the last to end back along the latest predecessors. */
export function criticalPath(scene: Scene): Set<string> {
  const end = (item: Item): number =>
    Date.parse(item.node?.finishedAt ?? '') || (item.node?.startedAt ? Number.MAX_SAFE_INTEGER : 0);
  const before = new Map<number, number[]>();
  const hasNext = new Uint8Array(scene.items.length);
  for (let at = 0; at < scene.drawing.edges.length; at += 2) {
    const [from, to] = [scene.drawing.edges[at]!, scene.drawing.edges[at + 1]!];
    hasNext[from] = 1;
    const list = before.get(to);
    if (list) list.push(from);
    else before.set(to, [from]);
  }
  // Argo's times are whole seconds: of two that ended alike the one that began later was waited for.
  const start = (item: Item): number => Date.parse(item.node?.startedAt ?? '') || 0;
  const later = (a: Item, b: Item): boolean => end(a) > end(b) || (end(a) === end(b) && start(a) > start(b));
  let at = -1;
  scene.items.forEach((item, index) => {
    if (hasNext[index] || item.kind === 'ghost') return;
    if (at < 0 || later(item, scene.items[at]!)) at = index;
  });
  const found = new Set<string>();
  while (at >= 0 && !found.has(scene.items[at]!.id)) {
    found.add(scene.items[at]!.id);
    let next = -1;
    for (const other of before.get(at) ?? []) {
      const isFrame = (box: number) => scene.items[box]!.kind === 'frame' && scene.items[box]!.items.length > 0;
      if (next < 0 || (isFrame(next) && !isFrame(other)) || (!isFrame(other) && later(scene.items[other]!, scene.items[next]!))) next = other;
    }
    at = next;
  }
  return found;
}

/** What stands small beside the name of a box. */
export function badgeOf(item: Item): { text: string; share: number } | undefined {
  if (item.kind === 'loop') {
    const counts = countsOf(item);
    return { text: `${counts.ended}/${counts.total}`, share: counts.total ? counts.ended / counts.total : 0 };
  }
  const times = timesOf(item.planned);
  if (times !== undefined) return { text: text.graph.times(times), share: -1 };
  if (item.kind === 'retry' && item.items.length > 1) return { text: `×${item.items.length}`, share: -1 };
  return undefined;
}
