// Parts of pages that stand in pages of others: which run they show, and where its links open.

import { getWorkflow } from '../api/argo';
import { EVERYTHING, listRows, type Row, rowOf } from '../runs';

/** Which run is meant: one by its name, or the newest that has these labels. */
export interface Wanted {
  namespace: string;
  name: string;
  label: string;
}

/** Rows among which the newest is looked for. */
const NEWEST = 1;

export async function runWanted({ namespace, name, label }: Wanted, signal?: AbortSignal): Promise<Row | undefined> {
  if (name) return rowOf(await getWorkflow(namespace, name, undefined, signal));
  const { rows } = await listRows({ ...EVERYTHING, namespace, label }, NEWEST, '', signal);
  return rows[0];
}

/** In which window links of a widget open (UI-013, UI-014). */
export const windowOf = (query: URLSearchParams): string => query.get('target') || '_top';

/** What stands on another page so that a widget shows there. */
export function snippet(address: string, title: string, width: number, height: number): string {
  const safe = (value: string) => value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<iframe src="${safe(address)}" title="${safe(title)}" width="${width}" height="${height}" frameborder="0"></iframe>`;
}
