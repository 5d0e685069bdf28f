import { expect, it } from 'vitest';
import { type DiffLine, diffLines, hunks } from './diff';

const side = (lines: DiffLine[], without: DiffLine['kind']) =>
  lines
    .filter((line) => line.kind !== without)
    .map((line) => line.text)
    .join('\n');
const edits = (lines: DiffLine[]) => lines.filter((line) => line.kind !== 'same').length;

it('finds the shortest way', () => {
  const found = diffLines('a\nb\nc\na\nb\nb\na', 'c\nb\na\nb\na\nc');
  expect(edits(found)).toBe(5);
});

it('gives both texts back, whatever they are', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed % below;
  };
  for (let round = 0; round < 300; round += 1) {
    const text = () => Array.from({ length: random(12) }, () => 'abc'[random(3)]).join('\n');
    const [before, after] = [text(), text()];
    const found = diffLines(before, after);
    expect(side(found, 'added')).toBe(before);
    expect(side(found, 'removed')).toBe(after);
  }
});

it('shows what changed with what is around it', () => {
  const before = Array.from({ length: 40 }, (_, at) => `line ${at}`);
  const after = before.with(20, 'other');
  const shown = hunks(diffLines(before.join('\n'), after.join('\n')), 2);
  expect(shown.map(({ line }) => line.text)).toEqual(['line 18', 'line 19', 'line 20', 'other', 'line 21', 'line 22']);
  expect(shown[0]!.skipped).toBe(18);
});

it('numbers lines of both texts', () => {
  expect(diffLines('a\nb', 'a\nx\nb')).toEqual([
    { kind: 'same', text: 'a', before: 1, after: 1 },
    { kind: 'added', text: 'x', after: 2 },
    { kind: 'same', text: 'b', before: 2, after: 3 },
  ]);
});
