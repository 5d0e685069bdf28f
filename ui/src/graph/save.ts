// The whole picture as a file.

import type { Scene } from './build';
import { draw } from './draw';
import type { Marks, Palette } from './pen';
import type { Layout } from './layout';
import type { Shelf } from './shelf';
import { SvgPen } from './svg';

/** Pictures have a largest size in every browser. */
const SIDE_MAX = 8000;
/** Pixels for each of the page. */
const SCALE = 2;
/** A file is on its way to the disk for this long at most. */
const KEPT_MS = 10_000;

export interface Picture {
  scene: Scene;
  layout: Layout;
  shelf: Shelf;
  colours: Palette;
  marks: Pick<Marks, 'critical' | 'heat' | 'toggled'>;
}

export function save({ scene, layout, shelf, colours, marks }: Picture, name: string, kind: 'svg' | 'png'): void {
  const whole = { x: 0, y: 0, scale: 1 };
  const plain: Marks = { ...marks, selected: undefined, hovered: undefined, hits: undefined };
  if (kind === 'svg') {
    const pen = new SvgPen();
    draw(pen, scene, layout, shelf, whole, layout, colours, plain);
    const document = pen.document(layout.width, layout.height, colours.ground);
    keep(new Blob([document], { type: 'image/svg+xml' }), `${name}.svg`);
    return;
  }
  const scale = Math.min(SCALE, SIDE_MAX / layout.width, SIDE_MAX / layout.height);
  const picture = document.createElement('canvas');
  picture.width = Math.ceil(layout.width * scale);
  picture.height = Math.ceil(layout.height * scale);
  const brush = picture.getContext('2d')!;
  brush.fillStyle = colours.ground;
  brush.fillRect(0, 0, picture.width, picture.height);
  brush.setTransform(scale, 0, 0, scale, 0, 0);
  draw(brush, scene, layout, shelf, whole, layout, colours, plain);
  picture.toBlob((blob) => blob && keep(blob, `${name}.png`));
}

function keep(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
