// How a pipeline fares, told from its last runs.

import { isEnded } from '../phase';
import { median } from '../pipelines';
import type { Row } from '../runs';
import { millis } from '../time.svelte';

export interface Fared {
  last: Row | undefined;
  /** What has not ended, newest first. */
  going: Row[];
  ended: number;
  good: number;
  /** How long half of those that succeeded took at most. */
  medianMs: number | undefined;
  /** How much longer the newer half of them took than the older: 0.2 is a fifth longer. */
  change: number | undefined;
}

/** With fewer on each side a median says nothing about the other. */
const COMPARED_MIN = 4;
/** A smaller change is chance. */
const CHANGE_MIN = 0.1;

/** Sums up runs, the oldest first. */
export function fared(rows: Row[]): Fared {
  const ended = rows.filter((row) => isEnded(row.phase));
  const good = ended.filter((row) => row.phase === 'Succeeded');
  const took = good.map((row) => (millis(row.finishedAt) ?? 0) - (millis(row.startedAt) ?? 0));
  return {
    last: rows.at(-1),
    going: rows.filter((row) => !isEnded(row.phase)).reverse(),
    ended: ended.length,
    good: good.length,
    medianMs: median(took),
    change: changeOf(took),
  };
}

function changeOf(took: number[]): number | undefined {
  const half = Math.floor(took.length / 2);
  if (half < COMPARED_MIN) return undefined;
  const [older, newer] = [median(took.slice(0, half)), median(took.slice(-half))];
  if (!older || newer === undefined) return undefined;
  const change = newer / older - 1;
  return Math.abs(change) < CHANGE_MIN ? undefined : change;
}
