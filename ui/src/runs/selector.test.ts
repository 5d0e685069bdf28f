import { expect, test } from 'vitest';
import { fitsLabels, termsOf } from './selector';

test('a selector is taken apart at its commas, not at those within parentheses', () => {
  expect(termsOf('team=web, tier in (a,b) ,!old,')).toEqual(['team=web', 'tier in (a,b)', '!old']);
  expect(termsOf('')).toEqual([]);
  expect(termsOf('half in (a')).toEqual(['half in (a']);
});

const labels = { team: 'web', tier: 'a' };
test.each([
  ['', true],
  ['team=web', true],
  ['team==web,tier!=b', true],
  ['team=data', false],
  ['tier in (a, b)', true],
  ['tier notin (a,b)', false],
  ['other notin (a)', true],
  ['other!=x', true],
  ['team', true],
  ['!team', false],
  ['!other', true],
  ['tier in (a', false],
])('%s: %s', (selector, fits) => {
  expect(fitsLabels(selector, labels)).toBe(fits);
});
