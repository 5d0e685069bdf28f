// Marks what was found in a line, across the pieces that its colours make of it.

import type { Piece } from './ansi';

export interface Marked extends Piece {
  /** It is part of what was sought. */
  found: boolean;
}

/** Marks in one line; more are a flood that nobody reads. */
const MARKS_MAX = 500;

/** What finds every place of a text or a pattern; nothing where there is none, or none that is understood here. */
export function markerOf(sought: string, isPattern: boolean): RegExp | undefined {
  if (!sought) return undefined;
  try {
    return new RegExp(isPattern ? sought : sought.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), isPattern ? 'gu' : 'giu');
  } catch {
    return undefined;
  }
}

export function marked(pieces: Piece[], marker: RegExp | undefined): Marked[] {
  const plain = pieces.map((piece) => ({ ...piece, found: false }));
  if (!marker) return plain;
  const line = pieces.map((piece) => piece.text).join('');
  const places: [from: number, to: number][] = [];
  for (const match of line.matchAll(marker)) {
    if (match[0]) places.push([match.index, match.index + match[0].length]);
    if (places.length >= MARKS_MAX) break;
  }
  if (places.length === 0) return plain;
  const cut: Marked[] = [];
  let at = 0;
  let next = 0;
  for (const piece of pieces) {
    const end = at + piece.text.length;
    let from = at;
    while (from < end) {
      while (next < places.length && places[next]![1] <= from) next += 1;
      const [begins, ends] = places[next] ?? [end, end];
      const found = begins <= from;
      const to = Math.min(end, found ? ends : begins);
      cut.push({ ...piece, text: piece.text.slice(from - at, to - at), found });
      from = to;
    }
    at = end;
  }
  return cut;
}
