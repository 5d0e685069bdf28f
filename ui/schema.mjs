// Writes src/api/schema.ts, the types of our own interface, src/api/manifest.ts, those of manifests, and
// src/editor/fields.ts, what the editor knows of their fields: all from the description that the server gives.
// Usage: node schema.mjs. TIPHYS names the binary.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { start } from './fixture/real.mjs';

const FILE = new URL('src/api/schema.ts', import.meta.url);
const MANIFESTS = new URL('src/api/manifest.ts', import.meta.url);
const FIELDS = new URL('src/editor/fields.ts', import.meta.url);
const ROOT = '/api/tiphys/v1/';
const KINDS = [
  'Workflow',
  'WorkflowTemplate',
  'ClusterWorkflowTemplate',
  'CronWorkflow',
  'WorkflowEventBinding',
  'ConfigMap',
  'Secret',
  'PersistentVolumeClaim',
];
const PLAIN = { string: 'string', number: 'number', integer: 'number', boolean: 'boolean' };

const nameOf = (schema) => schema.$ref?.split('/').pop();

/** A schema as a type; `found` is told every name that it needs. Servers leave out what is null. */
function typeOf(schema, found) {
  const name = nameOf(schema);
  if (name) {
    found(name);
    return name;
  }
  if (schema.enum) return schema.enum.map((each) => `'${each}'`).join(' | ');
  const types = [schema.type].flat().filter((type) => type && type !== 'null');
  // What may be text, a number or a flag is whatever somebody wrote there.
  if (types.length > 1) return 'unknown';
  if (types[0] === 'array') {
    const item = typeOf(schema.items, found);
    return / /.test(item) ? `(${item})[]` : `${item}[]`;
  }
  if (schema.additionalProperties) return `Record<string, ${typeOf(schema.additionalProperties, found)}>`;
  return PLAIN[types[0]] ?? 'unknown';
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
  return interfaces(schemas, wanted);
}

/** The text of the file with the types of manifests. */
export function manifestsOf(description) {
  return interfaces(description.components.schemas, new Set(KINDS.slice(0, 4)));
}

/** Interfaces of what is wanted and of what that needs; a set that grows is walked to its end. */
function interfaces(schemas, wanted) {
  const found = (name) => wanted.add(name);
  const parts = new Map();
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

/** What is known of one field of a manifest. */
function fieldOf(schema, found) {
  const field = {};
  let inner = schema;
  while (inner.items) inner = inner.items;
  if (inner.additionalProperties) {
    inner = inner.additionalProperties;
    if (nameOf(inner)) field.map = true;
  }
  const holds = nameOf(inner);
  if (holds) {
    found(holds);
    field.holds = holds;
  }
  const choices = inner.enum ?? inner.anyOf?.flatMap((each) => each.enum ?? []);
  if (choices?.length) field.choices = choices;
  if ([schema.type].flat().includes('boolean')) field.choices = ['true', 'false'];
  if (schema.deprecated) field.gone = schema.description;
  return field;
}

/** The text of the file with the fields of manifests. */
export function fieldsOf(description) {
  const { schemas } = description.components;
  const wanted = new Set(KINDS);
  const types = [];
  for (const name of wanted) {
    // Nobody writes what became of an object.
    const written = Object.entries(schemas[name].properties ?? {}).filter(([field]) => field !== 'status');
    const fields = written.map(([field, schema]) => {
      const told = JSON.stringify(fieldOf(schema, (other) => wanted.add(other)));
      return `    ${JSON.stringify(field)}: ${told},\n`;
    });
    types.push(`  ${name}: {\n${fields.join('')}  },\n`);
  }
  return `// Made by schema.mjs from the description of the interface; do not edit.

/** A field of a manifest: the type that it holds, by name if \`map\`, its values, and what to say of one that is gone. */
export interface Field {
  holds?: string;
  map?: boolean;
  choices?: string[];
  gone?: string;
}

export const FIELDS: Record<string, Record<string, Field>> = {
${types.join('')}};
`;
}

/** The files that are made, with what makes them. */
const MADE = [
  [FILE, typesOf],
  [MANIFESTS, manifestsOf],
  [FIELDS, fieldsOf],
];

/** Whether the files say what a server says. */
export const isCurrent = (description) =>
  MADE.every(([file, make]) => readFileSync(file, 'utf8') === make(description));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await start({ state: 'empty' });
  const description = await server.api('GET', `${ROOT}openapi.json`);
  for (const [file, make] of MADE) writeFileSync(file, make(description));
  await server.close();
}
