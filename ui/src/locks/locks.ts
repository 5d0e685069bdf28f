// Who holds which lock, and who waits.

import { getWorkflow, listWorkflows } from '../api/argo';
import { either } from '../api/client';
import * as own from '../api/own';
import type { Workflow } from '../api/types';

const LOOKED_INTO_MAX = 60;

export async function locks(namespace: string, signal?: AbortSignal): Promise<own.Lock[]> {
  return either(
    'locks',
    async () => (await own.locks(namespace, signal)).items,
    async () => {
      const list = await listWorkflows(
        namespace,
        {
          'listOptions.labelSelector': 'workflows.argoproj.io/phase in (Pending,Running)',
          'listOptions.limit': LOOKED_INTO_MAX,
        },
        signal,
      );
      const runs = await Promise.all(
        (list.items ?? []).map((run) =>
          getWorkflow(run.metadata.namespace ?? '', run.metadata.name, undefined, signal).catch(() => undefined),
        ),
      );
      return locksOf(runs.filter((run): run is Workflow => Boolean(run)));
    },
  );
}

/** How a status names the locks of either kind. */
interface Held {
  holding?: { mutex?: string; semaphore?: string }[];
  waiting?: { mutex?: string; semaphore?: string }[];
}

/** Gathers the locks that the status of runs tells of. */
export function locksOf(runs: Workflow[]): own.Lock[] {
  const found = new Map<string, own.Lock>();
  for (const run of runs) {
    for (const kind of ['mutex', 'semaphore'] as const) {
      const told: Held = run.status?.synchronization?.[kind] ?? {};
      const put = (list: Held['holding'], side: 'holders' | 'waiters') => {
        for (const entry of list ?? []) {
          const key = entry[kind] ?? '';
          const lock: own.Lock = found.get(key) ?? { key, kind, holders: [], waiters: [] };
          found.set(key, lock);
          lock[side].push({ namespace: run.metadata.namespace ?? '', run: run.metadata.name });
        }
      };
      put(told.holding, 'holders');
      put(told.waiting, 'waiters');
    }
  }
  return [...found.values()].sort((a, b) => a.key.localeCompare(b.key));
}

/** A lock as people call it: `default/Mutex/deploy` is the mutex `deploy` of a namespace; a semaphore is named by where its limit is. */
export function partsOf(key: string): { name: string; namespace: string } {
  const [namespace = '', , ...rest] = key.split('/');
  return rest.length > 0 && rest.every(Boolean) ? { name: rest.join('/'), namespace } : { name: key, namespace: '' };
}
