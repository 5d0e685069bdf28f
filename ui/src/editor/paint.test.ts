import { expect, it } from 'vitest';
import { painted } from './paint';

const lookOf = (text: string) => painted(text).map((line) => line.filter(({ look }) => look).map((piece) => `${piece.look} ${piece.text}`));

it('colours keys, strings and comments, and nothing in a script', () => {
  expect(lookOf('a: "one"\n# why\nb: |\n  echo: no key\n')[0]).toEqual(['key a', 'string "one"']);
  expect(lookOf('a: 1\n# why\n')[1]).toEqual(['comment # why']);
  expect(lookOf('b: |\n  echo: no key\n')[1]!.some((each) => each.startsWith('key'))).toBe(false);
});

it('loses nothing, however odd or deep the text is', () => {
  for (const text of ['', '\n\n', 'a:\r\n b', '{{x}}: [', '\u202e: 1', `a: ${'['.repeat(20_000)}`])
    expect(painted(text).map((line) => line.map((piece) => piece.text).join('')).join('\n')).toBe(text);
});
