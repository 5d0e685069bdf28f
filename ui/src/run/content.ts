// What an archive tells of itself.

import type { Taken } from './pieces';

/** Most files that are listed. */
export const ENTRIES_MAX = 1000;

export interface Entry {
  name: string;
  bytes: number;
}

/** A file that is looked at, and how much of it. */
export interface Wanted {
  name: string;
  bytesMax: number;
}

export interface Content {
  entries: Entry[];
  /** There may be more than was read. */
  cut: boolean;
  /** The beginning of the file that was asked for. */
  file?: Taken;
}
