import { expect, test } from 'vitest';
import { snippet, windowOf } from './widgets';

test('a snippet holds hostile names as text (UI-245)', () => {
  const told = snippet('http://x/widgets/a?name="><script>', 'a "b" & <c>', 1, 2);
  expect(told).toContain('name=&quot;>&lt;script>');
  expect(told).toContain('title="a &quot;b&quot; &amp; &lt;c>"');
});

test('links of a widget open in the whole window unless it says another (UI-013)', () => {
  expect(windowOf(new URLSearchParams())).toBe('_top');
  expect(windowOf(new URLSearchParams('target=_blank'))).toBe('_blank');
});
