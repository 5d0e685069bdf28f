// A layered layout: longest path, barycentre sweeps against crossings, then alignment. Pure; runs in a worker.

/** Boxes and arrows by index. Sizes in pixels. */
export interface Drawing {
  width: Float32Array;
  height: Float32Array;
  /** Pairs of indices: from, to. */
  edges: Int32Array;
}

export interface Layout {
  /** Left upper corners. */
  x: Float32Array;
  y: Float32Array;
  layer: Int32Array;
  width: number;
  height: number;
  /** Bends of edges that pass layers: start of each edge in `bends`, in pairs of x and y. */
  bendStart: Int32Array;
  bends: Float32Array;
  /** Whether edges lead to the right instead of down (UI-125). */
  across: boolean;
}

export const GAP_X = 18;
export const GAP_Y = 30;
/** Between layers that stand beside each other: arrows need more room there to be told apart. */
const GAP_ACROSS = 56;
const MARGIN = 24;
/** Rounds against crossings and of alignment; large pictures get fewer, as nobody sees a single crossing there. */
const ROUNDS = [
  { below: 3000, sweeps: 8, alignments: 8 },
  { below: 30_000, sweeps: 2, alignments: 4 },
  { below: Number.POSITIVE_INFINITY, sweeps: 2, alignments: 3 },
] as const;
/** Long edges get bends only while these stay fewer than this times the boxes. */
const BENDS_PER_BOX_MAX = 4;
/** From this share of boxes with a former place on, the order stays as it was. */
const KEEP_SHARE = 0.7;
/** Space that a passing edge takes. */
const LANE = 10;

/**
 * Computes the layout; `before` gives the former x of boxes, or y where edges lead across, and NaN for new ones, so
 * that what was left stays left.
 */
export function layOut(drawing: Drawing, before?: Float32Array, across = false): Layout {
  if (!across) return layered(drawing, before, GAP_Y);
  const { width, height, edges } = drawing;
  const { x, y, bends, ...found } = layered({ width: height, height: width, edges }, before, GAP_ACROSS);
  for (let at = 0; at < bends.length; at += 2) [bends[at], bends[at + 1]] = [bends[at + 1]!, bends[at]!];
  return { ...found, x: y, y: x, bends, width: found.height, height: found.width, across };
}

function layered(drawing: Drawing, before: Float32Array | undefined, gap: number): Layout {
  const count = drawing.width.length;
  const { edges, of } = forward(count, drawing.edges);
  const layer = layersOf(count, edges);
  const graph = withLanes(count, edges, layer, drawing);
  const known = before ? before.reduce((sum, x) => (Number.isNaN(x) ? sum : sum + 1), 0) : 0;
  const rows = rowsOf(graph, count, known > 0 ? before : undefined);
  // Where most was there before, order is worth more than a crossing less.
  const { sweeps, alignments } = ROUNDS.find(({ below }) => graph.total < below)!;
  if (known < KEEP_SHARE * count) sweep(graph, rows, sweeps);
  const x = place(graph, rows, alignments);
  return finish(count, drawing, of, graph, rows, x, gap);
}

interface Graph {
  /** Boxes first, then lanes. */
  total: number;
  layer: Int32Array;
  width: Float32Array;
  /** Neighbours above and below as lists in one array each. */
  up: Adjacency;
  down: Adjacency;
  /** First lane of each edge, or -1; the lanes of an edge follow each other. */
  lanes: Int32Array;
}

interface Adjacency {
  start: Int32Array;
  to: Int32Array;
  /** Which edge leads there. */
  edge: Int32Array;
}

/** Edges that lead down only, each once, and which of them each given edge became. */
interface Forward {
  edges: Int32Array;
  /** Of each given edge: its place among `edges`, or -1. */
  of: Int32Array;
}

