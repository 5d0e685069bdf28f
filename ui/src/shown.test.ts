import { expect, it } from 'vitest';
import { manyLines, oneLine, unquoted } from './shown';

it('shows what hides or turns a line', () => {
  expect(oneLine('a\u202eb\u0000c\td')).toBe('a\u2423b\u2423c\u2423d');
  expect(oneLine('first\r\n\n  second')).toBe('first \u21b5 second');
  expect(manyLines('a\n\tb\u2066c')).toBe('a\n\tb\u2423c');
  expect(oneLine('x'.repeat(10_000)).length).toBe(401);
});

it('says a sentence of the server as people do', () => {
  expect(unquoted('waits for the lock `default/Mutex/deploy`')).toBe('waits for the lock “default/Mutex/deploy”');
  expect(unquoted('tries again at 2026-01-01T00:00:10Z', (at) => `second ${(at / 1000) % 60}`)).toBe('tries again at second 10');
});
