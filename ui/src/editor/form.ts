// The parts of a manifest that have forms: what they hold, and the text with one of them changed (UI-204, UI-213).

import { type Document, isMap } from 'yaml';
import { documentsOf, valueOf } from './documents';

export type Path = (string | number)[];

/** Names with values, like labels. */
export interface Pairs {
  kind: 'labels' | 'annotations' | 'runLabels' | 'runAnnotations' | 'parameters';
  path: Path;
  /** Parameters are a list of objects, all others are maps. */
  isList: boolean;
  pairs: { name: string; value: string }[];
}

/** One setting of a schedule. */
export interface Setting {
  name: (typeof SETTINGS)[number]['name'];
  kind: 'text' | 'zone' | 'number' | 'choice' | 'check';
  value: string;
  choices: readonly string[];
}

export interface Form {
  /** Of a CronWorkflow: when it fires. */
  schedules: string[] | undefined;
  settings: Setting[];
  groups: Pairs[];
}

/** What a schedule can be set to (UI-204), by the names of Argo. */
const SETTINGS = [
  { name: 'timezone', kind: 'zone' },
  { name: 'suspend', kind: 'check' },
  { name: 'concurrencyPolicy', kind: 'choice', choices: ['Allow', 'Forbid', 'Replace'] },
  { name: 'startingDeadlineSeconds', kind: 'number' },
  { name: 'successfulJobsHistoryLimit', kind: 'number' },
  { name: 'failedJobsHistoryLimit', kind: 'number' },
  { name: 'when', kind: 'text' },
] as const;

const KINDS = ['Workflow', 'WorkflowTemplate', 'ClusterWorkflowTemplate', 'CronWorkflow'];

/** The form of the first object; nothing where it cannot be read or has none. */
export function formOf(text: string): Form | undefined {
  const [document] = read(text) ?? [];
  const object = document && (plain(document) as Record<string, unknown> | undefined);
  const kind = object?.['kind'];
  if (!object || typeof kind !== 'string' || !KINDS.includes(kind)) return undefined;
  const isCron = kind === 'CronWorkflow';
  const group = (name: Pairs['kind'], path: Path): Pairs => ({
    kind: name,
    path,
    isList: false,
    pairs: Object.entries(record(at(object, path))).map(([key, value]) => ({ name: key, value: told(value) })),
  });
  const parameters: Path = [...(isCron ? ['spec', 'workflowSpec'] : ['spec']), 'arguments', 'parameters'];
  const given = at(object, parameters);
  const spec = record(object['spec']);
  return {
    schedules: isCron ? schedulesOf(spec) : undefined,
    settings: isCron
      ? SETTINGS.map((setting) => ({
          name: setting.name,
          kind: setting.kind,
          value: told(spec[setting.name]),
          choices: 'choices' in setting ? setting.choices : [],
        }))
      : [],
    groups: [
      {
        kind: 'parameters',
        path: parameters,
        isList: true,
        pairs: (Array.isArray(given) ? given : []).map((each) => ({
          name: told(record(each)['name']),
          value: told(record(each)['value']),
        })),
      },
      group('labels', ['metadata', 'labels']),
      group('annotations', ['metadata', 'annotations']),
      ...(kind === 'Workflow'
        ? []
        : [
            group('runLabels', ['spec', 'workflowMetadata', 'labels']),
            group('runAnnotations', ['spec', 'workflowMetadata', 'annotations']),
          ]),
    ],
  };
}

/** The text with a pair given another value, or with one more. */
export function withPair(text: string, { path, isList, pairs }: Pairs, name: string, value: string): string {
  const index = pairs.findIndex((each) => each.name === name);
  return changed(text, (document) => {
    if (!isList) document.setIn([...path, name], value);
    else if (index >= 0) document.setIn([...path, index, 'value'], value);
    else if (pairs.length > 0) document.addIn(path, document.createNode({ name, value }));
    else document.setIn(path, document.createNode([{ name, value }]));
  });
}

export function withoutPair(text: string, { path, isList, pairs }: Pairs, name: string): string {
  const key = isList ? pairs.findIndex((each) => each.name === name) : name;
  return changed(text, (document) => {
    document.deleteIn([...path, key]);
    if (pairs.length === 1) document.deleteIn(path);
  });
}

/** The text with another setting of its schedule; an empty one is taken out. */
export function withSetting(text: string, { name, kind }: Setting, value: string): string {
  const isNumber = kind === 'number' && /^\d+$/.test(value);
  const written = kind === 'check' ? value === 'true' || undefined : isNumber ? Number(value) : value || undefined;
  return changed(text, (document) => {
    if (written === undefined) document.deleteIn(['spec', name]);
    else document.setIn(['spec', name], written);
  });
}

export function withSchedules(text: string, schedules: string[]): string {
  return changed(text, (document) => {
    // The field of older manifests holds one.
    document.deleteIn(['spec', 'schedule']);
    document.setIn(['spec', 'schedules'], document.createNode(schedules));
  });
}

/** Whether a text is JSON, which can be read as YAML as well. */
export const isJson = (text: string): boolean => /^\s*\{/.test(text);

/** The text as JSON; nothing if it cannot be read or holds several objects. */
export function asJson(text: string): string | undefined {
  const documents = read(text);
  const value = documents?.length === 1 ? plain(documents[0]!) : undefined;
  return value === undefined ? undefined : `${JSON.stringify(value, null, 2)}\n`;
}

function changed(text: string, act: (document: Document) => void): string {
  const documents = read(text);
  const [first] = documents ?? [];
  if (!documents || !first) return text;
  try {
    act(first);
  } catch {
    // Where a part of the way is a plain value, nothing can stand below it.
    return text;
  }
  if (isJson(text) && documents.length === 1) return `${JSON.stringify(plain(first), null, 2)}\n`;
  // Lists stand where they stood: under their name, or one step to the right of it.
  const indentSeq = !/^( *)[\w-]+:[ \t]*\n\1- /m.test(text);
  const flowCollectionPadding = !/[{[][^\s{}[\]]/.test(text.replaceAll(/"[^"]*"|'[^']*'|\{\{.*?\}\}/g, ''));
  return documents.map((document) => document.toString({ lineWidth: 0, indentSeq, flowCollectionPadding })).join('');
}

/** The documents of a text; nothing where one cannot be read. */
function read(text: string): Document[] | undefined {
  const documents = documentsOf(text);
  if (!documents || documents.some((each) => each.errors.length > 0)) return undefined;
  return documents.every((each) => isMap(each.contents)) ? documents : undefined;
}

function plain(document: Document): unknown {
  try {
    return valueOf(document);
  } catch {
    return undefined;
  }
}

const record = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((held, key) => record(held)[String(key)], value);

function told(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function schedulesOf(spec: Record<string, unknown>): string[] {
  const { schedules, schedule } = spec;
  if (Array.isArray(schedules)) return schedules.map(told);
  return schedule === undefined ? [] : [told(schedule)];
}