/** Turns edges around that would close a circle, and drops doubled ones and those to oneself. */
function forward(count: number, edges: Int32Array): Forward {
  const out = adjacency(count, edges, 0);
  const state = new Uint8Array(count);
  const turned = new Uint8Array(edges.length / 2);
  const stack: number[] = [];
  const at = Int32Array.from(out.start);
  for (let root = 0; root < count; root += 1) {
    if (state[root]) continue;
    stack.push(root);
    state[root] = 1;
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!;
      if (at[node]! < out.start[node + 1]!) {
        const index = at[node]!;
        const next = out.to[index]!;
        at[node] = index + 1;
        if (state[next] === 1) turned[out.edge[index]!] = 1;
        else if (state[next] === 0) {
          state[next] = 1;
          stack.push(next);
        }
      } else {
        state[node] = 2;
        stack.pop();
      }
    }
  }
  const down = Int32Array.from(edges);
  for (let edge = 0; edge < turned.length; edge += 1) {
    if (turned[edge]) [down[edge * 2], down[edge * 2 + 1]] = [edges[edge * 2 + 1]!, edges[edge * 2]!];
  }
  // Doubled edges are met one after the other among the edges of their source.
  const sorted = adjacency(count, down, 0);
  const of = new Int32Array(turned.length).fill(-1);
  const first = new Int32Array(count).fill(-1);
  const kept = new Int32Array(edges.length);
  let length = 0;
  for (let from = 0; from < count; from += 1) {
    for (let index = sorted.start[from]!; index < sorted.start[from + 1]!; index += 1) {
      const to = sorted.to[index]!;
      if (to === from) continue;
      if (first[to]! < sorted.start[from]!) {
        first[to] = index;
        kept[length * 2] = from;
        kept[length * 2 + 1] = to;
        of[sorted.edge[index]!] = length;
        length += 1;
      } else of[sorted.edge[index]!] = of[sorted.edge[first[to]!]!]!;
    }
  }
  return { edges: kept.slice(0, length * 2), of };
}

/** Lists of neighbours: 0 of sources, 1 of targets. */
function adjacency(count: number, edges: Int32Array, side: 0 | 1): Adjacency {
  const start = new Int32Array(count + 1);
  for (let index = side; index < edges.length; index += 2) start[edges[index]! + 1]! += 1;
  for (let node = 0; node < count; node += 1) start[node + 1]! += start[node]!;
  const to = new Int32Array(edges.length / 2);
  const edge = new Int32Array(edges.length / 2);
  const at = Int32Array.from(start);
  for (let index = 0; index < edges.length; index += 2) {
    const key = edges[index + side]!;
    to[at[key]!] = edges[index + 1 - side]!;
    edge[at[key]!] = index >> 1;
    at[key]! += 1;
  }
  return { start, to, edge };
}

function layersOf(count: number, edges: Int32Array): Int32Array {
  const down = adjacency(count, edges, 0);
  const open = new Int32Array(count);
  for (let index = 1; index < edges.length; index += 2) open[edges[index]!]! += 1;
  const layer = new Int32Array(count);
  const queue: number[] = [];
  for (let node = 0; node < count; node += 1) if (open[node] === 0) queue.push(node);
  for (let head = 0; head < queue.length; head += 1) {
    const node = queue[head]!;
    for (let index = down.start[node]!; index < down.start[node + 1]!; index += 1) {
      const next = down.to[index]!;
      layer[next] = Math.max(layer[next]!, layer[node]! + 1);
      open[next]! -= 1;
      if (open[next] === 0) queue.push(next);
    }
  }
  return layer;
}

function withLanes(count: number, edges: Int32Array, layer: Int32Array, drawing: Drawing): Graph {
  let wanted = 0;
  for (let index = 0; index < edges.length; index += 2) {
    wanted += Math.max(0, layer[edges[index + 1]!]! - layer[edges[index]!]! - 1);
  }
  const bent = wanted <= BENDS_PER_BOX_MAX * count + 1000;
  const total = count + (bent ? wanted : 0);
  const layers = new Int32Array(total);
  layers.set(layer);
  const width = new Float32Array(total).fill(LANE);
  width.set(drawing.width);
  const lanes = new Int32Array(edges.length / 2).fill(-1);
  const short: number[] = [];
  let next = count;
  for (let edge = 0; edge < lanes.length; edge += 1) {
    const [from, to] = [edges[edge * 2]!, edges[edge * 2 + 1]!];
    const length = layer[to]! - layer[from]!;
    if (length === 1 || !bent) {
      if (length === 1) short.push(from, to);
      continue;
    }
    lanes[edge] = next;
    let last = from;
    for (let step = 1; step < length; step += 1) {
      layers[next] = layer[from]! + step;
      short.push(last, next);
      last = next;
      next += 1;
    }
    short.push(last, to);
  }
  const pairs = Int32Array.from(short);
  return { total, layer: layers, width, lanes, down: adjacency(total, pairs, 0), up: adjacency(total, pairs, 1) };
}

