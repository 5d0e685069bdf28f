// What can be written at a place of a manifest: the fields that the schema knows there, their values, and names that are
// declared elsewhere.

import { FIELDS, type Field } from './fields';

export interface Word {
  word: string;
  info?: string;
}

const VALUES: Record<string, string[]> = {
  kind: ['Workflow', 'WorkflowTemplate', 'ClusterWorkflowTemplate', 'CronWorkflow', 'WorkflowEventBinding'],
  apiVersion: ['argoproj.io/v1alpha1'],
};
/** Fields whose value is the name of a template. */
const NAMES_TEMPLATE = new Set(['template', 'entrypoint', 'onExit']);

/** Most of the text that is looked at, so that completing stays quick. */
const LOOKED_AT_MAX = 500_000;

export function wordsAt(text: string, at: number): { from: number; key: boolean; words: Word[] } | undefined {
  if (text.length > LOOKED_AT_MAX) return undefined;
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const before = text.slice(lineStart, at);
  const tag = /\{\{=?\s*([\w.-]*)$/.exec(before);
  if (tag) return { from: at - tag[1]!.length, key: false, words: variables(text) };
  const above = text.slice(0, lineStart);
  const value = /^(\s*(?:- )*)([\w-]+):\s*([\w./-]*)$/.exec(before);
  if (value) {
    const [, space = '', key = '', typed = ''] = value;
    const choices = VALUES[key] ?? typeAt(text, above, space.length)?.[key]?.choices ?? [];
    const words = NAMES_TEMPLATE.has(key) ? templateNames(text) : choices.map((word) => ({ word }));
    return { from: at - typed.length, key: false, words };
  }
  const key = /^(\s*(?:- )*)([\w-]*)$/.exec(before);
  if (!key) return undefined;
  const fields = Object.entries(typeAt(text, above, key[1]!.length) ?? {});
  // What is gone is known, but nobody should begin to use it.
  const words = fields
    .filter(([, field]) => !field.gone)
    .map(([word, field]) => ({ word, ...(field.holds ? { info: field.holds } : {}) }));
  return { from: at - key[2]!.length, key: true, words };
}

/** The field whose name stands at a place, and what is known of it. */
export function fieldAt(text: string, at: number): { from: number; to: number; name: string; field: Field } | undefined {
  if (text.length > LOOKED_AT_MAX) return undefined;
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = text.indexOf('\n', at);
  const line = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd);
  const [, space = '', name = ''] = /^(\s*(?:- )*)([\w-]+):/.exec(line) ?? [];
  const from = lineStart + space.length;
  if (!name || at < from || at > from + name.length) return undefined;
  const field = typeAt(text, text.slice(0, lineStart), space.length)?.[name];
  return field ? { from, to: from + name.length, name, field } : undefined;
}

/** The fields of the object that a line with this much space before it is a part of. */
function typeAt(text: string, above: string, indent: number): Record<string, Field> | undefined {
  // Documents of one file are read by themselves.
  const begins = /(?:^|\n)---[^\n]*\n(?![\s\S]*\n---)/.exec(above);
  const start = begins ? begins.index + begins[0].length : 0;
  const kind = /^kind:\s*(\w+)/m.exec(text.slice(start))?.[1] ?? 'Workflow';
  let type = FIELDS[kind];
  let names: Record<string, Field> | undefined;
  for (const key of keysAbove(above.slice(start), indent)) {
    if (names) {
      // The key is a name of somebody's own.
      [type, names] = [names, undefined];
      continue;
    }
    const field = type?.[key];
    const held: Record<string, Field> | undefined = field?.holds ? FIELDS[field.holds] : undefined;
    [type, names] = field?.map ? [undefined, held] : [held, undefined];
  }
  return type;
}

/** The keys that lead to a line with this much space before it, the outermost first. */
function keysAbove(above: string, indent: number): string[] {
  const lines = above.split('\n');
  const found: string[] = [];
  let within = indent;
  for (let at = lines.length - 1; at >= 0 && within > 0; at -= 1) {
    const [, space = '', key, rest = ''] = /^(\s*(?:- +)*)([\w.-]+):(.*)$/.exec(lines[at]!) ?? [];
    if (key === undefined || space.length >= within) continue;
    // What holds a value of its own holds nothing below.
    if (!/^\s*(?:#.*|[|>][+-]?\d*\s*)?$/.test(rest)) continue;
    found.unshift(key);
    within = space.length;
  }
  return found;
}

/** Names of the templates of every document. */
function templateNames(text: string): Word[] {
  const names = new Set<string>();
  for (const block of text.matchAll(/^( *)templates:[^\n]*\n((?:\1[ -][^\n]*(?:\n|$)|\s*\n)*)/gm)) {
    const items = block[2]!;
    const dash = /^ *-/m.exec(items)?.[0].length ?? 0;
    const name = new RegExp(`^(?: {${dash - 1}}- +| {${dash + 1}})name:\\s*["']?([\\w.-]+)`, 'gm');
    for (const [, found] of items.matchAll(name)) names.add(found!);
  }
  return [...names].map((word) => ({ word }));
}

function variables(text: string): Word[] {
  const found: Word[] = [
    'workflow.name',
    'workflow.namespace',
    'workflow.uid',
    'workflow.parameters',
    'workflow.creationTimestamp',
    'workflow.status',
    'workflow.duration',
    'item',
    'retries',
    'pod.name',
  ].map((word) => ({ word }));
  for (const match of text.matchAll(/^\s*- name:\s*([\w-]+)\s*$/gm)) {
    found.push({ word: `inputs.parameters.${match[1]}` });
    found.push({ word: `tasks.${match[1]}.outputs.result` }, { word: `steps.${match[1]}.outputs.result` });
  }
  return found.slice(0, 500);
}
