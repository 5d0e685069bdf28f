// Lines of a log as they come in over the wire. Kept apart from what shows them.

import { logPath, type Ref } from '../api/argo';
import { ApiError, address, fault } from '../api/client';

export interface Line {
  text: string;
  /** Time as the server wrote it, or empty. */
  at: string;
  /** Name of the pod, when several are read together. */
  pod: string;
}

/** Lines kept in the page; earlier ones are dropped first. */
export const LINES_MAX = 1_200_000;
/** Longer lines are cut for the eye; the download has them whole. */
export const LINE_CHARS_MAX = 20_000;
/** New lines are shown together at most this often. */
const SHOW_MS = 100;

const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?/;

export interface Source {
  run: Ref;
  pod?: string | undefined;
  /** Only these of all pods, when several are read together. */
  only?: string[] | undefined;
  container: string;
  /** The log may still grow. */
  follow: boolean;
  /** Address of the file that is kept when the live log is gone. */
  kept?: string | undefined;
}

export class Lines {
  /** Grows with each batch; the list itself is changed in place. */
  version = $state(0);
  done = $state(false);
  error = $state.raw<ApiError | undefined>(undefined);
  readonly list: Line[] = [];
  dropped = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop = new AbortController();

  constructor(private readonly source: Source) {}

  start(): void {
    void this.#read();
  }

  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  async #read(): Promise<void> {
    try {
      if (this.source.run.archived) await this.#readKept();
      else {
        await this.#readLive();
        if (this.list.length === 0 && this.source.kept) await this.#readKept();
      }
    } catch (cause) {
      if (this.#stop.signal.aborted) return;
      this.error = cause instanceof ApiError ? cause : new ApiError(0, String(cause));
    }
    if (this.#stop.signal.aborted) return;
    this.#show();
    this.done = true;
  }

  async #readLive(): Promise<void> {
    const { run, pod, container, follow } = this.source;
    const only = this.source.only ? new Set(this.source.only) : undefined;
    const answer = await fetch(
      address(logPath(run), {
        podName: pod,
        'logOptions.container': container,
        'logOptions.follow': follow || undefined,
        'logOptions.timestamps': true,
      }),
      { credentials: 'same-origin', headers: { accept: 'application/json' }, signal: this.#stop.signal },
    );
    if (!answer.ok) throw await fault(answer);
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
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const parts = (rest + value).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) if (part) tell(part);
    }
    if (rest) tell(rest);
  }

  #add(content: string, pod: string): void {
    const stamp = STAMP.exec(content);
    const text = stamp ? content.slice(stamp[0].length) : content;
    this.list.push({ text, at: stamp?.[1] ?? '', pod });
    if (this.list.length > LINES_MAX) {
      const surplus = Math.ceil(LINES_MAX / 10);
      this.list.splice(0, surplus);
      this.dropped += surplus;
    }
    this.#timer ??= setTimeout(() => this.#show(), SHOW_MS);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.version += 1;
  }
}
