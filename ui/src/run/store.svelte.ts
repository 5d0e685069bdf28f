// One run kept current: our delta stream where the server has it, Argo's watch otherwise.

import { getWorkflow } from '../api/argo';
import { ApiError, segment } from '../api/client';
import { runPath } from '../api/own';
import { type Line, openStream, type Message as Raw } from '../api/stream';
import { isEnded } from '../phase';
import { fold, type Message, parseArgo, parseOwn, type Run } from './model';
import { type Tree, treeOf } from './tree';

/** Pictures are made at most this often, however fast changes come. */
const FRAME_MS = 150;

export class RunStore {
  run = $state.raw<Run | undefined>(undefined);
  tree = $state.raw<Tree | undefined>(undefined);
  error = $state.raw<ApiError | undefined>(undefined);
  line = $state<Line>('connecting');
  /** The stream was refused; what is shown stays as it was asked. */
  frozen = $state(false);
  #known: Run | undefined;
  #close: () => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(
    readonly namespace: string,
    readonly name: string,
    readonly uid: string | undefined,
  ) {}

  start(): void {
    void this.load();
  }

  async load(): Promise<void> {
    this.#close();
    try {
      const workflow = await getWorkflow(this.namespace, this.name, this.uid);
      if (this.#stopped) return;
      this.error = undefined;
      this.frozen = false;
      this.#take({ kind: 'whole', workflow });
      this.#show();
      const archived = this.uid && isEnded(workflow.status?.phase);
      if (archived) this.line = 'live';
      else this.#followOwn();
    } catch (cause) {
      this.error = cause instanceof ApiError ? cause : new ApiError(0, String(cause));
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#close();
    clearTimeout(this.#timer);
  }

  #followOwn(): void {
    this.#close = openStream({
      path: `${runPath(this.namespace, this.name)}/events`,
      onLine: (line) => (this.line = line),
      onMessage: (raw) => this.#read(raw, (message) => parseOwn(message.event, message.data)),
      onRefused: () => this.#followArgo(),
    });
  }

  #followArgo(): void {
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
    } catch {
      // A message that cannot be read changes nothing; the next whole one mends it.
    }
  }

  #take(message: Message): void {
    this.#known = fold(this.#known, message);
    this.#timer ??= setTimeout(() => this.#show(), FRAME_MS);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#known) return;
    this.run = this.#known;
    this.tree = treeOf(this.#known);
  }
}
