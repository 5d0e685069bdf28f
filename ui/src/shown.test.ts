import { expect, it } from 'vitest';
import { manyLines, oneLine } from './shown';

it('shows what hides or turns a line', () => {
  expect(oneLine('a\u202eb\u0000c\nd')).toBe('a\u2423b\u2423c\u2423d');
  expect(manyLines('a\n\tb\u2066c')).toBe('a\n\tb\u2423c');
  expect(oneLine('x'.repeat(10_000)).length).toBe(401);
});
