// Draws a scene from afar straight into pixels: a hundred thousand boxes in a few milliseconds.

import type { Look } from '../phase';
import type { Item } from '../run/item';
import type { Scene } from './build';
import type { Palette } from './pen';
import type { Layout } from './layout';
import { eachBox, eachEdge, type Shelf } from './shelf';

const LOOKS: Look[] = ['succeeded', 'failed', 'error', 'running', 'pending', 'waiting', 'quiet'];
const GHOST = LOOKS.length;
const DIM = 0.25;
const EDGE_ALPHA = 0.55;
/** Pixels that edges may cost in one picture. */
const EDGE_PIXELS_MAX = 1_500_000;

/** What colour each box has; kept beside the items so that drawing does not walk through objects. */
export function tintOf(item: Item): number {
  const ghost = item.kind === 'ghost' || item.node?.phase === 'Omitted' || item.node?.phase === 'Skipped';
  return ghost ? GHOST : LOOKS.indexOf(item.look);
}

export const tintsOf = (items: Item[]): Uint8Array => Uint8Array.from(items, tintOf);

/** Pixels of a picture, as ImageData holds them. */
export class Raster {
  #image: ImageData | undefined;
  #pixels = new Uint32Array(0);

  /** Paints what is in view. `scale` and the offsets are those of the pixels, not of the page. */
  paint(
    pen: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
    picture: { width: number; height: number },
    place: { x: number; y: number; scale: number },
    scene: Scene,
    layout: Layout,
    shelf: Shelf,
    tints: Uint8Array,
    colours: Palette,
    marks: { hits?: Set<string> | undefined; heat?: Map<string, number> | undefined },
    withEdges: boolean,
  ): void {
    const { width, height } = picture;
    if (!this.#image || this.#image.width !== width || this.#image.height !== height) {
      this.#image = new ImageData(width, height);
      this.#pixels = new Uint32Array(this.#image.data.buffer);
    }
    const pixels = this.#pixels;
    pixels.fill(0);
    const { x, y, scale } = place;
    const window = { left: -x / scale, top: -y / scale, right: (width - x) / scale, bottom: (height - y) / scale };
    if (withEdges) this.#edges(width, height, place, scene, layout, shelf, colours);
    const bright = Uint32Array.from([...LOOKS.map((look) => pixel(colours.looks[look])), pixel(colours.lineStrong)]);
    const dim = Uint32Array.from([
      ...LOOKS.map((look) => pixel(colours.looks[look], DIM)),
      pixel(colours.lineStrong, DIM),
    ]);
    const hot = Uint32Array.from({ length: 11 }, (_, step) => pixel(colours.looks.error, 0.1 + 0.09 * step));
    const { drawing, items } = scene;
    eachBox(shelf, window, (at) => {
      let colour = bright[tints[at]!]!;
      if (marks.heat) colour = hot[Math.round(10 * (marks.heat.get(items[at]!.id) ?? 0))]!;
      if (marks.hits && !marks.hits.has(items[at]!.id)) colour = dim[tints[at]!]!;
      const left = Math.max(0, Math.floor(layout.x[at]! * scale + x));
      const top = Math.max(0, Math.floor(layout.y[at]! * scale + y));
      const right = Math.min(width, Math.max(left + 1, Math.floor((layout.x[at]! + drawing.width[at]!) * scale + x)));
      const bottom = Math.min(height, Math.max(top + 1, Math.floor((layout.y[at]! + drawing.height[at]!) * scale + y)));
      for (let row = top; row < bottom; row += 1) {
        for (let at = row * width + left; at < row * width + right; at += 1) pixels[at] = colour;
      }
    });
    pen.putImageData(this.#image, 0, 0);
  }

  #edges(
    width: number,
    height: number,
    { x, y, scale }: { x: number; y: number; scale: number },
    scene: Scene,
    layout: Layout,
    shelf: Shelf,
    colours: Palette,
  ): void {
    const pixels = this.#pixels;
    const colour = pixel(colours.lineStrong, EDGE_ALPHA);
    const { edges, width: widths, height: heights } = scene.drawing;
    let left = EDGE_PIXELS_MAX;
    const line = (x1: number, y1: number, x2: number, y2: number) => {
      const steps = Math.ceil(Math.max(Math.abs(x2 - x1), Math.abs(y2 - y1)));
      if (steps === 0 || left <= 0) return;
      const [dx, dy] = [(x2 - x1) / steps, (y2 - y1) / steps];
      // Only the part of the line inside the picture is walked.
      let [from, to] = [0, steps];
      for (const [start, step, most] of [
        [x1, dx, width],
        [y1, dy, height],
      ] as const) {
        if (step === 0) {
          if (start < 0 || start >= most) return;
          continue;
        }
        const [one, other] = [-start / step, (most - start) / step];
        from = Math.max(from, Math.ceil(Math.min(one, other)));
        to = Math.min(to, Math.floor(Math.max(one, other)));
      }
      left -= Math.max(0, to - from);
      for (let at = from; at <= to; at += 1) {
        const [px, py] = [Math.floor(x1 + dx * at), Math.floor(y1 + dy * at)];
        if (px >= 0 && px < width && py >= 0 && py < height) pixels[py * width + px] = colour;
      }
    };
    const window = { left: -x / scale, top: -y / scale, right: (width - x) / scale, bottom: (height - y) / scale };
    // Edges leave below the middle of a box and arrive above it, or on its sides.
    const [out, into] = layout.across ? [{ x: 1, y: 0.5 }, { x: 0, y: 0.5 }] : [{ x: 0.5, y: 1 }, { x: 0.5, y: 0 }];
    eachEdge(shelf, window, (edge) => {
      const [a, b] = [edges[edge * 2]!, edges[edge * 2 + 1]!];
      let fromX = (layout.x[a]! + widths[a]! * out.x) * scale + x;
      let fromY = (layout.y[a]! + heights[a]! * out.y) * scale + y;
      for (let at = layout.bendStart[edge]!; at < layout.bendStart[edge + 1]!; at += 2) {
        const [toX, toY] = [layout.bends[at]! * scale + x, layout.bends[at + 1]! * scale + y];
        line(fromX, fromY, toX, toY);
        [fromX, fromY] = [toX, toY];
      }
      line(
        fromX,
        fromY,
        (layout.x[b]! + widths[b]! * into.x) * scale + x,
        (layout.y[b]! + heights[b]! * into.y) * scale + y,
      );
    });
  }
}

