// The log of one step, read where somebody looks: a million lines cost what is in view. The server knows how many
// lines there are, gives any range of them, searches, and tells what is added.

import { ApiError } from '../api/client';
import * as own from '../api/own';
import { type Message, openStream } from '../api/stream';
import { plain } from './ansi';
import type { Teller } from './beside';
import { BAD, finder, type Line, lineOf, type Log, SHOW_MS, type Source } from './log';

/** Lines that are asked for together. */
const BLOCK = 500;
/** Lines kept in the page; those far from where somebody looks go first. */
const KEPT_MAX = 50_000;
/** Hits that are asked for together. */
const HITS = 1000;
/** What could not be read is asked for again after this long, while somebody looks at it. */
const AGAIN_MS = 3000;
/** Lines that a download asks for together. */
const PORTION = 10_000;

export class RangedLog implements Log {
  version = $state(0);
  done = $state(false);
  error = $state.raw<ApiError | undefined>(undefined);
  count = 0;
  readonly first = 0;
  hits: number[] = [];
  moreHits = false;
  #lines = new Map<number, Line>();
  #asked = new Set<number>();
  #sought = '';
  #isPattern = false;
  #holds: (text: string) => boolean = () => false;
  #seeking = new AbortController();
  #stop = new AbortController();
  #close: () => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `onAbsent` is told when the server has no ranges of this log. */
  constructor(
    private readonly source: Source,
    private readonly onAbsent: () => void,
    /** What tells of the run anyway. */
    private readonly teller?: Teller | undefined,
  ) {}

  start(): void {
    void this.#begin();
  }