/** The order in each layer at first: as before where known, else as a walk from the top meets them. */
function rowsOf(graph: Graph, count: number, before: Float32Array | undefined): Int32Array[] {
  const { total, layer, down } = graph;
  const met = new Int32Array(total).fill(-1);
  let counter = 0;
  const walk = (root: number) => {
    const stack = [root];
    while (stack.length > 0) {
      const node = stack.pop()!;
      if (met[node]! >= 0) continue;
      met[node] = counter++;
      for (let index = down.start[node + 1]! - 1; index >= down.start[node]!; index -= 1) stack.push(down.to[index]!);
    }
  };
  for (let node = 0; node < total; node += 1) if (layer[node] === 0) walk(node);
  let depth = 0;
  for (let node = 0; node < total; node += 1) depth = Math.max(depth, layer[node]! + 1);
  const sizes = new Int32Array(depth);
  for (let node = 0; node < total; node += 1) sizes[layer[node]!]! += 1;
  const rows = Array.from(sizes, (size) => new Int32Array(size));
  const filled = new Int32Array(depth);
  // The walk meets everything, each at another time.
  const order = new Int32Array(total);
  for (let node = 0; node < total; node += 1) order[met[node]!] = node;
  for (const node of order) {
    const row = layer[node]!;
    rows[row]![filled[row]!] = node;
    filled[row]! += 1;
  }
  if (before) {
    for (const row of rows) {
      // What is new keeps to the neighbour that it was met after.
      const keys = new Float64Array(row.length);
      let last = Number.NEGATIVE_INFINITY;
      for (let index = 0; index < row.length; index += 1) {
        const former = row[index]! < count ? before[row[index]!]! : Number.NaN;
        if (!Number.isNaN(former)) last = former;
        keys[index] = last;
      }
      const sorted = Array.from(row, (node, index) => ({ node, key: keys[index]!, index })).sort(
        (a, b) => (a.key === b.key ? 0 : a.key - b.key) || a.index - b.index,
      );
      for (let index = 0; index < row.length; index += 1) row[index] = sorted[index]!.node;
    }
  }
  return rows;
}

function sweep(graph: Graph, rows: Int32Array[], rounds: number): void {
  const position = new Float64Array(graph.total);
  const remember = (row: Int32Array) => {
    for (let index = 0; index < row.length; index += 1) position[row[index]!] = index;
  };
  rows.forEach(remember);
  let best = crossings(graph, rows, position);
  let kept = rows.map((row) => Int32Array.from(row));
  const centre = new Float64Array(graph.total);
  for (let round = 0; round < rounds && best > 0; round += 1) {
    const downward = round % 2 === 0;
    const side = downward ? graph.up : graph.down;
    const sequence = downward ? rows : [...rows].reverse();
    for (const row of sequence) {
      for (let index = 0; index < row.length; index += 1) {
        const node = row[index]!;
        const [from, to] = [side.start[node]!, side.start[node + 1]!];
        let sum = 0;
        for (let at = from; at < to; at += 1) sum += position[side.to[at]!]!;
        centre[node] = to > from ? sum / (to - from) : position[node]!;
      }
      row.sort((a, b) => centre[a]! - centre[b]! || position[a]! - position[b]!);
      remember(row);
    }
    const now = crossings(graph, rows, position);
    if (now < best) {
      best = now;
      kept = rows.map((row) => Int32Array.from(row));
    }
  }
  kept.forEach((row, index) => {
    rows[index] = row;
  });
}

/** Counts crossings between neighbouring layers with a tree of sums. */
function crossings(graph: Graph, rows: Int32Array[], position: Float64Array): number {
  let sum = 0;
  const longest = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const tree = new Int32Array(longest + 1);
  /** Places of the targets of one node, in order. */
  let ends = new Int32Array(16);
  for (let index = 0; index + 1 < rows.length; index += 1) {
    const below = rows[index + 1]!.length;
    tree.fill(0, 0, below + 1);
    let seen = 0;
    for (const node of rows[index]!) {
      const [from, to] = [graph.down.start[node]!, graph.down.start[node + 1]!];
      const count = to - from;
      if (count > ends.length) ends = new Int32Array(2 * count);
      for (let at = 0; at < count; at += 1) ends[at] = position[graph.down.to[from + at]!]! + 1;
      if (count > 1) ends.subarray(0, count).sort();
      for (let at = 0; at < count; at += 1) {
        let smaller = 0;
        for (let place = ends[at]!; place > 0; place -= place & -place) smaller += tree[place]!;
        sum += seen - smaller;
      }
      for (let at = 0; at < count; at += 1) {
        for (let place = ends[at]!; place <= below; place += place & -place) tree[place]! += 1;
      }
      seen += count;
    }
  }
  return sum;
}

/** Moves boxes under the middle of their neighbours without changing the order in a row. */
function place(graph: Graph, rows: Int32Array[], rounds: number): Float64Array {
  const x = new Float64Array(graph.total);
  for (const row of rows) {
    let at = 0;
    for (const node of row) {
      x[node] = at + graph.width[node]! / 2;
      at += graph.width[node]! + GAP_X;
    }
    const middle = (at - GAP_X) / 2;
    for (const node of row) x[node]! -= middle;
  }
  for (let round = 0; round < rounds; round += 1) {
    const downward = round % 2 === 0;
    const side = downward ? graph.up : graph.down;
    for (const row of downward ? rows : [...rows].reverse()) settle(graph, row, side, x);
  }
  return x;
}