/** What a picture shows besides its boxes and arrows, and when it must be drawn anew. */
export interface Shown {
  scene: Scene;
  layout: Layout;
  shelf: Shelf;
  tints: Uint8Array;
  colours: Palette;
  hits: Set<string> | undefined;
  heat: Map<string, number> | undefined;
}

/** Part of the view that is drawn beyond each of its edges. */
const RIM = 0.25;
/** While somebody drags, changes are drawn at most this often. */
const DRAG_MS = 600;

/** The picture from afar with a rim around what is in view: dragging moves it, and nothing is drawn anew. */
export class Backdrop {
  #raster = new Raster();
  #canvas: OffscreenCanvas | undefined;
  #drawn: { shown: Shown; scale: number; x: number; y: number; changes: number; at: number } | undefined;

  /** Paints what is in view. `changes` grows whenever boxes change their colours. */
  paint(
    pen: CanvasRenderingContext2D,
    picture: { width: number; height: number },
    place: { x: number; y: number; scale: number },
    shown: Shown,
    changes: number,
    dragged: boolean,
  ): void {
    const rim = { x: Math.round(picture.width * RIM), y: Math.round(picture.height * RIM) };
    const [width, height] = [picture.width + 2 * rim.x, picture.height + 2 * rim.y];
    if (this.#canvas?.width !== width || this.#canvas.height !== height) {
      this.#canvas = new OffscreenCanvas(width, height);
      this.#drawn = undefined;
    }
    if (!this.#fits(place, rim, shown, changes, dragged)) {
      const inner = { x: place.x + rim.x, y: place.y + rim.y, scale: place.scale };
      const { scene, layout, shelf, tints, colours, hits, heat } = shown;
      const brush = this.#canvas.getContext('2d')!;
      this.#raster.paint(brush, { width, height }, inner, scene, layout, shelf, tints, colours, { hits, heat }, true);
      this.#drawn = { shown, changes, at: performance.now(), ...place };
    }
    const { x, y } = this.#drawn!;
    pen.clearRect(0, 0, picture.width, picture.height);
    pen.drawImage(this.#canvas, Math.round(place.x - x) - rim.x, Math.round(place.y - y) - rim.y);
  }

  #fits(
    place: { x: number; y: number; scale: number },
    rim: { x: number; y: number },
    shown: Shown,
    changes: number,
    dragged: boolean,
  ): boolean {
    const drawn = this.#drawn;
    if (!drawn || drawn.scale !== place.scale) return false;
    if (Math.abs(drawn.x - place.x) > rim.x || Math.abs(drawn.y - place.y) > rim.y) return false;
    const same = (Object.keys(shown) as (keyof Shown)[]).every((key) => shown[key] === drawn.shown[key]);
    const current = drawn.changes === changes || (dragged && performance.now() - drawn.at < DRAG_MS);
    return same && current;
  }
}

/** A colour of the page as the four bytes of a pixel. */
export function pixel(colour: string, alpha = 1): number {
  const numbers = /^rgba?\(([^)]+)\)/
    .exec(colour)?.[1]
    ?.split(/[\s,/]+/)
    .map(Number) ?? [128, 128, 128];
  const [red = 0, green = 0, blue = 0] = numbers;
  return ((Math.round(alpha * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
