// Something asked from the server: not there yet, there, or refused.

import { untrack } from 'svelte';
import { ApiError } from './api/client';
import { text } from './text';

export class Resource<T> {
  data = $state.raw<T | undefined>(undefined);
  error = $state.raw<ApiError | undefined>(undefined);
  busy = $state(true);
  #stop = new AbortController();

  constructor(private readonly ask: (signal: AbortSignal) => Promise<T>) {}

  async load(): Promise<void> {
    this.#stop.abort();
    const stop = new AbortController();
    this.#stop = stop;
    this.busy = true;
    try {
      const data = await this.ask(stop.signal);
      if (stop.signal.aborted) return;
      this.data = data;
      this.error = undefined;
    } catch (cause) {
      if (stop.signal.aborted) return;
      // An answer that came but cannot be read is no silence.
      this.error = cause instanceof ApiError ? cause : new ApiError(500, text.state.strange);
    }
    this.busy = false;
  }

  cancel(): void {
    this.#stop.abort();
  }
}

/** Asks now and again whenever what `ask` reads before it waits has changed. */
export function resource<T>(ask: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const found = new Resource(ask);
  $effect(() => {
    void found.load();
    return () => untrack(() => found.cancel());
  });
  return found;
}
