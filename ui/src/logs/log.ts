// A log as the viewer sees it, wherever its lines come from.

import type { Ref } from '../api/argo';
import type { ApiError } from '../api/client';

export interface Line {
  text: string;
  /** How many more characters it has than are shown. */
  more: number;
  /** Time as the server wrote it, or empty. */
  at: string;
  /** Name of the pod, when several are read together. */
  pod: string;
}

export interface Source {
  run: Ref;
  /** The step, where its log can be read in ranges. */
  node?: string | undefined;
  pod?: string | undefined;
  /** Only these of all pods, when several are read together. */
  only?: string[] | undefined;
  container: string;
  /** The log may still grow. */
  follow: boolean;
  /** Address of the file that is kept when the live log is gone. */
  kept?: string | undefined;
}

/** Longer lines are cut for the eye; the download has more of them. */
export const LINE_CHARS_MAX = 20_000;
/** Changes are shown together at most this often. */
export const SHOW_MS = 100;
/** What a line that reports an error holds, for a search by pattern. */
export const BAD = '\\b(error|fatal|exception|panic|traceback|failed|failure)\\b';

/** Lines are numbered from 0, also those that are not kept any more. */
export interface Log {
  /** Grows with every change of what is said below. */
  readonly version: number;
  /** Lines that there are. */
  readonly count: number;
  /** The first that is still there. */
  readonly first: number;
  /** Nothing more will come. */
  readonly done: boolean;
  readonly error: ApiError | undefined;
  /** The lines that hold what is sought, in order; and whether there are more of them behind. */
  readonly hits: readonly number[];
  readonly moreHits: boolean;
  start(): void;
  stop(): void;
  /** Only the end is here; nothing where that cannot be. */
  readonly cut?: boolean;
  /** Reads what comes before it, too. */
  readAll?(): void;
  /** Asks once more for what was refused, where the log does not do so by itself. */
  again?(): void;
  /** A line, if it is here already. */
  line(number: number): Line | undefined;
  /** Sees to it that the lines from a number up to another are here soon. */
  need(from: number, to: number): void;
  /** Seeks a text, or what a pattern describes, from now on; an empty one ends it. A pattern that is none throws. */
  find(text: string, isPattern: boolean): Promise<void>;
  /** Finds hits behind those that are known. */
  findMore(): Promise<void>;
  firstError(): Promise<number | undefined>;
  /** All of it; told how much of it is here, from 0 to 1, where that is known. */
  whole(tell?: (share: number) => void): Promise<string[]>;
}

export function lineOf(text: string, at: string, pod: string): Line {
  const more = Math.max(0, text.length - LINE_CHARS_MAX);
  return { text: more ? text.slice(0, LINE_CHARS_MAX) : text, more, at, pod };
}

/** Whether a line holds what is sought; capitals do not matter, except in a pattern. */
export function finder(sought: string, isPattern: boolean): (text: string) => boolean {
  if (isPattern) {
    const pattern = new RegExp(sought);
    return (text) => pattern.test(text);
  }
  const small = sought.toLowerCase();
  return (text) => text.toLowerCase().includes(small);
}
