// The runs of a namespace, kept current by one stream.

import { ROW_FIELDS_WATCHED } from './api/argo';
import { type Query, segment } from './api/client';
import * as own from './api/own';
import { type Line, type Message, openStream } from './api/stream';
import type { Workflow } from './api/types';
import { connection } from './connection.svelte';
import { type Row, rowOf, rowOfOwn, type Since } from './runs';

/** A run that changed; without a row it is gone. */
export interface Change {
  uid: string;
  row?: Row;
}

export interface Watcher {
  onChanges: (changes: Change[]) => void;
  onLine: (line: Line) => void;
  /** Too much was missed: what is shown must be asked for anew. */
  onReset: () => void;
}

/** Changes are told together at most this often, so that a storm of them costs little. */
const GATHER_MS = 120;

/** Watches from where a list was read on; the answer ends it. */
export function watchRuns(namespace: string, since: Since, watcher: Watcher): () => void {
  let gathered = new Map<string, Change>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    const changes = [...gathered.values()];
    gathered = new Map();
    watcher.onChanges(changes);
  };
  const { path, query, read } = 'own' in since ? ownStream(namespace, since.own) : argoStream(namespace, since.argo);
  const close = openStream({
    path,
    query,
    onLine: watcher.onLine,
    onRefused: () => watcher.onLine('away'),
    onMessage: (message) => {
      if (message.event === 'reset') {
        gathered = new Map();
        watcher.onReset();
        return;
      }
      try {
        const change = read(message);
        if (!change) return;
        gathered.set(change.uid, change);
        timer ??= setTimeout(flush, GATHER_MS);
      } catch {
        // A message that cannot be read changes nothing.
      }
    },
  });
  return () => {
    clearTimeout(timer);
    close();
  };
}

interface Source {
  path: string;
  query: Query;
  read: (message: Message) => Change | undefined;
}

function ownStream(namespace: string, position: string): Source {
  return {
    ...own.runEvents(namespace, position),
    read: ({ event, data }) => {
      if (event === 'gone') return { uid: (JSON.parse(data) as { uid: string }).uid };
      if (event !== 'run') return undefined;
      const row = rowOfOwn(JSON.parse(data) as own.RunRow);
      return { uid: row.uid, row };
    },
  };
}

function argoStream(namespace: string, version: string | undefined): Source {
  return {
    path: `api/v1/workflow-events/${segment(namespace)}`,
    query: { fields: ROW_FIELDS_WATCHED, 'listOptions.resourceVersion': version },
    read: ({ data }) => {
      const { result } = JSON.parse(data) as { result?: { type: string; object: Workflow } };
      if (!result?.object?.metadata?.name) return undefined;
      const row = rowOf(result.object);
      return { uid: row.uid, ...(result.type === 'DELETED' ? {} : { row }) };
    },
  };
}

/** Says whether the server is there on pages that show nothing of runs, so that nobody acts on what is old. */
export function keepInTouch(namespace: () => string): void {
  $effect(() =>
    openStream({
      ...own.runEvents(namespace(), ''),
      onLine: (line) => (connection.line = line),
      onRefused: () => (connection.line = 'live'),
      onMessage: () => {},
    }),
  );
}

/** What depends on runs is asked for again this long after one changed: soon, and when what follows from it is there. */
const AGAIN_MS = [300, 1500] as const;

/**
 * Keeps what was asked for current while its page is open, by changes of runs or by deliveries; where changes are not
 * told it stays as it was asked.
 */
export function keepCurrent(
  found: { busy: boolean; load(): Promise<void> },
  namespace: () => string,
  by: 'runs' | 'deliveries' = 'runs',
  /** Whether a run that changed matters; without it all do. */
  matters: (row: own.RunRow) => boolean = () => true,
): void {
  $effect(() => {
    const timers: (ReturnType<typeof setTimeout> | undefined)[] = [];
    const ask = (at: number) => {
      timers[at] ??= setTimeout(() => {
        timers[at] = undefined;
        // What is on its way is let through: with many changes it would never arrive.
        if (found.busy) ask(at);
        else void found.load();
      }, AGAIN_MS[at]);
    };
    const askSoon = () => AGAIN_MS.forEach((_, at) => ask(at));
    const close = openStream({
      ...own.runEvents(namespace(), ''),
      onLine: (line) => {
        connection.line = line;
        // What happened between the asking and the listening was told to nobody.
        if (line === 'live') ask(0);
      },
      onRefused: () => {
        connection.line = 'live';
      },
      onMessage: ({ event, data }) => {
        if (event === 'run' && by === 'runs' && !matters(JSON.parse(data) as own.RunRow)) return;
        if (event === 'reset' || (event === 'delivery') === (by === 'deliveries')) askSoon();
      },
    });
    return () => {
      close();
      timers.forEach(clearTimeout);
    };
  });
}
