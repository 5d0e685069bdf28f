// Draws a laid out scene on a canvas: only what is in view, less detail from afar.

import { coloursOf, fontOfPage } from '../colours';
import type { Look } from '../phase';
import { isEnded } from '../phase';
import type { Item } from '../run/tree';
import { countsOf, isPlanned } from '../run/tree';
import { badgeOf, isOpen, type Scene } from './build';
import type { Layout } from './layout';
import { cut } from './letters';
import { eachBox, eachEdge, type Shelf } from './shelf';

export interface View {
  x: number;
  y: number;
  scale: number;
}

export interface Palette {
  ground: string;
  surface: string;
  ink: string;
  soft: string;
  line: string;
  lineStrong: string;
  accent: string;
  looks: Record<Look, string>;
  washes: Record<Look, string>;
  font: string;
}

export interface Marks {
  selected: string | undefined;
  hovered: string | undefined;
  hits: Set<string> | undefined;
  critical: Set<string> | undefined;
  /** From 0 to 1 by duration. */
  heat: Map<string, number> | undefined;
  toggled: Set<string>;
}

/** What draws: a canvas, or the writer of an SVG. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'bezierCurveTo'
  | 'arc'
  | 'closePath'
  | 'fill'
  | 'stroke'
  | 'setLineDash'
  | 'fillText'
> & {
  fillStyle: CanvasRenderingContext2D['fillStyle'];
  strokeStyle: CanvasRenderingContext2D['strokeStyle'];
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: CanvasTextAlign;
  textBaseline: CanvasTextBaseline;
};

/** Below this scale names are not read, so they are not drawn. */
const NAMES_FROM = 0.45;
/** Below this scale a box is a spot of colour, and the picture is made of pixels. */
export const BOXES_FROM = 0.25;
const RADIUS = 7;

/** Reads the colours of the page as they are now. */
export function palette(): Palette {
  const looks: Look[] = ['succeeded', 'failed', 'error', 'running', 'pending', 'waiting', 'quiet'];
  const plain = coloursOf(['ground', 'surface', 'ink', 'ink-soft', 'line', 'line-strong', 'accent']);
  const washes = coloursOf(looks.map((look) => `${look}-wash`));
  return {
    ...plain,
    soft: plain['ink-soft'],
    lineStrong: plain['line-strong'],
    looks: coloursOf(looks),
    washes: Object.fromEntries(looks.map((look) => [look, washes[`${look}-wash`]])) as Record<Look, string>,
    font: fontOfPage(),
  };
}

