// Every text that people read is in the catalogue, so that it can be translated.

import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'svelte/compiler';
import { expect, test } from 'vitest';

/** Attributes that people read or hear. */
const READ = new Set(['title', 'placeholder', 'aria-label', 'alt']);
/** Words that are the same in every language: names of fields and formats, and examples of what can be typed. */
const SAME = new Set(['when', '0 2 * * *', 'default/hello-1', 'default/hello-2', 'Ctrl Enter', 'UTC']);

interface Part {
  type?: string;
  name?: string;
  data?: string;
  value?: unknown;
}

/** The texts that a template says itself. */
function saidIn(part: unknown, said: string[] = []): string[] {
  if (Array.isArray(part)) {
    for (const each of part) saidIn(each, said);
  } else if (part !== null && typeof part === 'object') {
    const { type, name = '', data = '', value } = part as Part;
    if (type === 'Text') said.push(data);
    else if (type === 'StyleDirective') return said;
    else if (type === 'Attribute') {
      if (READ.has(name)) saidIn(value, said);
    } else for (const each of Object.values(part)) saidIn(each, said);
  }
  return said;
}

const isText = (said: string): boolean => /\p{L}{2,}/u.test(said) && !SAME.has(said);

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.svelte'));

test('pages are looked through', () => {
  expect(files.length).toBeGreaterThan(30);
  const { fragment } = parse('<p title="A title" class="none">Some <b>words</b> {#if true}{shown} more{/if}</p>', { modern: true });
  expect(saidIn(fragment).filter(isText)).toEqual(['A title', 'Some ', 'words', ' more']);
});

test.each(files)('%s says nothing of its own', (file) => {
  const { fragment } = parse(readFileSync(`src/${file}`, 'utf8'), { modern: true });
  expect(saidIn(fragment).map((said) => said.trim()).filter(isText)).toEqual([]);
});
