// What goes on and what failed, however many runs came since.

import { LABEL } from './api/argo';
import { either, type Query } from './api/client';
import * as own from './api/own';
import { isBroken, isEnded } from './phase';
import { type Row, rowOfOwn } from './runs';
import { millis } from './time.svelte';

export const DAY_MS = 86_400_000;
/** Most runs that go on, and that failed, which are told one by one; of what goes on, more are counted. */
const ROWS_MAX = 100;
/** Runs that no pipeline tells of. */
const LOOSE = [LABEL.cron, LABEL.template, LABEL.clusterTemplate].map((label) => `!${label}`).join(',');

export interface Lately {
  rows: Row[];
  /** Runs that go on and are not among the rows. */
  runningMore: number;
  /** Runs of no pipeline that failed of those that began within a day. */
  looseFailed: number;
}

/** Asks for these by themselves: among the newest runs of a busy server neither may be. */
export function lately(namespace: string, signal?: AbortSignal): Promise<Lately> {
  const ask = (query: Query) => own.runs({ namespace, archived: 'any', count: true, ...query }, signal);
  return either<Lately>(
    'runs',
    async () => {
      const from = new Date(Date.now() - DAY_MS).toISOString();
      const [running, failed, loose] = await Promise.all([
        ask({ phase: 'Pending,Running', limit: ROWS_MAX }),
        ask({ phase: 'Failed,Error', limit: ROWS_MAX, count: undefined }),
        ask({ phase: 'Failed,Error', label: LOOSE, from, limit: 1 }),
      ]);
      return {
        rows: [...running.items, ...failed.items].map(rowOfOwn),
        runningMore: Math.max(0, (running.total ?? 0) - running.items.length),
        looseFailed: loose.total ?? 0,
      };
    },
    async () => ({ rows: [], runningMore: 0, looseFailed: 0 }),
  );
}

/** What failed, the last first: when a run ended says more of that than when it began. */
export const lastFailed = (rows: Row[]): Row[] =>
  rows.filter((row) => isBroken(row.phase)).sort((a, b) => (millis(b.finishedAt) ?? 0) - (millis(a.finishedAt) ?? 0));

export const goingOn = (rows: Row[]): Row[] => rows.filter((row) => !isEnded(row.phase));

/** How many runs of no pipeline failed within a day. */
export const looseOf = (rows: Row[], now: number): number =>
  rows.filter((row) => !row.pipeline && isBroken(row.phase) && now - (millis(row.finishedAt) ?? 0) < DAY_MS).length;
