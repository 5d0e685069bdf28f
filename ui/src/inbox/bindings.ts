// What begins a run when something comes in from outside.

import type { Binding } from '../api/argo';

/** The condition that a delivery must meet. */
export const selectorOf = (binding: Binding): string => binding.spec?.event?.selector?.trim() ?? '';

/** The delivery's name that a condition asks for, where it says so plainly. */
function discriminatorOf(selector: string): string {
  return /\bdiscriminator\s*==\s*(["'])(.*?)\1/.exec(selector)?.[2] ?? '';
}

/** A value inside single quotes of a shell. */
const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

/** How such a delivery is sent from the command line; `base` is where the pages are. */
export function sampleOf(binding: Binding, base: string): string {
  const path = ['api', 'v1', 'events', binding.metadata.namespace ?? 'default', discriminatorOf(selectorOf(binding))]
    .map(encodeURIComponent)
    .join('/');
  return [
    `curl -X POST ${quoted(new URL(path, base).href)}`,
    `  -H "Authorization: $ARGO_TOKEN"`,
    `  -H 'Content-Type: application/json'`,
    `  -d '{}'`,
  ].join(' \\\n');
}
