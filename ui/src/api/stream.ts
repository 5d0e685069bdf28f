// Server-sent events over fetch: reconnects by itself and continues where it was.

import { address, fault, type Query } from './client';
import { crowd } from './crowd';
import { urge } from './urge';

export interface Message {
  event: string;
  data: string;
}

/** `resting`: other windows need the browser's connections. */
export type Line = 'connecting' | 'live' | 'away' | 'resting';

export interface StreamOptions {
  path: string;
  /** Asked for each time it is opened, where it changes. */
  query?: Query | (() => Query);
  onMessage: (message: Message) => void;
  /** Told on every change of the connection. */
  onLine: (line: Line) => void;
  /** The server refused for good; nothing more will come. */
  onRefused: (status: number, message: string) => void;
}

const PAUSE_MS_FIRST = 500;
const PAUSE_MS_MAX = 15_000;
/** Without even a comment for this long the connection is dead (the server sends one every 15 s). */
const SILENCE_MS_MAX = 45_000;
/** A tab that nobody looks at lets its streams go: a browser has six connections to a server for all of its tabs. */
const UNSEEN_MS = 5_000;
/** It looks in this often for as long, so that its title and its notices do not grow old. */
const LOOK_IN_MS = 60_000;

const HEADERS = { accept: 'text/event-stream' };

/** Answers that were asked for before the page that reads them was there. */
const early = new Map<string, { answer: Promise<Response>; stop: AbortController }>();

/** Asks for a stream that a page on its way is going to open. */
export function askEarly({ path, query }: { path: string; query?: Query }): void {
  const stop = new AbortController();
  const answer = fetch(address(path, query), {
    headers: HEADERS,
    credentials: 'same-origin',
    cache: 'no-store',
    signal: stop.signal,
  });
  // A failure is met by who opens it.
  answer.catch(() => {});
  early.set(address(path, query), { answer, stop });
}

/** Begins a stream, or takes what was asked for early. */
function begin(where: string, lastId: string, signal: AbortSignal): Promise<Response> {
  const asked = early.get(where);
  early.delete(where);
  if (asked) {
    signal.addEventListener('abort', () => asked.stop.abort());
    return asked.answer;
  }
  return fetch(where, {
    headers: { ...HEADERS, ...(lastId ? { 'last-event-id': lastId } : {}) },
    credentials: 'same-origin',
    cache: 'no-store',
    signal,
  });
}

/** The first message of a stream, which is let go then; nothing where there is no such stream. */
export async function firstOf({ path, query }: { path: string; query?: Query }, signal?: AbortSignal): Promise<Message | undefined> {
  const stop = new AbortController();
  const within = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  try {
    const answer = await begin(address(path, query), '', within);
    if (!answer.ok || !answer.headers.get('content-type')?.startsWith('text/event-stream')) return undefined;
    const reader = textOf(answer).getReader();
    let first: Message | undefined;
    const parser = new Parser((message) => (first ??= message));
    while (!first) {
      const { done, value } = await reader.read();
      if (done) break;
      parser.push(value);
    }
    return first;
  } finally {
    stop.abort();
  }
}

const textOf = (answer: Response): ReadableStream<string> =>
  answer.body!.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array<ArrayBuffer>, string>);

/** Does it when the page has been out of sight for a while; the answer calls that off. */
export function whenUnseen(act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(act, UNSEEN_MS);
  };
  document.addEventListener('visibilitychange', look);
  look();
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
  };
}

/** An open stream; called it closes. */
export interface Stream {
  (): void;
  /** Opens it anew at once, and goes on where it was: what it asks for has changed. */
  again: () => void;
}

/** Opens a stream. */
export function openStream(options: StreamOptions): Stream {
  const stop = new AbortController();
  const leave = crowd.add();
  const turn = { again: () => {} };
  void keepOpen(options, stop.signal, turn).finally(leave);
  return Object.assign(() => stop.abort(), { again: () => turn.again() });
}

