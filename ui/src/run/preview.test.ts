import { describe, expect, it } from 'vitest';
import { BYTES_MAX, beginning, cellsOf, kindOf, pretty, ROWS_MAX } from './preview';

describe('previews of files', () => {
  it('are chosen by the name', () => {
    expect(['a.JSON', 'b.tsv', 'c.svg', 'd.html', 'e.log', 'f.tgz', 'g'].map(kindOf)).toEqual([
      'json',
      'table',
      'image',
      'page',
      'text',
      undefined,
      undefined,
    ]);
  });

  it('cut tables into cells, with quotes and any separator', () => {
    expect(cellsOf('a,b\r\n"1, ""x""\n2",<b>\n')).toEqual([
      ['a', 'b'],
      ['1, "x"\n2', '<b>'],
    ]);
    expect(cellsOf('a;b;c,d\n1;2;3')).toEqual([
      ['a', 'b', 'c,d'],
      ['1', '2', '3'],
    ]);
    expect(cellsOf('x\n'.repeat(5000))).toHaveLength(ROWS_MAX);
    expect(cellsOf('')).toEqual([]);
  });

  it('leave alone what is no JSON', () => {
    expect(pretty('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(pretty('{"a":')).toBe('{"a":');
  });

  it('read no more than the beginning, also of what is no UTF-8', async () => {
    const page = (bytes: Uint8Array<ArrayBuffer>) => `data:text/plain;base64,${Buffer.from(bytes).toString('base64')}`;
    expect(await beginning(page(new Uint8Array([0x61, 0xff])))).toEqual({ text: 'a\ufffd', cut: false });
    const long = await beginning(page(new Uint8Array(BYTES_MAX + 10).fill(0x61)));
    expect([long.text.length, long.cut]).toEqual([BYTES_MAX, true]);
  });
});
