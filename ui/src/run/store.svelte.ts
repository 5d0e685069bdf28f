// One run kept current: our delta stream where the server has it, Argo's watch otherwise.

import { tick } from 'svelte';
import { getWorkflow } from '../api/argo';
import { ApiError, segment } from '../api/client';
import { closeup } from '../api/own';
import { type Line, openStream, type Message as Raw, type Stream } from '../api/stream';
import type { Reader, Teller } from '../logs/beside';
import { isEnded } from '../phase';
import { fold, type Message, parseArgo, parseOwn, type Run } from './model';
import type { Tree } from './item';
import { patched } from './patch';
import { treeOf } from './tree';

/** Pictures are made at most this often, however fast changes come. */
const SHOW_MS_MIN = 150;
const SHOW_MS_MAX = 2000;
/** Showing may take this share of the time; the rest belongs to who looks and drags. */
const SHOW_SHARE = 1 / 20;

export class RunStore implements Teller {
  run = $state.raw<Run | undefined>(undefined);
  tree = $state.raw<Tree | undefined>(undefined);
  error = $state.raw<ApiError | undefined>(undefined);
  line = $state<Line>('connecting');
  /** The stream was refused; what is shown stays as it was asked. */
  frozen = $state(false);
  #known: Run | undefined;
  #close: () => void = () => {};
  /** Our own stream, which tells lines of a log, too. */
  #own: Stream | undefined;
  #reader: Reader | undefined;
  #renewing: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = SHOW_MS_MIN;
  /** Nodes and waits that changed since the last picture; nothing when more than those may have. */
  #changed: Set<string> | undefined;
  #stopped = false;

  constructor(
    readonly namespace: string,
    readonly name: string,
    readonly uid: string | undefined,
  ) {}

  start(): void {
    this.load();
  }

  /** Begins anew: our own stream tells everything, so that nothing is asked twice. */
  load(): void {
    this.#close();
    this.error = undefined;
    this.frozen = false;
    this.#followOwn();
  }

  /** Whether it is one of the archive that is over. */
  #isFiled(): boolean {
    const filed = Boolean(this.uid) && isEnded(this.#known?.workflow.status?.phase);
    if (filed) this.line = 'live';
    return filed;
  }

  /** Asks for the run as a whole; whether it is there. */
  async #ask(): Promise<boolean> {
    try {
      const workflow = await getWorkflow(this.namespace, this.name, this.uid);
      if (this.#stopped) return false;
      this.error = undefined;
      this.#take({ kind: 'whole', workflow });
      this.#show();
      return true;
    } catch (cause) {
      this.error = cause instanceof ApiError ? cause : new ApiError(0, String(cause));
      return false;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#close();
    clearTimeout(this.#timer);
    clearTimeout(this.#renewing);
  }

  #followOwn(): void {
    // Whoever loads twice has asked twice, and both answers come here.
    this.#close();
    if (this.#stopped) return;
    const own = openStream({
      ...closeup({ namespace: this.namespace, name: this.name, uid: this.uid }, () => this.#reader),
      onLine: (line) => {
        this.line = line;
        // Nothing is shown yet: say why.
        if (line === 'away' && !this.#known) void this.#ask();
      },
      onMessage: (raw) => {
        if (raw.event.startsWith('lines')) this.#reader?.onMessage(raw);
        else this.#read(raw, (message) => parseOwn(message.event, message.data));
      },
      onRefused: () => {
        this.#loseLines();
        void this.#ask().then((found) => found && !this.#isFiled() && this.#followArgo());
      },
    });
    this.#own = own;
    this.#close = () => {
      this.#own = undefined;
      own();
    };
  }

  /** Tells lines of one log at a time: who comes later is told instead. */
  tellLines(reader: Reader): (() => void) | undefined {
    if (!this.#own) return undefined;
    this.#loseLines();
    this.#reader = reader;
    this.#renew();
    return () => {
      if (this.#reader !== reader) return;
      this.#reader = undefined;
      this.#renew();
    };
  }

  #loseLines(): void {
    const lost = this.#reader;
    this.#reader = undefined;
    lost?.onLost();
  }

  /** Opens the stream anew for other lines, once for all that changes at a time. */
  #renew(): void {
    clearTimeout(this.#renewing);
    this.#renewing = setTimeout(() => this.#own?.again());
  }

  #followArgo(): void {
    this.#close();
    if (this.#stopped) return;
    this.#close = openStream({
      path: `api/v1/workflow-events/${segment(this.namespace)}`,
      query: { 'listOptions.fieldSelector': `metadata.name=${this.name}` },
      onLine: (line) => (this.line = line),
      onMessage: (raw) => this.#read(raw, (message) => parseArgo(message.data)),
      onRefused: () => {
        this.frozen = true;
        this.line = 'live';
      },
    });
  }

  #read(raw: Raw, parse: (raw: Raw) => Message | undefined): void {
    try {
      const message = parse(raw);
      if (message) this.#take(message);
      // A run of the archive does not change; it needs no connection.
      if (this.#isFiled()) this.#close();
      if (message?.kind === 'end') {
        // Nothing follows: whoever asked again would only hear that it is gone.
        this.#close();
        this.#reader?.onMessage({ event: 'linesEnd', data: '{}' });
        this.line = 'live';
      }
    } catch {
      // A message that cannot be read changes nothing; the next whole one mends it.
    }
  }

  #take(message: Message): void {
    this.#known = fold(this.#known, message);
    if (message.kind !== 'delta') this.#changed = undefined;
    else {
      for (const id of Object.keys(message.nodes ?? {})) this.#changed?.add(id);
      for (const id of Object.keys(message.waits ?? {})) this.#changed?.add(id);
    }
    // Who waits for the first picture gets it at once.
    if (!this.run && !this.#timer) this.#show();
    else this.#timer ??= setTimeout(() => this.#show(), this.#pause);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = this.#known;
    if (!now) return;
    this.error = undefined;
    const began = performance.now();
    const last = this.run;
    const alike =
      last?.shape === now.shape && isEnded(last.workflow.status?.phase) === isEnded(now.workflow.status?.phase);
    const ids = this.#changed;
    this.#changed = new Set();
    this.run = now;
    this.tree = (alike && this.tree && ids && patched(this.tree, now, ids)) || treeOf(now);
    void tick().then(() => {
      const took = performance.now() - began;
      this.#pause = Math.min(SHOW_MS_MAX, Math.max(SHOW_MS_MIN, took / SHOW_SHARE));
    });
  }
}
