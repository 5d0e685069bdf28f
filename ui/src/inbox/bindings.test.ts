import { expect, it } from 'vitest';
import type { Binding } from '../api/argo';
import { sampleOf, selectorOf } from './bindings';

const binding = (selector?: string): Binding => ({
  metadata: { name: 'on-push', namespace: 'team a' },
  ...(selector === undefined ? {} : { spec: { event: { selector } } }),
});

it('tells the condition, and how a delivery that meets it is sent', () => {
  const given = binding('discriminator == "push" && payload.ref != ""');
  expect(selectorOf(given)).toBe('discriminator == "push" && payload.ref != ""');
  expect(sampleOf(given, 'http://flows.example/team/')).toBe(
    `curl -X POST 'http://flows.example/team/api/v1/events/team%20a/push' \\\n  -H "Authorization: $ARGO_TOKEN" \\\n  -H 'Content-Type: application/json' \\\n  -d '{}'`,
  );
});

it('leaves the shell nothing to run', () => {
  expect(sampleOf(binding(`discriminator == "a'$(touch x)"`), 'http://x/')).toContain(`events/team%20a/a'\\''%24(touch%20x)'`);
  expect(selectorOf(binding())).toBe('');
});
