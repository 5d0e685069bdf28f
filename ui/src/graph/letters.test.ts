import { expect, it } from 'vitest';
import { cut } from './letters';

it('leaves the middle of a long name out', () => {
  expect(cut('short', 10)).toBe('short');
  expect(cut('a-very-long-name-of-a-step', 11)).toBe('a-very…step');
});

it('counts wide letters as wide, and breaks none', () => {
  expect(cut('步骤步骤', 8)).toBe('步骤步骤');
  expect(cut('步骤步骤步骤', 8)).toBe('步骤…骤');
  expect(cut('w'.repeat(63), 11)).toBe('wwww…ww');
  expect(cut('👩👩👩👩👩👩', 6)).toBe('👩…👩');
  expect(cut('x'.repeat(1_000_000), 9)).toBe('xxxx…xxx');
});
