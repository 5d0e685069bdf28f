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

/** Names that are kept on the server, for references to them. */
export interface Known {
  templates: string[];
}

export function wordsAt(
  text: string,
  at: number,
  known: Known = { templates: [] },
): { from: number; key: boolean; words: Word[] } | undefined {
  if (text.length > LOOKED_AT_MAX) return undefined;
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const before = text.slice(lineStart, at);
  const tag = /\{\{=?\s*([\w.-]*)$/.exec(before);
  if (tag) return { from: at - tag[1]!.length, key: false, words: variables(text) };
  const above = text.slice(0, lineStart);
  const value = /^(\s*(?:- )*)([\w-]+):\s+["']?([\w./-]*)$/.exec(before);
  if (value) {
    const [, space = '', key = '', typed = ''] = value;
    const lineEnd = text.indexOf('\n', at);
    const rest = text.slice(at, lineEnd < 0 ? text.length : lineEnd);
    // Within a value that goes on there is nothing to be completed.
    if (!/^["']?\s*(?:#.*)?$/.test(rest)) return undefined;
    const fields = typeAt(text, above, space.length);
    const choices = VALUES[key] ?? fields?.[key]?.choices ?? [];
    const words = namesFor(key, text, above, space.length, known) ?? choices.map((word) => ({ word }));
    return { from: at - typed.length, key: false, words };
  }
  // In braces on one line, and in lists of names.
  const inline = /[{,]\s*([\w-]+):\s*["']?([\w./-]*)$/.exec(before);
  if (inline) {
    const [, key = '', typed = ''] = inline;
    return { from: at - typed.length, key: false, words: NAMES_TEMPLATE.has(key) ? templateNames(text) : (VALUES[key] ?? []).map((word) => ({ word })) };
  }
  const needed = /^\s*(?:- )*(?:dependencies:\s*\[[^\]]*?|depends:\s*["']?[^"']*?)([\w-]*)$/.exec(before);
  if (needed) return { from: at - needed[1]!.length, key: false, words: siblingTasks(text, lineStart) };
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

/** The names that a field can have, where they are declared elsewhere. */
function namesFor(key: string, text: string, above: string, indent: number, known: Known): Word[] | undefined {
  if (key === 'depends') return siblingTasks(text, above.length);
  if (key !== 'name' && !NAMES_TEMPLATE.has(key)) return undefined;
  const path = keysAbove(above, indent);
  const [outer, holder] = [path.at(-2), path.at(-1)];
  if (holder === 'templateRef' || holder === 'workflowTemplateRef')
    return key === 'name' ? known.templates.map((word) => ({ word })) : [];
  if (NAMES_TEMPLATE.has(key)) return templateNames(text);
  // What a step or task gives is what its template takes.
  if (outer === 'arguments' && (holder === 'parameters' || holder === 'artifacts')) {
    const called = calledAround(text, above);
    return called ? inputsOf(text, called, holder) : undefined;
  }
  return undefined;
}

/** The template that the step or task around a place calls. */
function calledAround(text: string, above: string): string | undefined {
  const lines = text.split('\n');
  const here = above.split('\n').length - 1;
  const begin = findLast(lines, here, /^(\s*)arguments:/);
  if (begin === undefined) return undefined;
  const indent = /^\s*/.exec(lines[begin]!)![0].length;
  for (const step of [-1, 1]) {
    for (let at = begin + step; at >= 0 && at < lines.length; at += step) {
      const line = lines[at]!;
      const [, space = '', dashes = ''] = /^(\s*)((?:- +)*)/.exec(line)!;
      const depth = space.length + dashes.length;
      if (line.trim() === '' || depth > indent) continue;
      const called = depth === indent ? /^\s*(?:- +)*template:\s*["']?([\w.-]+)/.exec(line)?.[1] : undefined;
      if (called) return called;
      // The item ends where something stands further out, and begins at its dash.
      if (depth < indent || (step < 0 && dashes) || (step > 0 && dashes)) break;
    }
  }
  return undefined;
}

function findLast(lines: string[], from: number, pattern: RegExp): number | undefined {
  for (let at = Math.min(from, lines.length - 1); at >= 0; at -= 1) if (pattern.test(lines[at]!)) return at;
  return undefined;
}

/** Names of what a template of this text takes. */
function inputsOf(text: string, template: string, what: 'parameters' | 'artifacts'): Word[] {
  const lines = text.split('\n');
  for (const [begin, end] of templateSpans(lines)) {
    const own = lines.slice(begin, end);
    const indent = /^\s*(?:- +)/.exec(own[0] ?? '')?.[0].length ?? 0;
    const isIt = own.some((line, at) => fieldOf(line, at === 0, indent, 'name') === template);
    const inputs = own.findIndex((line, at) => fieldOf(line, at === 0, indent, 'inputs') !== undefined);
    if (!isIt || inputs < 0) continue;
    const found: Word[] = [];
    let within = '';
    for (const line of own.slice(inputs + 1)) {
      const depth = /^\s*/.exec(line)![0].length;
      if (line.trim() !== '' && depth <= indent) break;
      within = /^\s*(parameters|artifacts):/.exec(line)?.[1] ?? within;
      const name = /^\s*- +\{?\s*name:\s*["']?([\w.-]+)/.exec(line)?.[1];
      if (name && within === what) found.push({ word: name });
    }
    return found;
  }
  return [];
}

/** The value of a field of a template's own line. */
function fieldOf(line: string, isFirst: boolean, indent: number, field: string): string | undefined {
  const [, space = '', key, rest = ''] = /^(\s*(?:- +)?)([\w-]+):\s*["']?([\w.-]*)/.exec(line) ?? [];
  return key === field && (isFirst || space.length === indent) ? rest : undefined;
}

/** From where to where each template goes. */
function templateSpans(lines: string[]): [number, number][] {
  const spans: [number, number][] = [];
  lines.forEach((line, at) => {
    const [, space] = /^(\s*)templates:\s*$/.exec(line) ?? [];
    if (space === undefined) return;
    let dash: number | undefined;
    let begin: number | undefined;
    let next = at + 1;
    for (; next < lines.length; next += 1) {
      const each = lines[next]!;
      if (each.trim() === '' || /^\s*#/.test(each)) continue;
      const depth = /^\s*/.exec(each)![0].length;
      const isItem = each.trimStart().startsWith('- ');
      if (depth < space.length || (depth === space.length && !isItem)) break;
      dash ??= depth;
      if (depth !== dash || !isItem) continue;
      if (begin !== undefined) spans.push([begin, next]);
      begin = next;
    }
    if (begin !== undefined) spans.push([begin, next]);
  });
  return spans;
}

/** Names of the tasks beside the one at a place. */
function siblingTasks(text: string, lineStart: number): Word[] {
  const above = text.slice(0, lineStart);
  const from = above.lastIndexOf('tasks:');
  if (from < 0) return [];
  const space = /^\s*/.exec(text.slice(text.lastIndexOf('\n', from) + 1))![0].length;
  const body = text.slice(text.indexOf('\n', from) + 1).split('\n');
  const found: Word[] = [];
  let dash: number | undefined;
  for (const line of body) {
    const depth = /^\s*/.exec(line)![0].length;
    const isItem = line.trimStart().startsWith('- ');
    if (line.trim() !== '' && (depth < space || (depth === space && !isItem))) break;
    if (!isItem) continue;
    dash ??= depth;
    const name = depth === dash ? /-\s+\{?\s*name:\s*["']?([\w.-]+)/.exec(line)?.[1] : undefined;
    if (name) found.push({ word: name });
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
