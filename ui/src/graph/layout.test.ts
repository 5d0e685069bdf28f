import { describe, expect, it } from 'vitest';
import { type Drawing, GAP_X, type Layout, layOut } from './layout';

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function drawing(count: number, edges: number[], widths: (index: number) => number = () => 180): Drawing {
  return {
    width: Float32Array.from({ length: count }, (_, index) => widths(index)),
    height: new Float32Array(count).fill(36),
    edges: Int32Array.from(edges),
  };
}

function layered(count: number, perLayer: number, seed: number): number[] {
  const next = random(seed);
  const edges: number[] = [];
  for (let node = perLayer; node < count; node += 1) {
    const above = Math.floor(node / perLayer) * perLayer;
    edges.push(Math.floor(next() * above), node);
    if (next() < 0.4) edges.push(Math.floor(next() * above), node);
  }
  return edges;
}

function check(given: Drawing, found: Layout): void {
  const rows = new Map<number, number[]>();
  for (let node = 0; node < given.width.length; node += 1) {
    const row = rows.get(found.layer[node]!) ?? [];
    row.push(node);
    rows.set(found.layer[node]!, row);
    expect(found.x[node]!).toBeGreaterThanOrEqual(0);
    expect(found.x[node]! + given.width[node]!).toBeLessThanOrEqual(found.width + 0.01);
  }
  for (const row of rows.values()) {
    row.sort((a, b) => found.x[a]! - found.x[b]!);
    for (let index = 1; index < row.length; index += 1) {
      const [left, right] = [row[index - 1]!, row[index]!];
      expect(found.x[right]! - found.x[left]! - given.width[left]!).toBeGreaterThanOrEqual(GAP_X - 0.6);
    }
  }
}

describe('layout', () => {
  it.each([1, 2, 3, 4, 5])('keeps boxes apart and edges downward (seed %i)', (seed) => {
    const given = drawing(200, layered(200, 12, seed), (index) => 60 + (index % 5) * 40);
    const found = layOut(given);
    check(given, found);
    for (let index = 0; index < given.edges.length; index += 2) {
      const [from, to] = [given.edges[index]!, given.edges[index + 1]!];
      expect(found.y[to]!).toBeGreaterThan(found.y[from]! + given.height[from]!);
    }
  });

  it.each([1, 2, 3])('leads edges to the right where that is wanted (UI-125, seed %i)', (seed) => {
    const given = drawing(120, layered(120, 9, seed), (index) => 60 + (index % 4) * 40);
    const found = layOut(given, undefined, true);
    for (let index = 0; index < given.edges.length; index += 2) {
      const [from, to] = [given.edges[index]!, given.edges[index + 1]!];
      expect(found.x[to]!).toBeGreaterThan(found.x[from]! + given.width[from]!);
    }
    for (let a = 0; a < 120; a += 1) {
      expect(found.x[a]! + given.width[a]!).toBeLessThanOrEqual(found.width);
      expect(found.y[a]! + given.height[a]!).toBeLessThanOrEqual(found.height);
      for (let b = 0; b < a; b += 1) {
        if (found.layer[a] === found.layer[b])
          expect(Math.abs(found.y[a]! - found.y[b]!)).toBeGreaterThanOrEqual(given.height[a]! + GAP_X - 0.6);
      }
    }
    // What was above stays above when something is added.
    const again = layOut(given, found.y, true);
    for (let a = 0; a < 120; a += 1) {
      for (let b = 0; b < a; b += 1) {
        if (found.layer[a] === found.layer[b]) expect(again.y[a]! < again.y[b]!).toBe(found.y[a]! < found.y[b]!);
      }
    }
  });

  it('draws a chain as a chain', () => {
    const found = layOut(drawing(4, [0, 1, 1, 2, 2, 3]));
    expect(new Set(Array.from(found.x, Math.round)).size).toBe(1);
  });

  it('survives circles, doubled edges and edges to oneself', () => {
    const given = drawing(3, [0, 1, 1, 2, 2, 0, 0, 1, 1, 1]);
    check(given, layOut(given));
  });

  it('has no crossing in a plain tree', () => {
    const found = layOut(drawing(7, [0, 2, 0, 1, 1, 4, 1, 3, 2, 6, 2, 5]));
    const order = (nodes: number[]) => [...nodes].sort((a, b) => found.x[a]! - found.x[b]!);
    const top = order([1, 2]);
    const below = order([3, 4, 5, 6]).map((node) => (node <= 4 ? 1 : 2));
    expect(below).toEqual([top[0], top[0], top[1], top[1]]);
  });

  it('keeps the order of what was there when a node is added', () => {
    const edges = layered(60, 8, 7);
    const first = layOut(drawing(60, edges));
    const before = Float32Array.from([...first.x, Number.NaN]);
    const second = layOut(drawing(61, [...edges, 3, 60]), before);
    let swapped = 0;
    for (let a = 0; a < 60; a += 1) {
      for (let b = a + 1; b < 60; b += 1) {
        if (first.layer[a] !== first.layer[b]) continue;
        if (first.x[a]! < first.x[b]! !== second.x[a]! < second.x[b]!) swapped += 1;
      }
    }
    expect(swapped).toBe(0);
  });

  it('bends long edges around what is between', () => {
    const given = drawing(4, [0, 1, 1, 2, 2, 3, 0, 3]);
    const found = layOut(given);
    expect(found.bendStart[4]! - found.bendStart[3]!).toBe(8);
    for (let at = found.bendStart[3]!; at < found.bendStart[4]!; at += 2) {
      const outside = [1, 2].every(
        (node) => found.bends[at]! < found.x[node]! || found.bends[at]! > found.x[node]! + 180,
      );
      expect(outside).toBe(true);
    }
  });

  it('lays ten thousand boxes out', () => {
    expect(layOut(drawing(10_000, layered(10_000, 100, 11))).height).toBeGreaterThan(0);
  });

  it('takes nothing', () => {
    expect(layOut(drawing(0, [])).height).toBe(0);
  });
});
