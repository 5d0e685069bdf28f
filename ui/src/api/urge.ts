// Pauses before a lost connection is tried again, and what cuts them short.

/** Who acts hears of a server that is away at most so often. */
const ACTED_MS_MIN = 1_000;

interface Pause {
  began: number;
  ends: number;
  end: () => void;
}

export class Urge {
  readonly #pauses = new Set<Pause>();
  /** Told when the next try is due by itself; nothing while nobody pauses. */
  onNext: (at: number | undefined) => void = () => {};

  /** Waits so long, until somebody urges, or until it is called off. */
  pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const began = Date.now();
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        if (this.#pauses.delete(pause)) this.#tell();
        resolve();
      };
      const pause: Pause = { began, ends: began + ms, end };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      this.#pauses.add(pause);
      this.#tell();
    });
  }

  /** Ends all pauses. */
  now(): void {
    for (const { end } of [...this.#pauses]) end();
  }

  /** Somebody does something with the page, as often as they like. */
  acted(): void {
    const past = Date.now() - ACTED_MS_MIN;
    for (const { began, end } of [...this.#pauses]) if (began <= past) end();
  }

  #tell(): void {
    const ends = [...this.#pauses].map(({ ends }) => ends);
    this.onNext(ends.length > 0 ? Math.min(...ends) : undefined);
  }
}

function begin(): Urge {
  const urge = new Urge();
  if (typeof window === 'undefined') return urge;
  window.addEventListener('online', () => urge.now());
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) urge.now();
  });
  window.addEventListener('pointerdown', () => urge.acted(), { capture: true });
  window.addEventListener('keydown', () => urge.acted(), { capture: true });
  return urge;
}

/** The pauses of this window. */
export const urge = begin();
