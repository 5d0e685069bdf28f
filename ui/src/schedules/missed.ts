// Times of a schedule that nobody made up for.

import type { Firing, Schedule } from '../api/own';

/**
 * What was missed since the schedule last began a run, the newest first: once it goes again, what was before is over.
 * What was let go on purpose is no trouble.
 */
export function missedOf(told: Pick<Schedule, 'missed' | 'recent'> | undefined): Firing[] {
  const began = (told?.recent ?? []).filter(({ outcome }) => outcome === 'run').map(({ at }) => Date.parse(at));
  const last = Math.max(Number.NEGATIVE_INFINITY, ...began);
  return (told?.missed ?? [])
    .filter(({ at, onPurpose }) => !onPurpose && Date.parse(at) > last)
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
