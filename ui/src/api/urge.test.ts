import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Urge } from './urge';

describe('a pause before the next try', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const begun = (ms: number) => {
    const urge = new Urge();
    const next: (number | undefined)[] = [];
    urge.onNext = (at) => next.push(at && at - Date.now());
    const stop = new AbortController();
    let over = false;
    void urge.pause(ms, stop.signal).then(() => (over = true));
    const passes = async (time: number) => {
      await vi.advanceTimersByTimeAsync(time);
      return over;
    };
    return { urge, next, stop, passes };
  };

  it('is as long as it was meant to be, and says when it ends', async () => {
    const { next, passes } = begun(15_000);
    expect(next).toEqual([15_000]);
    expect(await passes(14_999)).toBe(false);
    expect(await passes(1)).toBe(true);
    expect(next).toEqual([15_000, undefined]);
  });

  it('ends at once when somebody urges, or calls it off', async () => {
    const urged = begun(15_000);
    urged.urge.now();
    expect(await urged.passes(0)).toBe(true);
    const off = begun(15_000);
    off.stop.abort();
    expect(await off.passes(0)).toBe(true);
  });

  it('is cut short by what somebody does, but not by each key', async () => {
    const { urge, passes } = begun(15_000);
    urge.acted();
    expect(await passes(999)).toBe(false);
    urge.acted();
    expect(await passes(1)).toBe(false);
    urge.acted();
    expect(await passes(0)).toBe(true);
  });
});
