// Where a picture lies behind its frame: what fits, what can be read, and what stays where it is.

import { BOX_HEIGHT, type Scene } from './build';
import type { View } from './pen';
import type { Layout } from './layout';
import type { Shelf } from './shelf';

export interface Size {
  width: number;
  height: number;
}

/** A scene with the places of its boxes. */
export interface Placed {
  scene: Scene;
  layout: Layout;
}

/** What a graph shows: boxes in their places, how to find them, and their colours. */
export interface Laid extends Placed {
  shelf: Shelf;
  tints: Uint8Array;
}

const SCALE_MIN = 0.01;
const SCALE_MAX = 2.5;
/** The least scale at which a picture is shown by itself: names can still be read. */
const READABLE = 0.7;
/** With more boxes than this the whole is worth more than the names of its beginning. */
const NAMED_MAX = 3000;
/** Room between the picture and its frame. */
const RIM = 8;

const clamp = (scale: number, most = SCALE_MAX): number => Math.max(SCALE_MIN, Math.min(most, scale));
const filling = (frame: Size, layout: Size, most: number): number =>
  clamp(Math.min((frame.width - 2 * RIM) / layout.width, (frame.height - 2 * RIM) / layout.height), most);

/** How large boxes become where there is room: on very wide screens larger than elsewhere. */
const largest = (frame: Size): number => Math.min(1.5, Math.max(1, frame.width / 1500));

/** The view that somebody sees first; `boxHeight` says how high a box is, where that is asked for. */
export function first(frame: Size, { layout, scene }: Placed, boxHeight?: number): View {
  const whole = filling(frame, layout, largest(frame));
  // What does not fit legibly begins where it begins, in a size that can be read.
  const legible = Math.max(whole, scene.items.length > NAMED_MAX ? whole : READABLE);
  const scale = boxHeight ? clamp(boxHeight / BOX_HEIGHT) : legible;
  const begins = (size: number, length: number) => (length * scale > size ? RIM : Math.max(RIM, (size - length * scale) / 2));
  // Beside the direction of the edges the first box stands in the middle.
  const beside = (size: number, length: number, middle: number) =>
    length * scale > size && scene.items.length > 0 ? size / 2 - middle * scale : (size - length * scale) / 2;
  const middle = { x: layout.x[0]! + scene.drawing.width[0]! / 2, y: layout.y[0]! + scene.drawing.height[0]! / 2 };
  return layout.across
    ? { scale, x: begins(frame.width, layout.width), y: beside(frame.height, layout.height, middle.y) }
    : { scale, x: beside(frame.width, layout.width, middle.x), y: begins(frame.height, layout.height) };
}

/** The view that shows all. */
export function whole(frame: Size, { layout }: Placed): View {
  const scale = filling(frame, layout, 1);
  return { scale, x: (frame.width - layout.width * scale) / 2, y: (frame.height - layout.height * scale) / 2 };
}

/** Comes closer by a factor, or goes farther, around a point of the frame. */
export function zoomed(view: View, factor: number, x: number, y: number): View {
  const scale = clamp(view.scale * factor);
  const by = scale / view.scale;
  return { scale, x: x - (x - view.x) * by, y: y - (y - view.y) * by };
}

/** After a new layout: the anchor, or what was nearest to the middle, stays where it is on the screen. */
export function held(view: View, frame: Size, old: Placed, fresh: Placed, anchor: string | undefined): View {
  let id = anchor !== undefined && old.scene.index.has(anchor) && fresh.scene.index.has(anchor) ? anchor : undefined;
  if (id === undefined) {
    const middle = { x: (frame.width / 2 - view.x) / view.scale, y: (frame.height / 2 - view.y) / view.scale };
    let best = Number.POSITIVE_INFINITY;
    old.scene.items.forEach((item, at) => {
      if (!fresh.scene.index.has(item.id)) return;
      const far = Math.abs(old.layout.x[at]! - middle.x) + Math.abs(old.layout.y[at]! - middle.y);
      if (far >= best) return;
      best = far;
      id = item.id;
    });
  }
  if (id === undefined) return view;
  const [a, b] = [old.scene.index.get(id)!, fresh.scene.index.get(id)!];
  return {
    ...view,
    x: view.x + (old.layout.x[a]! - fresh.layout.x[b]!) * view.scale,
    y: view.y + (old.layout.y[a]! - fresh.layout.y[b]!) * view.scale,
  };
}

/** Brings a box into the middle unless it is in view already. */
export function reveal(view: View, frame: Size, { layout, scene }: Placed, at: number): View {
  const [boxWidth, boxHeight] = [scene.drawing.width[at]!, scene.drawing.height[at]!];
  const [x, y] = [layout.x[at]! * view.scale + view.x, layout.y[at]! * view.scale + view.y];
  const isInside = x >= 0 && y >= 0 && x + boxWidth * view.scale <= frame.width && y + boxHeight * view.scale <= frame.height;
  if (isInside) return view;
  const scale = Math.max(view.scale, READABLE);
  return {
    scale,
    x: frame.width / 2 - (layout.x[at]! + boxWidth / 2) * scale,
    y: frame.height / 2 - (layout.y[at]! + boxHeight / 2) * scale,
  };
}

/** Where a view begins in pixels of the screen: whole ones, as what lies between two is blurred. */
export const cornerOn = (view: View, ratio: number): { x: number; y: number } => ({
  x: Math.round(ratio * view.x),
  y: Math.round(ratio * view.y),
});

/** What is in the middle of the frame, and how near, as an address says it: `x,y,scale`. */
export const placeOf = (view: View, frame: Size): string =>
  [(frame.width / 2 - view.x) / view.scale, (frame.height / 2 - view.y) / view.scale].map(Math.round).join(',') +
  `,${Number(view.scale.toFixed(3))}`;

/** The view that an address means; nothing if it says none. */
export function looked(place: string | null, frame: Size): View | undefined {
  const [x, y, wanted] = (place ?? '').split(',').map(Number);
  if (x === undefined || y === undefined || !wanted || ![x, y, wanted].every(Number.isFinite)) return undefined;
  const scale = clamp(wanted);
  return { scale, x: frame.width / 2 - x * scale, y: frame.height / 2 - y * scale };
}
