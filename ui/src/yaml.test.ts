import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toYaml } from './yaml';

describe('writing YAML', () => {
  it.each([
    { a: 1, b: [1, 'two', { c: null, d: [] }], e: {} },
    { script: 'echo a\necho b\n', keep: 'x\n\n', chop: 'a\nb' },
    {
      yes: 'yes',
      no: 'no',
      number: '1',
      nil: 'null',
      colon: 'a: b',
      hash: 'a #b',
      empty: '',
      dash: '- x',
      time: '12:30',
    },
    [[1, [2, 3]], { x: [{ y: 1, z: 2 }] }],
    { '{{inputs}}': '{{a}}', 'key: odd': '\u0000', tab: '\ta\nb' },
  ])('is read back the same: %j', (value) => {
    expect(parse(toYaml(value))).toEqual(value);
  });
});
