// The lines of a log on the stream that its run is told on: a page needs one of the six connections that a browser has.

import { getContext, setContext } from 'svelte';
import type { Message } from '../api/stream';

/** A log that somebody reads as it grows. */
export interface Reader {
  node: string;
  container: string;
  /** The number of the next line, counted from 1. */
  next: () => number;
  /** Told `lines` as they come, and `linesEnd` when no more will. */
  onMessage: (message: Message) => void;
  /** The stream tells no lines any more; somebody else must. */
  onLost: () => void;
}

/** What can tell lines; the answer ends that, and is nothing where it cannot. */
export interface Teller {
  tellLines(reader: Reader): (() => void) | undefined;
}

const KEY = Symbol('lines');

/** Lets the logs within a page hear their lines from what tells of its run. */
export const tellLines = (teller: Teller): void => {
  setContext(KEY, teller);
};
export const tellerOfLines = (): Teller | undefined => getContext<Teller | undefined>(KEY);
