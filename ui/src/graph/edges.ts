// Draws the arrows between boxes.

import type { Scene } from './build';
import type { Layout } from './layout';
import type { Marks, Palette, Pen } from './pen';
import { eachEdge, type Shelf, type Window } from './shelf';

/** Most edges drawn in one picture; more are a grey mass anyway. */
const EDGES_MAX = 12_000;

export function drawEdges(
  pen: Pen,
  scene: Scene,
  layout: Layout,
  shelf: Shelf,
  window: Window,
  scale: number,
  colours: Palette,
  marks: Marks,
  onlyCritical = false,
): void {
  const { edges, width, height } = scene.drawing;
  const kinds = [
    { want: 0, dash: [], colour: colours.lineStrong, weight: 1.2 },
    { want: 1, dash: [4, 4], colour: colours.lineStrong, weight: 1.1 },
    { want: 2, dash: [], colour: colours.accent, weight: 2.6 },
  ];
  const visible: number[] = [];
  eachEdge(shelf, window, (edge) => {
    if (visible.length < EDGES_MAX) visible.push(edge);
  });
  for (const { want, dash, colour, weight } of kinds) {
    if (onlyCritical && want !== 2) continue;
    pen.beginPath();
    let any = false;
    for (const edge of visible) {
      const [a, b] = [edges[edge * 2]!, edges[edge * 2 + 1]!];
      const critical = marks.critical?.has(scene.items[a]!.id) && marks.critical.has(scene.items[b]!.id);
      if ((critical ? 2 : scene.dashed[edge]!) !== want) continue;
      any = true;
      if (layout.across)
        traceAcross(
          pen,
          layout,
          edge,
          layout.x[a]! + width[a]!,
          layout.y[a]! + height[a]! / 2,
          layout.x[b]!,
          layout.y[b]! + height[b]! / 2,
        );
      else
        trace(
          pen,
          layout,
          edge,
          layout.x[a]! + width[a]! / 2,
          layout.y[a]! + height[a]!,
          layout.x[b]! + width[b]! / 2,
          layout.y[b]!,
        );
    }
    if (!any) continue;
    pen.setLineDash(dash);
    pen.strokeStyle = colour;
    pen.lineWidth = weight / Math.max(0.5, Math.min(1, scale * 1.4));
    pen.globalAlpha = want === 2 ? 1 : 0.75;
    pen.stroke();
  }
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

function trace(pen: Pen, layout: Layout, edge: number, x1: number, y1: number, x2: number, y2: number): void {
  pen.moveTo(x1, y1);
  let [x, y] = [x1, y1];
  for (let at = layout.bendStart[edge]!; at < layout.bendStart[edge + 1]!; at += 4) {
    const [bx, by, by2] = [layout.bends[at]!, layout.bends[at + 1]!, layout.bends[at + 3]!];
    const half = (by - y) / 2;
    pen.bezierCurveTo(x, y + half, bx, by - half, bx, by);
    pen.lineTo(bx, by2);
    [x, y] = [bx, by2];
  }
  const half = (y2 - y) / 2;
  pen.bezierCurveTo(x, y + half, x2, y2 - half, x2, y2);
}

function traceAcross(pen: Pen, layout: Layout, edge: number, x1: number, y1: number, x2: number, y2: number): void {
  pen.moveTo(x1, y1);
  let [x, y] = [x1, y1];
  for (let at = layout.bendStart[edge]!; at < layout.bendStart[edge + 1]!; at += 4) {
    const [bx, by, bx2] = [layout.bends[at]!, layout.bends[at + 1]!, layout.bends[at + 2]!];
    const half = (bx - x) / 2;
    pen.bezierCurveTo(x + half, y, bx - half, by, bx, by);
    pen.lineTo(bx2, by);
    [x, y] = [bx2, by];
  }
  const half = (x2 - x) / 2;
  pen.bezierCurveTo(x + half, y, x2 - half, y2, x2, y2);
}