/** Puts a row as near to the wished places as the order and the gaps allow (least squares by merging blocks). */
function settle(graph: Graph, row: Int32Array, side: Adjacency, x: Float64Array): void {
  // Blocks so far: where each begins, and the sum and weight of what its parts wish.
  const starts = new Int32Array(row.length);
  const sums = new Float64Array(row.length);
  const weights = new Float64Array(row.length);
  let last = -1;
  const offsets = new Float64Array(row.length);
  let offset = 0;
  for (let index = 0; index < row.length; index += 1) {
    const node = row[index]!;
    if (index > 0) offset += graph.width[row[index - 1]!]! / 2 + GAP_X + graph.width[node]! / 2;
    offsets[index] = offset;
    const [from, to] = [side.start[node]!, side.start[node + 1]!];
    let wished = x[node]!;
    let weight = 0.02;
    if (to > from) {
      let sum = 0;
      for (let at = from; at < to; at += 1) sum += x[side.to[at]!]!;
      wished = sum / (to - from);
      weight = to - from;
    }
    last += 1;
    starts[last] = index;
    sums[last] = (wished - offset) * weight;
    weights[last] = weight;
    while (last > 0 && sums[last - 1]! / weights[last - 1]! > sums[last]! / weights[last]!) {
      sums[last - 1]! += sums[last]!;
      weights[last - 1]! += weights[last]!;
      last -= 1;
    }
  }
  for (let block = 0; block <= last; block += 1) {
    const base = sums[block]! / weights[block]!;
    const end = block < last ? starts[block + 1]! : row.length;
    for (let index = starts[block]!; index < end; index += 1) x[row[index]!] = base + offsets[index]!;
  }
}

function finish(
  count: number,
  drawing: Drawing,
  of: Int32Array,
  graph: Graph,
  rows: Int32Array[],
  centre: Float64Array,
  gap: number,
): Layout {
  const heights = new Float64Array(rows.length);
  for (let node = 0; node < count; node += 1) {
    heights[graph.layer[node]!] = Math.max(heights[graph.layer[node]!]!, drawing.height[node]!);
  }
  const tops = new Float64Array(rows.length + 1);
  tops[0] = MARGIN;
  for (let row = 0; row < rows.length; row += 1) tops[row + 1] = tops[row]! + heights[row]! + gap;
  let left = Number.POSITIVE_INFINITY;
  for (let node = 0; node < graph.total; node += 1) left = Math.min(left, centre[node]! - graph.width[node]! / 2);
  const shift = count > 0 ? MARGIN - left : 0;
  const [x, y] = [new Float32Array(count), new Float32Array(count)];
  let right = 0;
  for (let node = 0; node < count; node += 1) {
    // Whole pixels: the edges of a box and its name are blurred between two.
    x[node] = Math.round(centre[node]! + shift - drawing.width[node]! / 2);
    y[node] = Math.round(tops[graph.layer[node]!]! + (heights[graph.layer[node]!]! - drawing.height[node]!) / 2);
    right = Math.max(right, x[node]! + drawing.width[node]!);
  }
  // Bends are told per edge as given, also for those that were turned around or dropped.
  const bendStart = new Int32Array(drawing.edges.length / 2 + 1);
  const bends: number[] = [];
  for (let edge = 0; edge < bendStart.length - 1; edge += 1) {
    const [from, to] = [drawing.edges[edge * 2]!, drawing.edges[edge * 2 + 1]!];
    const mine = of[edge]!;
    const lane = mine < 0 ? -1 : graph.lanes[mine]!;
    // An edge that was turned around is drawn straight.
    if (lane >= 0 && graph.layer[from]! < graph.layer[to]!) {
      const length = graph.layer[to]! - graph.layer[from]! - 1;
      for (let step = 0; step < length; step += 1) {
        const row = graph.layer[lane + step]!;
        bends.push(centre[lane + step]! + shift, tops[row]!, centre[lane + step]! + shift, tops[row]! + heights[row]!);
      }
    }
    bendStart[edge + 1] = bends.length;
  }
  for (let index = 0; index < bends.length; index += 2) right = Math.max(right, bends[index]!);
  return {
    x,
    y,
    layer: graph.layer.slice(0, count),
    width: right + MARGIN,
    height: count > 0 ? tops[rows.length]! - gap + MARGIN : 0,
    bendStart,
    bends: Float32Array.from(bends),
    across: false,
  };
}
