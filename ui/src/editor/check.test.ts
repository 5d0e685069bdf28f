import { describe, expect, it } from 'vitest';
import { text } from '../text';
import { isCommented, read } from './check';

describe('a text that cannot be read', () => {
  it('is told in words that say what to do', () => {
    expect(read('a: 1\na: 2\n').problems[0]?.message).toBe(text.new.reader['DUPLICATE_KEY']);
    expect(read('a: "open\n').problems[0]?.message).toBe(text.new.reader['MISSING_CHAR']);
    expect(read('a: *nowhere\n').problems[0]?.message).toMatch(/alias/i);
  });
});

describe('comments', () => {
  it('are told from what only looks like them', () => {
    expect(isCommented('a: 1 # why\n')).toBe(true);
    expect(isCommented('# first\na: 1\n')).toBe(true);
    expect(isCommented('a: |\n  #!/bin/sh\n  # inside\nb: "#"\n')).toBe(false);
  });
});
