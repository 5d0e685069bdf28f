import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Channel, Crowd } from './crowd';

describe('windows of one browser', () => {
  let channels: Channel[] = [];
  const open = () => {
    vi.advanceTimersByTime(1000);
    const channel: Channel = {
      onmessage: null,
      postMessage: (data) => channels.filter((each) => each !== channel).forEach((each) => each.onmessage?.(new MessageEvent('message', { data }))),
    };
    channels.push(channel);
    return new Crowd(channel);
  };

  beforeEach(() => {
    vi.useFakeTimers();
    channels = [];
  });
  afterEach(() => vi.useRealTimers());

  it('share the streams that a browser has, those looked at last first', () => {
    const windows = [open(), open(), open()];
    windows.forEach((each) => [each.add(), each.add()]);
    expect(windows.map((each) => each.isFull)).toEqual([true, false, false]);
    vi.advanceTimersByTime(1000);
    windows[0]!.look();
    expect(windows.map((each) => each.isFull)).toEqual([false, true, false]);
  });

  it('hear of one another when they come later', () => {
    const first = open();
    first.add();
    first.add();
    first.add();
    const second = open();
    second.add();
    second.add();
    expect([first.isFull, second.isFull]).toEqual([true, false]);
  });

  it('serve the one that is looked at, however many streams it holds', () => {
    const only = open();
    for (let stream = 0; stream < 9; stream += 1) only.add();
    expect(only.isFull).toBe(false);
  });

  it('give way once, and go on when there is room', async () => {
    const [first, second, third] = [open(), open(), open()];
    const closers = [first, second, third].map((each) => [each.add(), each.add()]);
    let gave = 0;
    first.whenFull(() => (gave += 1));
    expect(gave).toBe(1);
    let went = false;
    const room = first.room(new AbortController().signal).then(() => (went = true));
    await Promise.resolve();
    expect(went).toBe(false);
    closers[2]!.forEach((close) => close());
    await room;
    expect([gave, went, first.isFull]).toEqual([1, true, false]);
  });

  it('leave room when they close, vanish, or are out of sight', () => {
    const [first, second, third] = [open(), open(), open()];
    [first, second, third].forEach((each) => [each.add(), each.add()]);
    third.isUnseen = true;
    expect(first.isFull).toBe(false);
    third.isUnseen = false;
    expect(first.isFull).toBe(true);
    third.leave();
    expect(first.isFull).toBe(false);
    third.look();
    // It stops without a word.
    channels.pop();
    vi.advanceTimersByTime(170_000);
    second.beat();
    vi.advanceTimersByTime(20_000);
    first.beat();
    expect(first.isFull).toBe(false);
  });

  it('stop to wait when it is called off', async () => {
    const [first, second, third] = [open(), open(), open()];
    [first, second, third].forEach((each) => [each.add(), each.add()]);
    const stop = new AbortController();
    const room = first.room(stop.signal);
    stop.abort();
    await room;
    expect(first.isFull).toBe(true);
  });
});
