// What pictures are drawn with: a canvas or the writer of an SVG, and the colours of the page.

import { coloursOf, fontOfPage } from '../colours';
import type { Look } from '../phase';

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

export function round(pen: Pen, x: number, y: number, w: number, h: number, r: number): void {
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
