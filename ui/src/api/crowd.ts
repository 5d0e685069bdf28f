// Windows of one browser share its six connections to a server: where there are too many streams, those of the windows
// that were looked at longest ago give way, so that the next window and every action still get through.

/** Streams that all windows hold together; the rest of the six is for pages, answers and actions. */
const STREAMS_MAX = 4;
/** A window says this often that it is still there. */
const BEAT_MS = 20_000;
/** A window that said nothing for so long is gone; out of sight it may speak once a minute only. */
const GONE_MS = 180_000;

/** What a window tells the others. */
interface Told {
  window: string;
  streams: number;
  /** When somebody last looked at it. */
  looked: number;
  /** It is new and wants to hear of the others. */
  asks?: boolean;
}

/** How windows hear of one another. */
export interface Channel {
  postMessage(told: Told): void;
  onmessage: ((event: MessageEvent<Told>) => void) | null;
}

export class Crowd {
  readonly #window = Math.random().toString(36).slice(2);
  readonly #others = new Map<string, Told & { heard: number }>();
  readonly #waiting = new Set<() => void>();
  #streams = 0;
  #looked = Date.now();
  #isUnseen = false;

  constructor(private readonly channel?: Channel) {
    if (!channel) return;
    channel.onmessage = ({ data }) => {
      this.#others.set(data.window, { ...data, heard: Date.now() });
      if (data.asks) this.#tell();
      this.#wake();
    };
  }

  /** Counts a stream of this window; the answer ends it. */
  add(): () => void {
    this.#streams += 1;
    this.#tell(this.#streams === 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#streams -= 1;
      this.#tell();
    };
  }

  /** Somebody looks at this window now. */
  look(): void {
    this.#looked = Date.now();
    this.#tell();
    this.#wake();
  }

  /** Whether this window is out of sight, where it lets its streams go anyway. */
  set isUnseen(isUnseen: boolean) {
    this.#isUnseen = isUnseen;
    if (isUnseen) this.#tell();
    else this.look();
  }

  beat(): void {
    for (const [window, { heard }] of this.#others) if (heard < Date.now() - GONE_MS) this.#others.delete(window);
    if (this.#streams > 0) this.#tell();
    this.#wake();
  }

  /** The window closes. */
  leave(): void {
    this.channel?.postMessage({ window: this.#window, streams: 0, looked: this.#looked });
  }

  /** Whether the streams of this window have to wait. */
  get isFull(): boolean {
    const later = [...this.#others.values()].filter(
      ({ window, streams, looked }) =>
        streams > 0 && (looked > this.#looked || (looked === this.#looked && window > this.#window)),
    );
    // Whoever was looked at last is always served.
    return later.length > 0 && later.reduce((sum, { streams }) => sum + streams, this.#streams) > STREAMS_MAX;
  }

  /** Does it once, when the streams of this window have to wait; the answer calls that off. */
  whenFull(act: () => void): () => void {
    return this.#when(() => this.isFull, act);
  }

  /** Waits until there is room, or it is called off. */
  room(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const callOff = this.#when(() => !this.isFull || signal.aborted, resolve);
      const end = () => {
        callOff();
        resolve();
      };
      signal.addEventListener('abort', end, { once: true });
    });
  }

  #when(holds: () => boolean, act: () => void): () => void {
    const look = () => {
      if (!holds()) return;
      this.#waiting.delete(look);
      act();
    };
    this.#waiting.add(look);
    look();
    return () => this.#waiting.delete(look);
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  #tell(asks = false): void {
    this.channel?.postMessage({
      window: this.#window,
      streams: this.#isUnseen ? 0 : this.#streams,
      looked: this.#looked,
      asks,
    });
  }
}

/** HTTP/2 and later carry any number of streams over one connection. */
function isNarrow(): boolean {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  return !/^h[23]/.test(navigation?.nextHopProtocol ?? '');
}

function begin(): Crowd {
  if (typeof window === 'undefined' || typeof BroadcastChannel === 'undefined' || !isNarrow()) return new Crowd();
  const crowd = new Crowd(new BroadcastChannel('tiphys-streams'));
  window.addEventListener('focus', () => crowd.look());
  window.addEventListener('pointerdown', () => crowd.look());
  window.addEventListener('pagehide', () => crowd.leave());
  window.addEventListener('pageshow', () => crowd.look());
  document.addEventListener('visibilitychange', () => {
    crowd.isUnseen = document.hidden;
  });
  setInterval(() => crowd.beat(), BEAT_MS);
  return crowd;
}

/** The windows of this browser. */
export const crowd = begin();
