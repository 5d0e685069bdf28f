// Where boxes and arrows lie, so that the ones in view are found without looking at all of them.

import type { Drawing, Layout } from './layout';

export interface Window {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Things that begin in one row, or one column where edges lead across, sorted by their left ends. */
interface Row {
  top: number;
  bottom: number;
  /** First and one past the last in the order. */
  from: number;
  to: number;
  /** The widest of them. */
  span: number;
}

export interface Shelf {
  boxes: Int32Array;
  boxLefts: Float32Array;
  boxRows: Row[];
  edges: Int32Array;
  edgeLefts: Float32Array;
  edgeRows: Row[];
  /** Edges lead across: what is said of rows holds for columns. */
  across: boolean;
}

export function shelve(drawing: Drawing, layout: Layout): Shelf {
  const { edges } = drawing;
  const { across } = layout;
  // Seen from the side, columns are rows.
  const [width, height] = across ? [drawing.height, drawing.width] : [drawing.width, drawing.height];
  const [x, y] = across ? [layout.y, layout.x] : [layout.x, layout.y];
  const side = across ? 1 : 0;
  const boxes = rowed(
    width.length,
    (at) => layout.layer[at]!,
    (at) => x[at]!,
    (at) => x[at]! + width[at]!,
    (at) => y[at]!,
    (at) => y[at]! + height[at]!,
  );
  const upper = (edge: number) => {
    const [a, b] = [edges[edge * 2]!, edges[edge * 2 + 1]!];
    return layout.layer[a]! <= layout.layer[b]! ? a : b;
  };
  const ends = (edge: number): [number, number] => {
    const [a, b] = [edges[edge * 2]!, edges[edge * 2 + 1]!];
    let left = Math.min(x[a]!, x[b]!);
    let right = Math.max(x[a]! + width[a]!, x[b]! + width[b]!);
    for (let at = layout.bendStart[edge]! + side; at < layout.bendStart[edge + 1]!; at += 2) {
      left = Math.min(left, layout.bends[at]!);
      right = Math.max(right, layout.bends[at]!);
    }
    return [left, right];
  };
  const count = edges.length / 2;
  const [lefts, rights] = [new Float32Array(count), new Float32Array(count)];
  for (let edge = 0; edge < count; edge += 1) [lefts[edge], rights[edge]] = ends(edge);
  const arrows = rowed(
    count,
    (edge) => layout.layer[upper(edge)]!,
    (edge) => lefts[edge]!,
    (edge) => rights[edge]!,
    (edge) => y[upper(edge)]!,
    (edge) => {
      const [a, b] = [edges[edge * 2]!, edges[edge * 2 + 1]!];
      return Math.max(y[a]! + height[a]!, y[b]! + height[b]!);
    },
  );
  return {
    boxes: boxes.order,
    boxLefts: boxes.lefts,
    boxRows: boxes.rows,
    edges: arrows.order,
    edgeLefts: arrows.lefts,
    edgeRows: arrows.rows,
    across,
  };
}

type Measure = (at: number) => number;

function rowed(count: number, layer: Measure, left: Measure, right: Measure, top: Measure, bottom: Measure) {
  // By layer first, with room for each counted, then each layer by itself.
  let depth = 0;
  for (let at = 0; at < count; at += 1) depth = Math.max(depth, layer(at) + 1);
  const start = new Int32Array(depth + 1);
  for (let at = 0; at < count; at += 1) start[layer(at) + 1]! += 1;
  for (let row = 0; row < depth; row += 1) start[row + 1]! += start[row]!;
  const order = new Int32Array(count);
  const filled = Int32Array.from(start);
  for (let at = 0; at < count; at += 1) {
    const row = layer(at);
    order[filled[row]!] = at;
    filled[row]! += 1;
  }
  const sorted = (row: Int32Array) => row.every((at, index) => index === 0 || left(row[index - 1]!) <= left(at));
  for (let row = 0; row < depth; row += 1) {
    const mine = order.subarray(start[row], start[row + 1]);
    if (!sorted(mine)) mine.sort((a, b) => left(a) - left(b));
  }
  const lefts = new Float32Array(count);
  const rows: Row[] = [];
  let now = -1;
  for (let index = 0; index < count; index += 1) {
    const at = order[index]!;
    lefts[index] = left(at);
    if (layer(at) !== now) {
      now = layer(at);
      rows.push({ top: Number.POSITIVE_INFINITY, bottom: Number.NEGATIVE_INFINITY, from: index, to: index, span: 0 });
    }
    const row = rows[rows.length - 1]!;
    row.to = index + 1;
    row.top = Math.min(row.top, top(at));
    row.bottom = Math.max(row.bottom, bottom(at));
    row.span = Math.max(row.span, right(at) - left(at));
  }
  return { order, lefts, rows };
}

/** Calls for each box that may be in view. */
export function eachBox(shelf: Shelf, window: Window, tell: (at: number) => void): void {
  each(shelf.boxes, shelf.boxLefts, shelf.boxRows, shelf.across ? aside(window) : window, tell);
}

/** Calls for each edge that may be in view. */
export function eachEdge(shelf: Shelf, window: Window, tell: (edge: number) => void): void {
  each(shelf.edges, shelf.edgeLefts, shelf.edgeRows, shelf.across ? aside(window) : window, tell);
}

/** A window seen from the side. */
const aside = ({ left, top, right, bottom }: Window): Window => ({ left: top, top: left, right: bottom, bottom: right });

function each(order: Int32Array, lefts: Float32Array, rows: Row[], window: Window, tell: (at: number) => void): void {
  for (const row of rows) {
    if (row.bottom < window.top || row.top > window.bottom) continue;
    for (let index = firstFrom(lefts, window.left - row.span, row.from, row.to); index < row.to; index += 1) {
      if (lefts[index]! > window.right) break;
      tell(order[index]!);
    }
  }
}

function firstFrom(sorted: Float32Array, value: number, from: number, to: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