/** Most edges drawn in one picture; more are a grey mass anyway. */
const EDGES_MAX = 12_000;

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
  const left = -view.x / view.scale;
  const top = -view.y / view.scale;
  const right = left + size.width / view.scale;
  const bottom = top + size.height / view.scale;
  drawEdges(pen, scene, layout, shelf, { left, top, right, bottom }, view.scale, colours, marks);
  const { width, height } = scene.drawing;
  eachBox(shelf, { left, top, right, bottom }, (at) =>
    drawBox(pen, scene.items[at]!, layout.x[at]!, layout.y[at]!, width[at]!, height[at]!, view.scale, colours, marks),
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
  const window = {
    left: -view.x / view.scale,
    top: -view.y / view.scale,
    right: (size.width - view.x) / view.scale,
    bottom: (size.height - view.y) / view.scale,
  };
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

function drawEdges(
  pen: Pen,
  scene: Scene,
  layout: Layout,
  shelf: Shelf,
  window: { left: number; top: number; right: number; bottom: number },
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

function round(pen: Pen, x: number, y: number, w: number, h: number, r: number): void {
  const k = r * 0.45;
  pen.beginPath();
  pen.moveTo(x + r, y);
  pen.lineTo(x + w - r, y);
  pen.bezierCurveTo(x + w - k, y, x + w, y + k, x + w, y + r);
  pen.lineTo(x + w, y + h - r);
  pen.bezierCurveTo(x + w, y + h - k, x + w - k, y + h, x + w - r, y + h);
  pen.lineTo(x + r, y + h);
  pen.bezierCurveTo(x + k, y + h, x, y + h - k, x, y + h - r);
  pen.lineTo(x, y + r);
  pen.bezierCurveTo(x, y + k, x + k, y, x + r, y);
  pen.closePath();
}

/** Mixes from cold to hot through the accent of failures. */
function heatAlpha(share: number): number {
  return 0.08 + 0.72 * share;
}

function drawBox(
  pen: Pen,
  item: Item,
  x: number,
  y: number,
  w: number,
  h: number,
  scale: number,
  colours: Palette,
  marks: Marks,
): void {
  const ghost = isPlanned(item) || item.node?.phase === 'Omitted' || item.node?.phase === 'Skipped';
  const colour = colours.looks[item.look];
  const dim = marks.hits && !marks.hits.has(item.id);
  pen.globalAlpha = dim ? 0.25 : 1;
  const r = item.hook ? h / 2 : RADIUS;
  round(pen, x, y, w, h, r);
  pen.fillStyle = ghost ? colours.ground : colours.surface;
  pen.fill();
  const heat = marks.heat?.get(item.id);
  if (heat !== undefined) {
    pen.globalAlpha *= heatAlpha(heat);
    pen.fillStyle = colours.looks.error;
    pen.fill();
    pen.globalAlpha = dim ? 0.25 : 1;
  } else if (!ghost && item.look !== 'succeeded' && item.look !== 'quiet') {
    pen.fillStyle = colours.washes[item.look];
    pen.fill();
  }
  const critical = marks.critical?.has(item.id);
  pen.strokeStyle = ghost
    ? colours.lineStrong
    : critical
      ? colours.accent
      : item.look === 'succeeded'
        ? colours.lineStrong
        : colour;
  pen.lineWidth = critical ? 2.4 : 1.2;
  pen.setLineDash(ghost ? [4, 3] : []);
  pen.stroke();
  pen.setLineDash([]);
  if (item.kind === 'loop') {
    // A second edge below tells that there are many.
    pen.beginPath();
    pen.moveTo(x + r, y + h + 3);
    pen.lineTo(x + w - r, y + h + 3);
    pen.stroke();
  }
  if (item.id === marks.selected || item.id === marks.hovered) {
    round(pen, x - 3, y - 3, w + 6, h + 6, r + 3);
    pen.strokeStyle = colours.accent;
    pen.lineWidth = item.id === marks.selected ? 2.5 : 1.2;
    pen.stroke();
  }
  const badge = badgeOf(item);
  if (item.kind === 'loop' && badge) drawShare(pen, item, x + r, y + h - 4, w - 2 * r, colours);
  if (scale >= NAMES_FROM) {
    shape(pen, item.look, isPlanned(item), x + 16, y + h / 2, colours);
    pen.font = `${item.kind === 'frame' ? 600 : 500} ${item.hook ? 11 : 12.5}px ${colours.font}`;
    pen.textBaseline = 'middle';
    pen.textAlign = 'left';
    pen.fillStyle = ghost ? colours.soft : colours.ink;
    const folded =
      (item.kind === 'frame' || item.kind === 'ghost') && item.items.length > 0 && !isOpen(item, marks.toggled);
    const note = badge?.text ?? (folded ? `+${item.items.length}` : '');
    const room = w - 34 - (note ? note.length * 7 + 10 : 0);
    pen.fillText(
      cut(item.label, room / (item.hook ? 6.1 : item.kind === 'frame' ? 7.3 : 6.9)),
      x + 29,
      y + h / 2 + 0.5,
    );
    if (note) {
      pen.textAlign = 'right';
      pen.fillStyle = colours.soft;
      pen.font = `500 11px ${colours.font}`;
      pen.fillText(note, x + w - 9, y + h / 2 + 0.5);
    }
  }
  pen.globalAlpha = 1;
}

function drawShare(pen: Pen, item: Item, x: number, y: number, w: number, colours: Palette): void {
  const counts = countsOf(item);
  let at = x;
  for (const look of ['succeeded', 'failed', 'error', 'running', 'waiting', 'pending', 'quiet'] as Look[]) {
    const count = counts.looks[look] ?? 0;
    if (!count) continue;
    const part = (w * count) / counts.total;
    pen.beginPath();
    pen.moveTo(at, y);
    pen.lineTo(at + part, y);
    pen.strokeStyle = colours.looks[look];
    pen.lineWidth = 3;
    pen.stroke();
    at += part;
  }
}

/** The shape of a state, as the pages draw it elsewhere. */
function shape(pen: Pen, look: Look, planned: boolean, x: number, y: number, colours: Palette): void {
  const colour = colours.looks[look];
  pen.lineWidth = 1.6;
  const line = (points: [number, number][], stroke: string) => {
    pen.beginPath();
    points.forEach(([dx, dy], at) =>
      at % 2 === 0 && points.length === 4
        ? pen.moveTo(x + dx, y + dy)
        : at === 0
          ? pen.moveTo(x + dx, y + dy)
          : pen.lineTo(x + dx, y + dy),
    );
    pen.strokeStyle = stroke;
    pen.stroke();
  };
  const solid = (points: [number, number][]) => {
    pen.beginPath();
    points.forEach(([dx, dy], at) => (at === 0 ? pen.moveTo(x + dx, y + dy) : pen.lineTo(x + dx, y + dy)));
    pen.closePath();
    pen.fillStyle = colour;
    pen.fill();
  };
  const ring = () => {
    pen.beginPath();
    pen.arc(x, y, 6, 0, Math.PI * 2);
    pen.strokeStyle = colour;
    pen.stroke();
  };
  if (planned) {
    pen.setLineDash([2, 2]);
    ring();
    pen.setLineDash([]);
  } else if (look === 'succeeded') {
    pen.beginPath();
    pen.arc(x, y, 7, 0, Math.PI * 2);
    pen.fillStyle = colour;
    pen.fill();
    line(
      [
        [-3, 0.3],
        [-0.8, 2.6],
        [3.2, -2.4],
      ],
      colours.surface,
    );
  } else if (look === 'failed') {
    solid([
      [-3, -7],
      [3, -7],
      [7, -3],
      [7, 3],
      [3, 7],
      [-3, 7],
      [-7, 3],
      [-7, -3],
    ]);
    line(
      [
        [-2.6, -2.6],
        [2.6, 2.6],
        [2.6, -2.6],
        [-2.6, 2.6],
      ],
      colours.surface,
    );
  } else if (look === 'error') {
    solid([
      [0, -7.2],
      [7.4, 6.4],
      [-7.4, 6.4],
    ]);
    line(
      [
        [0, -2.4],
        [0, 1.6],
        [0, 3.8],
        [0, 4.4],
      ],
      colours.surface,
    );
  } else if (look === 'waiting') {
    solid([
      [-6, -6],
      [6, -6],
      [6, 6],
      [-6, 6],
    ]);
    line(
      [
        [-1.9, -3],
        [-1.9, 3],
        [1.9, -3],
        [1.9, 3],
      ],
      colours.surface,
    );
  } else {
    ring();
    if (look === 'running') {
      pen.beginPath();
      pen.arc(x, y, 2.6, 0, Math.PI * 2);
      pen.fillStyle = colour;
      pen.fill();
    } else if (look === 'pending')
      line(
        [
          [0, -3.2],
          [0, 0],
          [2.4, 1.6],
        ],
        colour,
      );
    else
      line(
        [
          [-2.6, 0],
          [0, 0],
          [2.6, 0],
        ],
        colour,
      );
  }
}

/** Durations as shares of the longest, for the colouring by heat. */
export function heatOf(scene: Scene, now: number): Map<string, number> {
  const seconds = new Map<string, number>();
  let most = 1;
  for (const item of scene.items) {
    const { node } = item;
    if (!node?.startedAt || item.kind === 'frame') continue;
    const end = isEnded(node.phase) && node.finishedAt ? Date.parse(node.finishedAt) : now;
    const took = Math.max(0, end - Date.parse(node.startedAt));
    seconds.set(item.id, took);
    most = Math.max(most, took);
  }
  return new Map([...seconds].map(([id, took]) => [id, Math.sqrt(took / most)]));
}
