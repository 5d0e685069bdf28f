// A log that is read as a whole: of several steps together, of the archive, of a server without ranges. Of several only
// the end is read until somebody asks for more.

import { logPath, phaseOf } from '../api/argo';
import { ApiError, address, fault } from '../api/client';
import { crowd } from '../api/crowd';
import { rest, seen, whenUnseen } from '../api/stream';
import { urge } from '../api/urge';
import { isEnded } from '../phase';
import { looksBad, plain } from './ansi';
import { finder, type Line, lineOf, type Log, SHOW_MS, type Source } from './log';

/** Lines kept in the page; earlier ones are dropped first. */
const LINES_MAX = 1_200_000;
/** Lines at the end of several logs that are read first. */
const TAIL = 2000;
/** What was there when it was opened comes within this time. */
const OPENING_MS = 3000;
/** All that was there has come when nothing comes for so long. */
const QUIET_MS = 700;
/** Hits that are counted. */
const HITS_MAX = 100_000;

/** A connection that was cut is opened again after this long, later after more. */
const AGAIN_MS = 1000;
const AGAIN_MS_MAX = 15_000;

const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?/;

/** Whether what was refused may be given later. */
const passes = (cause: unknown): boolean =>
  !(cause instanceof ApiError) || cause.status === 0 || cause.status === 429 || cause.status >= 500;

export class WholeLog implements Log {
  version = $state(0);
  done = $state(false);
  error = $state.raw<ApiError | undefined>(undefined);
  moreHits = false;
  first = 0;
  hits: number[] = [];
  #list: Line[] = [];
  #holds: ((text: string) => boolean) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop = new AbortController();
  /** The next line is the first of all once more. */
  #isAnew = false;
  cut = $state(false);
  #isTail: boolean;
  #opened = 0;
  #again = new AbortController();
  #heard = 0;

  /** `isWhole` reads it from its beginning, as who has a link to a line needs it. */
  constructor(
    private readonly source: Source,
    isWhole = true,
  ) {
    this.#isTail = !isWhole && !source.run.archived;
  }

