import { expect, it } from 'vitest';
import type { Scene } from './build';
import { layOut } from './layout';
import { cornerOn, first, held, looked, type Placed, placeOf, reveal, whole, zoomed } from './viewport';

/** A row of boxes below a first one. */
function fan(names: string[]): Placed {
  const count = names.length;
  const drawing = {
    width: new Float32Array(count).fill(188),
    height: new Float32Array(count).fill(38),
    edges: Int32Array.from(names.slice(1).flatMap((_, at) => [0, at + 1])),
  };
  const items = names.map((id) => ({ id })) as Scene['items'];
  const scene: Scene = { items, index: new Map(names.map((id, at) => [id, at])), drawing, dashed: new Uint8Array(count) };
  return { scene, layout: layOut(drawing) };
}

const names = (count: number) => Array.from({ length: count }, (_, at) => `step-${at}`);
const frame = { width: 900, height: 600 };
const cornerOf = ({ layout, scene }: Placed, id: string, view: { x: number; y: number; scale: number }) => {
  const at = scene.index.get(id)!;
  return [layout.x[at]! * view.scale + view.x, layout.y[at]! * view.scale + view.y].map(Math.round);
};

it('shows all of what fits, and begins where the graph begins in a size that can be read', () => {
  const small = fan(names(4));
  const view = first(frame, small);
  for (const id of ['step-0', 'step-3']) {
    const [x, y] = cornerOf(small, id, view);
    expect(x! >= 0 && y! >= 0 && x! + 188 * view.scale <= frame.width).toBe(true);
  }
  const large = fan(names(200));
  const legible = first(frame, large);
  expect(legible.scale).toBeGreaterThanOrEqual(0.6);
  const [x, y] = cornerOf(large, 'step-0', legible);
  expect(x! > 0 && x! < frame.width && y! >= 0 && y! < frame.height).toBe(true);
  expect(whole(frame, large).scale).toBeLessThan(0.1);
});

it('holds what is looked at when something is added', () => {
  const [old, fresh] = [fan(names(5)), fan(names(40))];
  const view = { x: 30, y: 20, scale: 0.8 };
  const now = held(view, frame, old, fresh, 'step-3');
  expect(cornerOf(fresh, 'step-3', now)).toEqual(cornerOf(old, 'step-3', view));
  expect(held(view, frame, old, fan(['other']), undefined)).toEqual(view);
});

it('comes closer around the place that is pointed at, within limits', () => {
  const view = { x: 10, y: 20, scale: 1 };
  const near = zoomed(view, 2, 100, 50);
  expect([(100 - near.x) / near.scale, (50 - near.y) / near.scale]).toEqual([90, 30]);
  expect(zoomed(view, 1e9, 0, 0).scale).toBe(2.5);
  expect(zoomed(view, 1e-9, 0, 0).scale).toBe(0.01);
});

it('moves only for what is out of view', () => {
  const placed = fan(names(60));
  const view = first(frame, placed);
  expect(reveal(view, frame, placed, 0)).toEqual(view);
  const [x, y] = cornerOf(placed, 'step-59', reveal(view, frame, placed, 59));
  expect(x! > 0 && x! < frame.width && y! > 0 && y! < frame.height).toBe(true);
});

it('finds a place again that an address tells, in a frame of another size too', () => {
  const view = { x: -300, y: 36, scale: 0.75 };
  expect(looked(placeOf(view, frame), frame)).toEqual(view);
  const small = looked(placeOf(view, frame), { width: 300, height: 200 })!;
  expect((150 - small.x) / small.scale).toBeCloseTo((450 - view.x) / view.scale, 0);
  for (const wrong of [null, '', 'a,b,c', '1,2', '1,2,0', '1,2,Infinity']) expect(looked(wrong, frame)).toBeUndefined();
});

it('draws on whole pixels of the screen, wherever one box or many are in the frame', () => {
  for (const count of [1, 2, 3, 4]) {
    const placed = fan(names(count));
    for (const size of [frame, { width: 901, height: 577 }]) {
      const view = first(size, placed);
      expect(view.scale).toBe(1);
      for (const ratio of [1, 2]) {
        const corner = cornerOn(view, ratio);
        const places = [...placed.layout.x].map((x) => ratio * x + corner.x).concat([...placed.layout.y].map((y) => ratio * y + corner.y));
        expect(places.every(Number.isInteger)).toBe(true);
      }
    }
  }
});
