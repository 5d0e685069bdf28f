// Writes src/api/schema.ts: the types of our own interface, from the description that the server gives of it.
// Usage: node schema.mjs. TIPHYS names the binary.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { start } from './fixture/real.mjs';

const FILE = new URL('src/api/schema.ts', import.meta.url);
const ROOT = '/api/tiphys/v1/';
const PLAIN = { string: 'string', number: 'number', integer: 'number', boolean: 'boolean' };

const nameOf = (schema) => schema.$ref?.split('/').pop();

/** A schema as a type; `found` is told every name that it needs. */
function typeOf(schema, found) {
  const name = nameOf(schema);
  if (name) {
    found(name);
    return name;
  }
  if (schema.enum) return schema.enum.map((each) => `'${each}'`).join(' | ');
  if (schema.type === 'array') {
    const item = typeOf(schema.items, found);
    return / /.test(item) ? `(${item})[]` : `${item}[]`;
  }
  if (schema.additionalProperties) return `Record<string, ${typeOf(schema.additionalProperties, found)}>`;
  return PLAIN[schema.type] ?? 'unknown';
}

/** The text of the file for a description. */
export function typesOf(description) {
  const { schemas } = description.components;
  const wanted = new Set();
  const found = (name) => wanted.add(name);
  for (const [path, methods] of Object.entries(description.paths)) {
    if (!path.startsWith(ROOT)) continue;
    for (const { responses } of Object.values(methods))
      for (const { schema } of Object.values(responses['200'].content)) typeOf(schema, found);
  }
  const parts = new Map();
  // What a type needs is wanted too; a set that grows is walked to its end.
  for (const name of wanted) {
    const { properties, required = [] } = schemas[name];
    if (!properties || name === 'Page') continue;
    const fields = Object.entries(properties).map(
      ([field, schema]) => `  ${field}${required.includes(field) ? '' : '?'}: ${typeOf(schema, found)};\n`,
    );
    parts.set(name, `export interface ${name} {\n${fields.join('')}}\n`);
  }
  const sorted = [...parts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part);
  return `// Made by schema.mjs from the description of the interface; do not edit.\n\n${sorted.join('\n')}`;
}

/** Whether the file says what a server says. */
export const isCurrent = (description) => readFileSync(FILE, 'utf8') === typesOf(description);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await start({ state: 'empty' });
  writeFileSync(FILE, typesOf(await server.api('GET', `${ROOT}openapi.json`)));
  await server.close();
}
