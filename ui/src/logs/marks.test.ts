import { expect, it } from 'vitest';
import { pieces } from './ansi';
import { marked, markerOf } from './marks';

const told = (line: string, sought: string, isPattern = false) =>
  marked(pieces(line), markerOf(sought, isPattern)).map(({ text, look, found }) => [text, look, found]);

it('marks every place, whatever its capitals', () => {
  expect(told('Error: no error', 'error')).toEqual([
    ['Error', '', true],
    [': no ', '', false],
    ['error', '', true],
  ]);
  expect(told('a.b', '.')).toEqual([
    ['a', '', false],
    ['.', '', true],
    ['b', '', false],
  ]);
});

it('marks across colours, which stay', () => {
  expect(told('one \u001b[31mtwo\u001b[0m three', 'e two t')).toEqual([
    ['on', '', false],
    ['e ', '', true],
    ['two', 'c1', true],
    [' t', '', true],
    ['hree', '', false],
  ]);
});

it('takes patterns, and those that are none or match nothing', () => {
  expect(told('line 77', '\\d+', true)).toEqual([
    ['line ', '', false],
    ['77', '', true],
  ]);
  expect(told('line', '(', true)).toEqual([['line', '', false]]);
  expect(told('line', 'x*', true)).toEqual([['line', '', false]]);
  expect(told('line', '')).toEqual([['line', '', false]]);
});

it('marks no flood', () => {
  expect(marked(pieces('x'.repeat(20_000)), markerOf('x', false)).filter(({ found }) => found)).toHaveLength(500);
});
