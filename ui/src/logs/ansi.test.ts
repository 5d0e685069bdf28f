import { describe, expect, it } from 'vitest';
import { looksBad, pieces, plain } from './ansi';

const ESC = '\u001b';

describe('colours of terminals', () => {
  it('leaves plain text alone', () => {
    expect(pieces('hello <b>world</b>')).toEqual([{ text: 'hello <b>world</b>', look: '' }]);
  });

  it('reads colours and ends them', () => {
    expect(pieces(`a${ESC}[31mb${ESC}[1mc${ESC}[0md`)).toEqual([
      { text: 'a', look: '' },
      { text: 'b', look: 'c1' },
      { text: 'c', look: 'c1 b' },
      { text: 'd', look: '' },
    ]);
  });

  it.each([
    [`${ESC}[38;5;196mx`, 'c1'],
    [`${ESC}[38;2;0;200;0mx`, 'c2'],
    [`${ESC}[96mx`, 'c6'],
    [`${ESC}[48;5;196mx`, ''],
  ])('brings richer palettes down: %j', (line, look) => {
    expect(pieces(line)).toEqual([{ text: 'x', look }]);
  });

  it('drops moves, titles and links', () => {
    expect(plain(`${ESC}[2K${ESC}[1Gdone${ESC}]0;title\u0007!${ESC}]8;;http://x${ESC}\\link`)).toBe('done!link');
  });

  it('survives cut sequences', () => {
    expect(plain(`a${ESC}`)).toBe('a');
    expect(plain(`a${ESC}[31`)).toBe('a');
    expect(plain(`${ESC}[${'1;'.repeat(100)}mx`).length).toBeLessThan(200);
  });

  it('shows what hides or turns the line', () => {
    expect(plain('a\u202eb\u0000c')).toBe('a\u202eb\u0000c');
    expect(
      pieces('a\u202eb\u0000c')
        .map((piece) => piece.text)
        .join(''),
    ).toBe('a\u2423b\u2400c');
  });

  it('bounds a flood', () => {
    expect(pieces(`${ESC}[31ma${ESC}[32mb`.repeat(10_000)).length).toBeLessThanOrEqual(500);
  });

  it('knows errors', () => {
    expect(looksBad('ERROR: disk full')).toBe(true);
    expect(looksBad('terrorised')).toBe(false);
    expect(looksBad(`${ESC}[31;1mERROR${ESC}[0m x`)).toBe(true);
  });
});
