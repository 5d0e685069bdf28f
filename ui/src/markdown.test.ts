import { expect, it } from 'vitest';
import { blocks, spans } from './markdown';

it('reads what people write in descriptions (UI-036)', () => {
  expect(blocks('# Delivery\nBuilds **all** and\ndeploys *once*.\n\n- one `a_b`\n- two\n\n1. first\n> said\n```\n<b>\n```')).toEqual([
    { kind: 'heading', spans: [{ kind: 'text', text: 'Delivery' }] },
    {
      kind: 'paragraph',
      spans: [
        { kind: 'text', text: 'Builds ' },
        { kind: 'strong', text: 'all' },
        { kind: 'text', text: ' and deploys ' },
        { kind: 'emphasis', text: 'once' },
        { kind: 'text', text: '.' },
      ],
    },
    {
      kind: 'list',
      ordered: false,
      items: [
        [
          { kind: 'text', text: 'one ' },
          { kind: 'code', text: 'a_b' },
        ],
        [{ kind: 'text', text: 'two' }],
      ],
    },
    { kind: 'list', ordered: true, items: [[{ kind: 'text', text: 'first' }]] },
    { kind: 'quote', spans: [{ kind: 'text', text: 'said' }] },
    { kind: 'code', text: '<b>' },
  ]);
});

it('follows only addresses that can do no harm', () => {
  expect(spans('[docs](https://example.org/a)')).toEqual([
    { kind: 'link', text: 'docs', href: 'https://example.org/a' },
  ]);
  expect(spans('see https://example.org.')).toEqual([
    { kind: 'text', text: 'see ' },
    { kind: 'link', text: 'https://example.org', href: 'https://example.org' },
    { kind: 'text', text: '.' },
  ]);
  expect(spans('[x](javascript:alert)')).toEqual([{ kind: 'text', text: '[x](javascript:alert)' }]);
  expect(spans('<img src=x onerror=alert(1)>')).toEqual([{ kind: 'text', text: '<img src=x onerror=alert(1)>' }]);
});

it('leaves names alone that hold marks', () => {
  expect(spans('snake_case_name and 2 * 3 * 4')).toEqual([{ kind: 'text', text: 'snake_case_name and 2 * 3 * 4' }]);
});

it('takes anything, however long or broken', () => {
  const began = performance.now();
  for (const part of ['*', '**', '_', '`', '[', '](', '```\n', '> ', '- ', '# ', '\u202e', '[a](b '])
    expect(JSON.stringify(blocks(part.repeat(9000)))).toBeTruthy();
  expect(blocks('')).toEqual([]);
  expect(performance.now() - began).toBeLessThan(60_000);
});
