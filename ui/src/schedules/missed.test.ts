import { expect, it } from 'vitest';
import type { Firing } from '../api/own';
import { missedOf } from './missed';

const at = (hour: number, outcome: Firing['outcome'], onPurpose = outcome === 'run'): Firing => ({
  at: `2026-11-22T${String(hour).padStart(2, '0')}:00:00.000Z`,
  outcome,
  onPurpose,
});
const told = (recent: Firing[]) => missedOf({ recent, missed: recent.filter(({ outcome }) => outcome !== 'run') }).map((each) => each.at.slice(11, 13));

it('tells what was missed since a run last began, the newest first, and nothing that was let go on purpose', () => {
  expect(told([at(1, 'missed'), at(2, 'missed'), at(3, 'skipped', true)])).toEqual(['02', '01']);
  expect(told([at(1, 'missed'), at(2, 'run'), at(3, 'failed'), at(4, 'missed')])).toEqual(['04', '03']);
  expect(told([at(1, 'missed'), at(2, 'failed'), at(3, 'run')])).toEqual([]);
  expect(missedOf(undefined)).toEqual([]);
});
