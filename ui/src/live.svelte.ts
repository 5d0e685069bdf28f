// The runs of a namespace, kept current by one stream.

import { ROW_FIELDS_WATCHED } from './api/argo';
import { segment } from './api/client';
import { type Line, openStream } from './api/stream';
import type { Workflow } from './api/types';
import { type Row, rowOf } from './runs';

export interface Change {
  gone: boolean;
  row: Row;
}

/** Changes are told together at most this often, so that a storm of them costs little. */
const GATHER_MS = 120;

/** Watches from a version on; the answer ends it. */
export function watchRuns(
  namespace: string,
  version: string | undefined,
  tell: (changes: Change[]) => void,
  onLine: (line: Line) => void,
): () => void {
  let gathered = new Map<string, Change>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    const changes = [...gathered.values()];
    gathered = new Map();
    tell(changes);
  };
  const close = openStream({
    path: `api/v1/workflow-events/${segment(namespace)}`,
    query: { fields: ROW_FIELDS_WATCHED, 'listOptions.resourceVersion': version },
    onLine,
    onRefused: () => onLine('away'),
    onMessage: ({ data }) => {
      try {
        const { result } = JSON.parse(data) as { result?: { type: string; object: Workflow } };
        if (!result?.object?.metadata?.name) return;
        const row = rowOf(result.object);
        gathered.set(row.uid, { gone: result.type === 'DELETED', row });
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
