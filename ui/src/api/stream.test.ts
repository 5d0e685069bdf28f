import { describe, expect, it } from 'vitest';
import { type Message, Parser } from './stream';

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
