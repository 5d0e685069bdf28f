// How many may hold a semaphore: told, changed, taken away.

import { createLimit, deleteLimit, type SyncLimit, updateLimit } from '../api/argo';
import { ApiError } from '../api/client';
import type { Lock } from '../api/own';
import { asking, type Field, notices } from '../notices.svelte';
import { session } from '../session.svelte';
import { text } from '../text';

const words = text.locks;

/** Where the limit of a semaphore is kept, by the key of its lock; nothing of a mutex, which has none. */
export function placeOf(key: string): Omit<SyncLimit, 'limit'> | undefined {
  const [namespace = '', kind, ...rest] = key.split('/');
  const [map = '', ...inner] = rest;
  if (!namespace || !map) return undefined;
  if (kind === 'ConfigMap' && inner.length > 0) return { namespace, type: 0, cmName: map, key: inner.join('/') };
  if (kind === 'Database') return { namespace, type: 1, cmName: '', key: rest.join('/') };
  return undefined;
}

/** Changes a limit, or makes it where there is none. */
async function put(limit: SyncLimit): Promise<void> {
  try {
    await updateLimit(limit);
  } catch (cause) {
    const isNew = cause instanceof ApiError && cause.status === 404;
    if (!isNew) throw cause;
    await createLimit(limit);
  }
}

/** What somebody typed as a limit. */
function counted(typed = ''): number {
  const limit = Number(typed);
  if (!Number.isInteger(limit) || limit < 1) throw new ApiError(400, words.noLimit);
  return limit;
}

/** Asks for the limit of a semaphore that is used. */
export function askLimit(lock: Lock, after: () => void): void {
  const place = placeOf(lock.key);
  if (!place) return;
  asking.ask({
    title: words.limitOf(place.key),
    says: words.limitSays,
    verb: words.setLimit,
    fields: [{ name: 'limit', label: words.limit, kind: 'text', value: String(lock.limit ?? ''), required: true }],
    act: async ({ limit }) => {
      await put({ ...place, limit: counted(limit) });
      notices.tell({ kind: 'good', text: words.limitSet(place.key) });
      after();
    },
  });
}

const KINDS = { ConfigMap: 0, Database: 1 } as const;

/** Asks for the limit of any semaphore: also of one that nobody uses yet, and whether there shall be none any more. */
export function askAnyLimit(after: () => void): void {
  const field = (name: string, label: string, more: Partial<Field> = {}): Field => ({ name, label, kind: 'text', value: '', ...more });
  asking.ask({
    title: words.setLimit,
    says: words.anyLimitSays,
    verb: words.setLimit,
    fields: [
      field('kind', words.keptIn, { kind: 'choice', value: 'ConfigMap', choices: Object.keys(KINDS) }),
      field('namespace', text.nav.namespace, { value: session.target, required: true }),
      field('map', words.map, { hint: words.mapHint }),
      field('key', words.key, { required: true }),
      field('limit', words.limit, { hint: words.limitHint }),
    ],
    act: async ({ kind, namespace = '', map = '', key = '', limit }) => {
      const place = { namespace, type: kind === 'Database' ? KINDS.Database : KINDS.ConfigMap, cmName: kind === 'Database' ? '' : map, key };
      if (limit) await put({ ...place, limit: counted(limit) });
      else await deleteLimit(place);
      notices.tell({ kind: 'good', text: limit ? words.limitSet(key) : words.limitGone(key) });
      after();
    },
  });
}
