import { expect, it } from 'vitest';
import { layOut } from './layout';
import { pixel } from './raster';
import { eachBox, eachEdge, shelve } from './shelf';

it.each([false, true])('finds every box and edge in view, and not those far away (across: %s)', (across) => {
  let seed = 3;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const count = 400;
  const edges: number[] = [];
  for (let node = 1; node < count; node += 1) edges.push(random(node), node);
  const drawing = {
    width: Float32Array.from({ length: count }, () => 80 + random(120)),
    height: Float32Array.from({ length: count }, () => 20 + random(20)),
    edges: Int32Array.from(edges),
  };
  const layout = layOut(drawing, undefined, across);
  const shelf = shelve(drawing, layout);
  for (let round = 0; round < 50; round += 1) {
    const [left, top] = [random(layout.width), random(layout.height)];
    const window = { left, top, right: left + 500, bottom: top + 300 };
    const seen = new Set<number>();
    eachBox(shelf, window, (at) => seen.add(at));
    let inView = 0;
    for (let at = 0; at < count; at += 1) {
      const apart =
        layout.x[at]! > window.right ||
        layout.x[at]! + drawing.width[at]! < window.left ||
        layout.y[at]! > window.bottom ||
        layout.y[at]! + drawing.height[at]! < window.top;
      if (!apart) {
        inView += 1;
        expect(seen.has(at)).toBe(true);
      }
    }
    expect(seen.size).toBeLessThanOrEqual(inView * 3 + 40);
    const lines = new Set<number>();
    eachEdge(shelf, window, (edge) => lines.add(edge));
    for (let edge = 0; edge < edges.length / 2; edge += 1) {
      const [a, b] = [edges[edge * 2]!, edges[edge * 2 + 1]!];
      const inside = (at: number) =>
        layout.x[at]! >= window.left &&
        layout.x[at]! <= window.right &&
        layout.y[at]! >= window.top &&
        layout.y[at]! <= window.bottom;
      if (inside(a) || inside(b)) expect(lines.has(edge)).toBe(true);
    }
  }
});

it('knows the bytes of a colour', () => {
  expect(pixel('rgb(1, 2, 3)')).toBe(0xff030201);
  expect(pixel('rgb(255, 0, 0)', 0.5)).toBe(0x800000ff);
});
