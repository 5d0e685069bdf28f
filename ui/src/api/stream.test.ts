import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { firstOf, type Message, openStream, Parser } from './stream';

function parsed(...chunks: string[]): (Message & { id: string | undefined })[] {
  const found: (Message & { id: string | undefined })[] = [];
  const parser = new Parser((message, id) => found.push({ ...message, id }));
  for (const chunk of chunks) parser.push(chunk);
  return found;
}

describe('server-sent events', () => {
  it('reads frames cut anywhere', () => {
    const text = ':\n\nid: 7\nevent: delta\ndata: {"a":\ndata: 1}\n\n';
    for (let cut = 0; cut < text.length; cut += 1) {
      expect(parsed(text.slice(0, cut), text.slice(cut))).toEqual([{ event: 'delta', data: '{"a":\n1}', id: '7' }]);
    }
  });

  it("reads Argo's frames, which have an extra line", () => {
    expect(parsed('data: {} \n\n\ndata: x \r\n\r\n').map(({ data }) => data)).toEqual(['{} ', 'x ']);
  });

  it('tells nothing of a frame that was not finished', () => {
    expect(parsed('data: half\n')).toEqual([]);
  });
});

describe('the first message of a stream', () => {
  afterEach(() => vi.unstubAllGlobals());
  const server = (status: number, type: string, chunks: string[]) => {
    const asked: AbortSignal[] = [];
    vi.stubGlobal('document', { baseURI: 'http://server/' });
    vi.stubGlobal('fetch', async (_: string, { signal }: { signal: AbortSignal }) => {
      asked.push(signal);
      const body = new ReadableStream<Uint8Array>({
        start: (out) => chunks.forEach((chunk) => out.enqueue(new TextEncoder().encode(chunk))),
      });
      return new Response(body, { status, headers: { 'content-type': type } });
    });
    return asked;
  };

  it('comes alone, and the stream is let go', async () => {
    const asked = server(200, 'text/event-stream', [': hello\n\n', 'event: snapshot\nda', 'ta: {}\n\nevent: delta\ndata: 1\n\n']);
    expect(await firstOf({ path: 'x' })).toEqual({ event: 'snapshot', data: '{}' });
    expect(asked[0]?.aborted).toBe(true);
  });

  it('is nothing where there is no stream', async () => {
    for (const [status, type] of [[501, 'application/json'], [200, 'text/html']] as const) {
      const asked = server(status, type, []);
      expect(await firstOf({ path: 'x' })).toBeUndefined();
      expect(asked[0]?.aborted).toBe(true);
    }
  });
});

describe('a stream of a tab', () => {
  /** What was asked for: the number seen last, whether it still is under way, and a way to tell something. */
  interface Asked {
    lastId: string | null;
    signal: AbortSignal;
    tell: (text: string) => void;
  }
  const page = Object.assign(new EventTarget(), { hidden: false, baseURI: 'http://server/' });
  const show = (isShown: boolean) => {
    page.hidden = !isShown;
    page.dispatchEvent(new Event('visibilitychange'));
    return vi.advanceTimersByTimeAsync(0);
  };
  let asked: Asked[] = [];
  let told: string[] = [];
  let close = () => {};

  beforeEach(async () => {
    vi.useFakeTimers();
    vi.stubGlobal('document', page);
    vi.stubGlobal('fetch', async (_: string, { headers, signal }: { headers: Record<string, string>; signal: AbortSignal }) => {
      let tell: Asked['tell'] = () => {};
      const body = new ReadableStream<Uint8Array>({
        start(out) {
          tell = (text) => out.enqueue(new TextEncoder().encode(text));
          signal.addEventListener('abort', () => out.error(signal.reason));
        },
      });
      asked.push({ lastId: new Headers(headers).get('last-event-id'), signal, tell });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    });
    asked = [];
    told = [];
    close = openStream({
      path: 'events',
      onLine: () => {},
      onRefused: (_, message) => told.push(`refused: ${message}`),
      onMessage: ({ data }) => told.push(data),
    });
    await show(true);
  });

  afterEach(async () => {
    close();
    await vi.advanceTimersByTimeAsync(0);
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const open = () => asked.filter(({ signal }) => !signal.aborted).length;

  it('is let go out of sight, and goes on from what was seen last', async () => {
    asked[0]!.tell('id: 7\ndata: seven\n\n');
    await vi.advanceTimersByTimeAsync(0);
    await show(false);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(open()).toBe(0);
    await show(true);
    expect(asked.map(({ lastId }) => lastId)).toEqual([null, '7']);
    asked[1]!.tell('id: 8\ndata: eight\n\n');
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(['seven', 'eight']);
  });

  it('stays when the tab is away for a moment', async () => {
    await show(false);
    await vi.advanceTimersByTimeAsync(1000);
    await show(true);
    await vi.advanceTimersByTimeAsync(30_000);
    expect([asked.length, open()]).toEqual([1, 1]);
  });

  it('looks in now and then for who does not look', async () => {
    await show(false);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([asked.length, open()]).toEqual([1, 0]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([asked.length, open()]).toEqual([2, 1]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([asked.length, open()]).toEqual([2, 0]);
  });

  it('is let go for good by who closes it unseen', async () => {
    await show(false);
    await vi.advanceTimersByTimeAsync(5_000);
    close();
    await show(true);
    await vi.advanceTimersByTimeAsync(120_000);
    expect([asked.length, open(), told]).toEqual([1, 0, []]);
  });
});