async function keepOpen(options: StreamOptions, signal: AbortSignal, turn: { again: () => void }): Promise<void> {
  let pause = PAUSE_MS_FIRST;
  let lastId = '';
  options.onLine('connecting');
  while (!signal.aborted) {
    if (crowd.isFull) {
      options.onLine('resting');
      await crowd.room(signal);
      continue;
    }
    const silence = new AbortController();
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    let asleep = false;
    let renewed = false;
    turn.again = () => {
      renewed = true;
      silence.abort();
    };
    const stayAwake = whenUnseen(() => {
      asleep = true;
      silence.abort();
    });
    const stay = crowd.whenFull(() => silence.abort());
    const heard = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
    };
    try {
      heard();
      const query = typeof options.query === 'function' ? options.query() : options.query;
      const where = address(options.path, query);
      const answer = await begin(where, lastId, AbortSignal.any([signal, silence.signal]));
      const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
      if (!answer.ok || !isStream) {
        const refused = answer.ok ? undefined : await fault(answer);
        if (!refused || (answer.status < 500 && answer.status !== 429) || answer.status === 501) {
          options.onRefused(answer.ok ? 501 : answer.status, refused?.message ?? 'this is no stream');
          return;
        }
        throw refused;
      }
      options.onLine('live');
      pause = PAUSE_MS_FIRST;
      const parser = new Parser((message, id) => {
        if (id !== undefined) lastId = id;
        options.onMessage(message);
      });
      const reader = textOf(answer).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        heard();
        parser.push(value);
      }
    } catch {
      // Tried again below.
    } finally {
      clearTimeout(watchdog);
      stayAwake();
      stay();
    }
    if (signal.aborted) return;
    if (renewed) continue;
    if (asleep) {
      await rest(LOOK_IN_MS, signal, 'seen');
      continue;
    }
    if (crowd.isFull) continue;
    options.onLine('away');
    await urge.pause(pause, signal);
    pause = Math.min(pause * 2, PAUSE_MS_MAX);
  }
}

/** Waits until the page is seen, or it is called off. */
export const seen = (signal: AbortSignal): Promise<void> => rest(Number.POSITIVE_INFINITY, signal, 'seen');

/** Waits so long, or until it is called off, or, where that is wanted, until the page is seen. */
export function rest(ms: number, signal: AbortSignal, until?: 'seen'): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!document.hidden) done();
    };
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      if (until) document.removeEventListener('visibilitychange', look);
      resolve();
    };
    const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (!until) return;
    document.addEventListener('visibilitychange', look);
    look();
  });
}

/** Most characters of one event; more is dropped, so that a broken server cannot fill the memory. */
const EVENT_CHARS_MAX = 256 * 1024 * 1024;

/** Cuts the text of a stream into messages. */
export class Parser {
  /** Pieces of a line whose end has not come. A run may be one line of many megabytes. */
  #pieces: string[] = [];
  #length = 0;
  #data: string[] = [];
  #size = 0;
  #event = '';
  #id: string | undefined;

  constructor(private readonly tell: (message: Message, id: string | undefined) => void) {}

  push(text: string): void {
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#keep(text.slice(from, end));
      from = end + 1;
      const line = this.#pieces.join('');
      const tooLong = this.#length > EVENT_CHARS_MAX;
      this.#pieces = [];
      this.#length = 0;
      if (!tooLong) this.#line(line.endsWith('\r') ? line.slice(0, -1) : line);
    }
    this.#keep(text.slice(from));
  }

  #keep(piece: string): void {
    this.#length += piece.length;
    if (this.#length > EVENT_CHARS_MAX) this.#pieces = [];
    else if (piece) this.#pieces.push(piece);
  }

  #line(line: string): void {
    if (line === '') {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'data') {
      this.#size += value.length;
      if (this.#size <= EVENT_CHARS_MAX) this.#data.push(value);
    } else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
  }

  #dispatch(): void {
    if (this.#data.length > 0) this.tell({ event: this.#event || 'message', data: this.#data.join('\n') }, this.#id);
    this.#data = [];
    this.#size = 0;
    this.#event = '';
    this.#id = undefined;
  }
}
