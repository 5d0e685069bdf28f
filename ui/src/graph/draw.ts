// Draws a laid out scene on a canvas: only what is in view, less detail from afar.

import { drawBox } from './box';
import type { Scene } from './build';
import { drawEdges } from './edges';
import type { Layout } from './layout';
import { type Marks, type Palette, type Pen, round, type View } from './pen';
import { eachBox, type Shelf, type Window } from './shelf';

/** Below this scale a box is a spot of colour, and the picture is made of pixels. */
export const BOXES_FROM = 0.25;

export function draw(
  pen: Pen,
  scene: Scene,
  layout: Layout,
  shelf: Shelf,
  view: View,
  size: { width: number; height: number },
  colours: Palette,
  marks: Marks,
): void {
  const window = windowOn(view, size);
  drawEdges(pen, scene, layout, shelf, window, view.scale, colours, marks);
  const { width, height } = scene.drawing;
  eachBox(shelf, window, (at) =>
    drawBox(pen, scene.items[at]!, { x: layout.x[at]!, y: layout.y[at]!, w: width[at]!, h: height[at]! }, view.scale, colours, marks),
  );
}

/** Rings around what is chosen and the critical path, over boxes that were drawn as pixels. */
export function drawMarks(
  pen: Pen,
  scene: Scene,
  layout: Layout,
  shelf: Shelf,
  view: View,
  size: { width: number; height: number },
  colours: Palette,
  marks: Marks,
): void {
  const window = windowOn(view, size);
  if (marks.critical) drawEdges(pen, scene, layout, shelf, window, view.scale, colours, marks, true);
  const { width, height } = scene.drawing;
  const room = 3 / view.scale;
  for (const id of [marks.hovered, marks.selected]) {
    const at = id === undefined ? undefined : scene.index.get(id);
    if (at === undefined) continue;
    round(pen, layout.x[at]! - room, layout.y[at]! - room, width[at]! + 2 * room, height[at]! + 2 * room, room);
    pen.strokeStyle = colours.accent;
    pen.lineWidth = (id === marks.selected ? 3 : 1.5) / view.scale;
    pen.stroke();
  }
}

/** What of the picture is in view. */
const windowOn = ({ x, y, scale }: View, { width, height }: { width: number; height: number }): Window => ({
  left: -x / scale,
  top: -y / scale,
  right: (width - x) / scale,
  bottom: (height - y) / scale,
});
