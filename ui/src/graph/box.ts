// Draws one box: its state as a colour and a shape, its name, and what it holds.

import type { Look } from '../phase';
import { countsOf, type Item, isPlanned } from '../run/item';
import { badgeOf, isOpen } from './build';
import { cut } from './letters';
import { type Marks, type Palette, type Pen, round } from './pen';
import { drawShape } from './shape';

/** Below this scale names are not read, so they are not drawn. */
const NAMES_FROM = 0.45;

const RADIUS = 7;

interface Place {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Draws a box where it stands; its words only where they can be read. */
export function drawBox(pen: Pen, item: Item, place: Place, scale: number, colours: Palette, marks: Marks): void {
  pen.globalAlpha = alphaOf(item, marks);
  drawGround(pen, item, place, colours, marks);
  drawBorder(pen, item, place, colours, marks);
  if (item.id === marks.selected || item.id === marks.hovered) drawRing(pen, item, place, colours, marks);
  if (item.kind === 'loop' && badgeOf(item)) drawShare(pen, item, place, colours);
  if (scale >= NAMES_FROM) drawWords(pen, item, place, colours, marks);
  pen.globalAlpha = 1;
}

/** Whether it does not run: it is planned still, or will never be. */
const isGhost = (item: Item): boolean =>
  isPlanned(item) || item.node?.phase === 'Omitted' || item.node?.phase === 'Skipped';

/** What was not sought stands back. */
const alphaOf = (item: Item, marks: Marks): number => (marks.hits && !marks.hits.has(item.id) ? 0.25 : 1);

const radiusOf = (item: Item, { h }: Place): number => (item.hook ? h / 2 : RADIUS);

/** How much of the colour of heat a box has. */
const heatAlpha = (share: number): number => 0.08 + 0.72 * share;

function drawGround(pen: Pen, item: Item, place: Place, colours: Palette, marks: Marks): void {
  const ghost = isGhost(item);
  round(pen, place.x, place.y, place.w, place.h, radiusOf(item, place));
  pen.fillStyle = ghost ? colours.ground : colours.surface;
  pen.fill();
  const heat = marks.heat?.get(item.id);
  if (heat !== undefined) {
    pen.globalAlpha *= heatAlpha(heat);
    pen.fillStyle = colours.looks.error;
    pen.fill();
    pen.globalAlpha = alphaOf(item, marks);
  } else if (!ghost && item.look !== 'succeeded' && item.look !== 'quiet') {
    pen.fillStyle = colours.washes[item.look];
    pen.fill();
  }
}

/** The edge of the box whose outline was drawn just now. */
function drawBorder(pen: Pen, item: Item, place: Place, colours: Palette, marks: Marks): void {
  const ghost = isGhost(item);
  const critical = marks.critical?.has(item.id) ?? false;
  if (ghost) pen.strokeStyle = colours.lineStrong;
  else if (critical) pen.strokeStyle = colours.accent;
  else pen.strokeStyle = item.look === 'succeeded' ? colours.lineStrong : colours.looks[item.look];
  pen.lineWidth = critical ? 2.4 : 1.2;
  pen.setLineDash(ghost ? [4, 3] : []);
  pen.stroke();
  pen.setLineDash([]);
  if (item.kind !== 'loop') return;
  // A second edge below tells that there are many.
  const r = radiusOf(item, place);
  const below = place.y + place.h + 3;
  pen.beginPath();
  pen.moveTo(place.x + r, below);
  pen.lineTo(place.x + place.w - r, below);
  pen.stroke();
}

/** Around what is chosen, or below the pointer. */
function drawRing(pen: Pen, item: Item, place: Place, colours: Palette, marks: Marks): void {
  round(pen, place.x - 3, place.y - 3, place.w + 6, place.h + 6, radiusOf(item, place) + 3);
  pen.strokeStyle = colours.accent;
  pen.lineWidth = item.id === marks.selected ? 2.5 : 1.2;
  pen.stroke();
}

/** The sign of its state, its name, and what it holds. */
function drawWords(pen: Pen, item: Item, { x, y, w, h }: Place, colours: Palette, marks: Marks): void {
  const middle = y + h / 2;
  drawShape(pen, item.look, isPlanned(item), x + 16, middle, colours);
  const folded = (item.kind === 'frame' || item.kind === 'ghost') && item.items.length > 0 && !isOpen(item, marks.toggled);
  const note = badgeOf(item)?.text ?? (folded ? `+${item.items.length}` : '');
  const room = w - 34 - (note ? note.length * 7 + 10 : 0);
  const letter = item.hook ? 6.1 : item.kind === 'frame' ? 7.3 : 6.9;
  pen.font = `${item.kind === 'frame' ? 600 : 500} ${item.hook ? 11 : 12.5}px ${colours.font}`;
  pen.textBaseline = 'middle';
  pen.textAlign = 'left';
  pen.fillStyle = isGhost(item) ? colours.soft : colours.ink;
  pen.fillText(cut(item.label, room / letter), x + 29, middle + 0.5);
  if (!note) return;
  pen.textAlign = 'right';
  pen.fillStyle = colours.soft;
  pen.font = `500 11px ${colours.font}`;
  pen.fillText(note, x + w - 9, middle + 0.5);
}

/** How the items of a loop fare, as a line along its lower edge. */
function drawShare(pen: Pen, item: Item, place: Place, colours: Palette): void {
  const counts = countsOf(item);
  const r = radiusOf(item, place);
  const [w, y] = [place.w - 2 * r, place.y + place.h - 4];
  let at = place.x + r;
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
