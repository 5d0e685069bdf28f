import { describe, expect, it } from 'vitest';
import { text } from '../text';
import { isCommented, read } from './check';
import { COLOURED_DEPTH_MAX, depthAtMost } from './depth';
import { DEPTH_MAX } from './documents';
import { formOf } from './form';

describe('a text that cannot be read', () => {
  it('is told in words that say what to do', () => {
    expect(read('a: 1\na: 2\n').problems[0]?.message).toBe(text.new.reader['DUPLICATE_KEY']);
    expect(read('a: "open\n').problems[0]?.message).toBe(text.new.reader['MISSING_CHAR']);
    expect(read('a: *nowhere\n').problems[0]?.message).toMatch(/alias/i);
  });
});

describe('a text that is nested too deeply', () => {
  const wrapped = (depth: number) => `a: ${'['.repeat(depth)}1${']'.repeat(depth)}\n`;
  // Each of these is deeper than any stack.
  const texts = {
    brackets: wrapped(20_000),
    'open brackets': `a: ${'['.repeat(20_000)}`,
    braces: `a: ${'{b: '.repeat(20_000)}`,
    dashes: '- '.repeat(20_000),
    indentation: Array.from({ length: 1500 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
  };
  for (const [name, deep] of Object.entries(texts))
    it(`by ${name} is told, and has no comments and no form`, () => {
      expect(read(deep)).toEqual({ objects: [], problems: [{ severity: 'error', line: 1, column: 1, message: text.new.tooDeep }] });
      expect(isCommented(deep)).toBe(false);
      expect(formOf(deep)).toBeUndefined();
      expect(depthAtMost(deep)).toBeGreaterThan(COLOURED_DEPTH_MAX);
    });
  it('is told where aliases make it so', () => {
    const [open, close] = ['['.repeat(90), ']'.repeat(90)];
    const aliased = `a0: &x0 [1]\na1: &x1 ${open}*x0${close}\na2: &x2 ${open}*x1${close}\na3: ${open}*x2${close}\n`;
    expect(read(aliased).problems).toMatchObject([{ message: text.new.tooDeep }]);
  });
  it('is what no person writes', () => {
    expect(read(wrapped(DEPTH_MAX - 10)).problems).toEqual([]);
    expect(depthAtMost('a:\n- - [1, {b: 2}]\n- c:\n    d: [[]]\ne: 1\n')).toBe(5);
  });
});

describe('comments', () => {
  it('are told from what only looks like them', () => {
    expect(isCommented('a: 1 # why\n')).toBe(true);
    expect(isCommented('# first\na: 1\n')).toBe(true);
    expect(isCommented('a: |\n  #!/bin/sh\n  # inside\nb: "#"\n')).toBe(false);
  });
});