  readAll(): void {
    if (!this.#isTail) return;
    this.#isTail = false;
    this.cut = false;
    this.#isAnew = true;
    this.#again.abort();
    if (this.done) {
      this.done = false;
      void this.#read();
    }
  }

  /** Reads all, and waits until what is there now has come. */
  async #allHere(): Promise<void> {
    if (!this.cut) return;
    this.readAll();
    this.#heard = Date.now();
    while (!this.done && Date.now() - this.#heard < QUIET_MS && !this.#stop.signal.aborted) await rest(100, this.#stop.signal);
  }

  get count(): number {
    return this.first + this.#list.length;
  }

  start(): void {
    void this.#read();
  }

  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  line(number: number): Line | undefined {
    return this.#list[number - this.first];
  }

  need(): void {
    // All that there is comes by itself.
  }

  async find(text: string, isPattern: boolean): Promise<void> {
    this.#holds = text ? finder(text, isPattern) : undefined;
    // What is sought may be anywhere; hits are counted as they come.
    if (text && this.cut) this.readAll();
    this.hits = [];
    this.moreHits = false;
    if (this.#holds) this.#list.forEach((line, index) => this.#check(line, this.first + index));
    this.#show();
  }

  async findMore(): Promise<void> {
    // What is beyond the most that is counted stays uncounted.
  }

  async firstError(): Promise<number | undefined> {
    await this.#allHere();
    const found = this.#list.findIndex((line) => looksBad(line.text));
    return found < 0 ? undefined : found + this.first;
  }

  async whole(): Promise<string[]> {
    await this.#allHere();
    return this.#list.map((line) => `${plain(line.text)}\n`);
  }

  #check(line: Line, number: number): void {
    if (this.hits.length >= HITS_MAX) {
      this.moreHits = true;
      return;
    }
    const { text } = line;
    if (this.#holds?.(text.includes('\u001b') ? plain(text) : text)) this.hits.push(number);
  }

  async #read(): Promise<void> {
    const leave = this.source.follow ? crowd.add() : () => {};
    try {
      if (this.source.run.archived) await this.#readKept();
      else {
        await this.#readWhileSeen();
        if (this.#list.length === 0 && this.source.kept) await this.#readKept();
      }
    } catch (cause) {
      if (this.#stop.signal.aborted) return;
      this.error = cause instanceof ApiError ? cause : new ApiError(0, String(cause));
    } finally {
      leave();
    }
    if (this.#stop.signal.aborted) return;
    this.done = true;
    this.#show();
  }

  /**
   * Reads to the end of what is followed, also where the connection is cut on the way, and lets it go while nobody
   * looks; what is opened once more is read anew.
   */
  async #readWhileSeen(): Promise<void> {
    const { signal } = this.#stop;
    const { follow } = this.source;
    let pause = AGAIN_MS;
    for (let turn = 0; ; turn += 1) {
      const unseen = new AbortController();
      const stayAwake = follow ? whenUnseen(() => unseen.abort()) : () => {};
      const stay = follow ? crowd.whenFull(() => unseen.abort()) : () => {};
      try {
        this.#again = new AbortController();
        await this.#readLive(AbortSignal.any([signal, unseen.signal, this.#again.signal]));
        if (!follow || (await this.#isOver(turn))) return;
      } catch (cause) {
        if (signal.aborted) throw cause;
        if (this.#again.signal.aborted) continue;
        if (!unseen.signal.aborted) {
          if (!follow || !passes(cause)) throw cause;
          this.error = cause instanceof ApiError ? cause : new ApiError(0, '');
          this.#show();
        }
      } finally {
        stayAwake();
        stay();
      }
      if (unseen.signal.aborted) {
        await seen(signal);
        await crowd.room(signal);
      } else {
        await urge.pause(pause, signal);
        pause = Math.min(2 * pause, AGAIN_MS_MAX);
      }
      signal.throwIfAborted();
      this.#isAnew = true;
    }
  }

  /** Whether a log that ended is really over: a server that stops ends it too. */
  async #isOver(turn: number): Promise<boolean> {
    // A step may be over long before its run: that it ends twice says enough.
    if (this.source.pod && turn > 0) return true;
    try {
      return isEnded(await phaseOf(this.source.run, this.#stop.signal));
    } catch (cause) {
      return !passes(cause);
    }
  }

  async #readLive(signal: AbortSignal): Promise<void> {
    const { run, pod, container, follow } = this.source;
    const only = this.source.only ? new Set(this.source.only) : undefined;
    const answer = await fetch(
      address(logPath(run), {
        podName: pod,
        'logOptions.container': container,
        'logOptions.follow': follow || undefined,
        'logOptions.timestamps': true,
        'logOptions.tailLines': this.#isTail ? TAIL : undefined,
      }),
      { credentials: 'same-origin', headers: { accept: 'application/json' }, signal },
    );
    if (!answer.ok) throw await fault(answer);
    this.error = undefined;
    this.#opened = Date.now();
    await this.#eachLine(answer, (text) => {
      const { result, error } = JSON.parse(text) as {
        result?: { content?: string; podName?: string };
        error?: { message: string };
      };
      if (error) throw new ApiError(500, error.message);
      if (result && (!only || only.has(result.podName ?? ''))) this.#add(result.content ?? '', result.podName ?? '');
    });
  }

  async #readKept(): Promise<void> {
    if (!this.source.kept) return;
    const answer = await fetch(address(this.source.kept), { credentials: 'same-origin', signal: this.#stop.signal });
    if (answer.status === 404) return;
    if (!answer.ok) throw await fault(answer);
    await this.#eachLine(answer, (text) => this.#add(text, ''));
  }

  async #eachLine(answer: Response, tell: (line: string) => void): Promise<void> {
    if (!answer.body) return;
    const reader = answer.body
      .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array<ArrayBuffer>, string>)
      .getReader();
    // A line may be many megabytes long and come in small pieces: they are put together once.
    let rest: string[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const [first = '', ...others] = value.split('\n');
      rest.push(first);
      for (const other of others) {
        const line = rest.join('');
        if (line) tell(line);
        rest = [other];
      }
    }
    const line = rest.join('');
    if (line) tell(line);
  }

  #add(content: string, pod: string): void {
    if (this.#isAnew) {
      this.#isAnew = false;
      this.#list = [];
      this.first = 0;
      this.hits = [];
      this.moreHits = false;
    }
    this.#heard = Date.now();
    const stamp = STAMP.exec(content);
    const line = lineOf(stamp ? content.slice(stamp[0].length) : content, stamp?.[1] ?? '', pod);
    if (this.#holds) this.#check(line, this.count);
    this.#list.push(line);
    if (this.#isTail && !this.cut && this.#list.length >= TAIL && this.#heard - this.#opened < OPENING_MS) this.cut = true;
    if (this.#list.length > LINES_MAX) {
      const surplus = Math.ceil(LINES_MAX / 10);
      this.#list.splice(0, surplus);
      this.first += surplus;
      this.hits = this.hits.filter((hit) => hit >= this.first);
    }
    this.#timer ??= setTimeout(() => this.#show(), SHOW_MS);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.version += 1;
  }
}
