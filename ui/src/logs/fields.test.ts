import { expect, test } from 'vitest';
import { fieldsOf, onlyFields } from './fields';

const LINES = [
  '{"level":"info","msg":"begins","http":{"status":200,"path":"/a"}}',
  'a plain line',
  '{"level":"error","msg":"broke\\nin two","http.status":1}',
  '{"torn":',
  '[1, 2]',
];

test('the fields of lines are those of their objects, the common ones first', () => {
  expect(fieldsOf(LINES)).toEqual(['level', 'msg', 'http.status', 'http.path']);
});

test('a line shows the chosen fields in the chosen order (UI-164)', () => {
  expect(onlyFields(LINES[0]!, ['msg', 'http.status', 'missing'])).toBe('begins  200');
  // A name with a dot of its own is found before a way into an object.
  expect(onlyFields(LINES[2]!, ['http.status'])).toBe('1');
});

test('what has none of the fields, or is no object, stays as it is', () => {
  for (const line of [LINES[1]!, LINES[3]!, LINES[4]!]) expect(onlyFields(line, ['msg'])).toBe(line);
  expect(onlyFields(LINES[0]!, ['missing'])).toBe(LINES[0]);
  expect(onlyFields('{"a":null,"__proto__":{"x":1}}', ['a', 'x'])).toBe('{"a":null,"__proto__":{"x":1}}');
});

test('hostile depth and width end', () => {
  const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;
  expect(fieldsOf([deep]).length).toBe(1);
  const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`f${at}`, at])));
  expect(fieldsOf([wide]).length).toBe(40);
});
