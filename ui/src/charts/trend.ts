// Bars of a chart, and where they go.

import type { Look } from '../phase';

/** One run. */
export interface Point {
  /** Milliseconds. */
  value: number;
  look: Look;
  /** When its run began. */
  at: string;
  says: string;
  href: string;
}

/** Runs over which the middle is taken. */
const MIDDLE_OF = 9;
/** With fewer there is no middle to speak of. */
const MIDDLE_FROM = 3;

/** The middle of the last few that succeeded, at each point: where it goes, without the noise. */
export function trendOf(points: Point[]): (number | null)[] {
  const last: number[] = [];
  return points.map((point) => {
    if (point.look === 'succeeded') {
      last.push(point.value);
      if (last.length > MIDDLE_OF) last.shift();
    }
    const sorted = [...last].sort((a, b) => a - b);
    return last.length >= MIDDLE_FROM ? sorted[(sorted.length - 1) >> 1]! : null;
  });
}
