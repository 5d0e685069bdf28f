// Nodes as the server tells them of a whole run: a field at a time, every text once.

import type { NodeStatus } from '../api/types';

/** One field. With `at` only those rows have it; otherwise `-1` or `null` says that a row has it not. */
interface Column {
  at?: number[];
  /** Places of texts; `-2` is a null. */
  strings?: number[];
  lists?: (number[] | null)[];
  values?: unknown[];
}

export interface Columns {
  count: number;
  strings: string[];
  columns: Record<string, Column>;
}

const ABSENT = -1;
const NULL = -2;

/** The nodes that columns tell, in their order. */
export function nodesOf({ count, strings, columns }: Columns): NodeStatus[] {
  const rows: Record<string, unknown>[] = new Array(count);
  for (let row = 0; row < count; row += 1) rows[row] = {};
  for (const [field, column] of Object.entries(columns)) {
    const { at } = column;
    if (column.strings) {
      const places = column.strings;
      for (let index = 0; index < places.length; index += 1) {
        const place = places[index]!;
        if (place === ABSENT) continue;
        rows[at ? at[index]! : index]![field] = place === NULL ? null : strings[place];
      }
    } else if (column.lists) {
      const { lists } = column;
      for (let index = 0; index < lists.length; index += 1) {
        const list = lists[index];
        if (list) rows[at ? at[index]! : index]![field] = list.map((place) => strings[place]);
      }
    } else {
      const values = column.values ?? [];
      for (let index = 0; index < values.length; index += 1) {
        // Without `at` a null says that there is nothing.
        if (at || values[index] !== null) rows[at ? at[index]! : index]![field] = values[index];
      }
    }
  }
  return rows as unknown as NodeStatus[];
}
