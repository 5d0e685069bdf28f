// Runs for the times of a schedule that lie behind.

import { submitFrom } from '../api/argo';
import { ApiError } from '../api/client';
import type { CronWorkflow } from '../api/types';
import { firings } from '../cron';
import { asking, notices } from '../notices.svelte';
import { text } from '../text';
import { instantOf, localMoment } from '../time.svelte';

/** Most runs of one backfill. */
const RUNS_MAX = 100;
const AT_ONCE = 4;
const DAY_MS = 86_400_000;
const SCHEDULED = 'workflows.argoproj.io/scheduled-time';
const words = text.schedules;

/** The times in the span, one more than may be run when there are too many. */
export function timesOf(cron: CronWorkflow, from: string, to: string): number[] {
  const [start, end] = [instantOf(from), instantOf(to)];
  if (Number.isNaN(start) || Number.isNaN(end)) return [];
  // Both ends belong to the span.
  return firings(cron.spec, start - 1, end + 1, RUNS_MAX + 1);
}

/** Asks for a span and runs the schedule once for each of its times. */
export function backfill(cron: CronWorkflow, after: () => void): void {
  const { name, namespace = '' } = cron.metadata;
  const now = Date.now();
  asking.ask({
    title: words.backfillTitle(name),
    says: words.backfillSays,
    verb: words.backfill,
    fields: [
      { name: 'from', label: words.backfillFrom, kind: 'moment', value: localMoment(now - DAY_MS), required: true },
      { name: 'to', label: words.backfillTo, kind: 'moment', value: localMoment(now), required: true },
    ],
    tells: ({ from = '', to = '' }) => {
      const count = timesOf(cron, from, to).length;
      if (count > RUNS_MAX) return words.backfillMany(RUNS_MAX);
      return count === 0 ? words.backfillNone : words.backfillTells(count);
    },
    act: async ({ from = '', to = '' }) => {
      const times = timesOf(cron, from, to);
      if (times.length === 0) throw new ApiError(0, words.backfillNone);
      if (times.length > RUNS_MAX) throw new ApiError(0, words.backfillMany(RUNS_MAX));
      const queue = [...times];
      const refused: string[] = [];
      const work = async () => {
        for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
          const time = new Date(at).toISOString().replace('.000Z', 'Z');
          try {
            await submitFrom(namespace, 'CronWorkflow', name, { annotations: `${SCHEDULED}=${time}` });
          } catch (cause) {
            refused.push(`${time}: ${cause instanceof ApiError ? cause.message : String(cause)}`);
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      notices.tell({
        kind: refused.length ? 'bad' : 'good',
        text: words.backfillDone(times.length - refused.length, times.length),
        detail: refused.slice(0, 5).join('\n'),
      });
      after();
    },
  });
}