  stop(): void {
    this.#stop.abort();
    this.#seeking.abort();
    this.#close();
    clearTimeout(this.#timer);
  }

  line(number: number): Line | undefined {
    return this.#lines.get(number);
  }

  need(from: number, to: number): void {
    for (let block = Math.floor(from / BLOCK); block * BLOCK < to; block += 1) {
      if (this.#asked.has(block)) continue;
      const end = Math.min(this.count, (block + 1) * BLOCK);
      let missing = block * BLOCK;
      while (missing < end && this.#lines.has(missing)) missing += 1;
      if (missing < end) void this.#fetch(block, missing, end - missing);
    }
    if (this.#lines.size > KEPT_MAX) this.#forget(from - KEPT_MAX / 4, to + KEPT_MAX / 4);
  }

  async find(text: string, isPattern: boolean): Promise<void> {
    this.#holds = finder(text, isPattern);
    this.#isPattern = isPattern;
    this.#seeking.abort();
    this.#seeking = new AbortController();
    this.#sought = text;
    this.hits = [];
    this.moreHits = false;
    if (text) await this.#seek(1);
    this.#show();
  }

  async findMore(): Promise<void> {
    const last = this.hits.at(-1);
    if (!this.moreHits || last === undefined) return;
    // Lines are counted from 1 there: the one behind the last.
    await this.#seek(last + 2);
    this.#show();
  }

  async firstError(): Promise<number | undefined> {
    const found = await own.searchLog(this.source, { text: BAD, regex: true, limit: 1 }, this.#stop.signal);
    return found.items[0] ? found.items[0].line - 1 : undefined;
  }

  async whole(tell: (share: number) => void = () => {}): Promise<string[]> {
    const parts: string[] = [];
    for (let from = 1; ; ) {
      const { items, lines } = await own.readLog(this.source, from, PORTION, this.#stop.signal);
      for (const item of items) parts.push(`${plain(item.text)}\n`);
      from += items.length;
      if (items.length === 0 || from > lines) return parts;
      tell((from - 1) / lines);
    }
  }

  async #begin(): Promise<void> {
    try {
      // The end first: that is where somebody looks.
      const { items, lines, open } = await own.readLog(this.source, -BLOCK, BLOCK, this.#stop.signal);
      this.#take(items, lines);
      this.#show();
      if (open) this.#follow();
      else this.done = true;
    } catch (cause) {
      this.#fault(cause);
    }
  }

  async #fetch(block: number, from: number, limit: number): Promise<void> {
    this.#asked.add(block);
    try {
      const { items, lines } = await own.readLog(this.source, from + 1, limit, this.#stop.signal);
      this.#take(items, lines);
      // A block that gives nothing stays asked, so that nobody asks without end.
      if (items.length > 0) this.#asked.delete(block);
      this.error = undefined;
      this.#show();
    } catch (cause) {
      this.#fault(cause);
      // What the server refuses for good stays refused until somebody asks again.
      const passes = !(cause instanceof ApiError) || cause.status === 0 || cause.status === 429 || cause.status >= 500;
      if (passes) setTimeout(() => this.#release(block), AGAIN_MS);
    }
  }

  /** A block may be asked for again, which happens when it is in view. */
  #release(block: number): void {
    if (this.#stop.signal.aborted) return;
    this.#asked.delete(block);
    this.#show();
  }

  again(): void {
    this.error = undefined;
    this.#asked.clear();
    if (this.count === 0) void this.#begin();
    this.#show();
  }

  /** Hears lines on the stream that tells of the run, or on one of their own. */
  #follow(): void {
    const { node, container } = this.source;
    const reader = {
      node: node ?? '',
      container,
      next: () => this.count + 1,
      onMessage: (message: Message) => this.#hear(message),
      onLost: () => this.#followAlone(),
    };
    const close = this.teller?.tellLines(reader);
    if (close) this.#close = close;
    else this.#followAlone();
  }

  #followAlone(): void {
    if (this.#stop.signal.aborted) return;
    const { path, query } = own.followLog(this.source, this.count + 1);
    this.#close = openStream({
      path,
      query,
      onLine: () => {},
      onRefused: (status, message) => this.#fault(new ApiError(status, message)),
      onMessage: (message) => this.#hear(message),
    });
  }

  #hear({ event, data }: Message): void {
    if (event !== 'lines') {
      this.#close();
      this.done = true;
      return;
    }
    try {
      const { items, lines } = JSON.parse(data) as own.LogRange;
      const before = this.count;
      this.#take(items, lines);
      for (const item of items) if (item.line > before) this.#check(item);
      this.#timer ??= setTimeout(() => this.#show(), SHOW_MS);
    } catch {
      // A message that cannot be read changes nothing; its lines are asked for when they are looked at.
    }
  }

  #check({ line, text }: own.LogLine): void {
    if (!this.#sought || this.moreHits) return;
    if (this.#holds(plain(text))) this.hits.push(line - 1);
  }

  async #seek(from: number): Promise<void> {
    const { signal } = this.#seeking;
    try {
      const found = await own.searchLog(
        this.source,
        { text: this.#sought, ...(this.#isPattern ? { regex: true } : {}), from, limit: HITS },
        signal,
      );
      if (signal.aborted) return;
      const last = this.hits.at(-1) ?? -1;
      this.hits.push(...found.items.map(({ line }) => line - 1).filter((line) => line > last));
      this.moreHits = found.more;
    } catch (cause) {
      // A pattern that the server does not understand is told where it was typed.
      if (cause instanceof ApiError && cause.status === 400) throw cause;
      if (!signal.aborted) this.#fault(cause);
    }
  }

  #take(items: own.LogLine[], lines: number): void {
    this.count = Math.max(lines, items.at(-1)?.line ?? 0);
    for (const { line, text, at } of items) this.#lines.set(line - 1, lineOf(text, at ?? '', ''));
  }

  #forget(from: number, to: number): void {
    for (const number of this.#lines.keys()) if (number < from || number > to) this.#lines.delete(number);
    this.#asked.clear();
  }

  #fault(cause: unknown): void {
    if (this.#stop.signal.aborted) return;
    const error = cause instanceof ApiError ? cause : new ApiError(0, String(cause));
    if (error.absent && this.count === 0) {
      this.onAbsent();
      return;
    }
    this.error = error;
    this.#show();
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.version += 1;
  }
}
