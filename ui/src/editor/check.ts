// What is wrong with a text: what the server's check says, or at least whether it can be read.

import { LineCounter, visit } from 'yaml';
import * as argo from '../api/argo';
import { ApiError, either } from '../api/client';
import * as own from '../api/own';
import type { Workflow } from '../api/types';
import { text as texts } from '../text';
import { toYaml } from '../yaml';
import { documentsOf, valueOf } from './documents';

const words = texts.new;

export interface Read {
  objects: Record<string, unknown>[];
  problems: own.Diagnostic[];
}

export function read(text: string): Read {
  const objects: Record<string, unknown>[] = [];
  const lines = new LineCounter();
  const documents = documentsOf(text, lines);
  if (!documents) return { objects, problems: [{ severity: 'error', line: 1, column: 1, message: words.tooDeep }] };
  const problems: own.Diagnostic[] = [];
  for (const document of documents) {
    for (const error of document.errors) {
      const { line, col } = lines.linePos(error.pos[0]);
      problems.push({ severity: 'error', line, column: col, message: words.reader[error.code] ?? error.message });
    }
    if (document.errors.length > 0) continue;
    try {
      const value = valueOf(document);
      if (value !== null && typeof value === 'object' && !Array.isArray(value))
        objects.push(value as Record<string, unknown>);
    } catch (cause) {
      problems.push({
        severity: 'error',
        line: 1,
        column: 1,
        message: told(cause),
      });
    }
  }
  return { objects, problems };
}

function told(cause: unknown): string {
  if (cause instanceof RangeError) return words.tooDeep;
  return /alias count/i.test(String(cause)) ? words.tooManyAliases : words.unknownAlias;
}

/** Whether a text says something that is lost where only objects are kept. */
export function isCommented(text: string): boolean {
  let found = false;
  for (const document of documentsOf(text) ?? []) {
    found ||= Boolean(document.commentBefore || document.comment);
    visit(document, {
      Node: (_, node) => {
        if (!node.comment && !node.commentBefore) return undefined;
        found = true;
        return visit.BREAK;
      },
    });
  }
  return found;
}

export async function check(namespace: string, text: string, signal?: AbortSignal): Promise<Read> {
  const local = read(text);
  if (local.problems.length > 0 || local.objects.length === 0) return local;
  const problems = await either<own.Diagnostic[]>(
    'lint',
    async () => (await own.lint(namespace, text, signal)).diagnostics,
    async () => {
      // Argo's check says one mistake in one sentence, without a place.
      const workflow = local.objects.find((object) => object['kind'] === 'Workflow');
      if (!workflow) return [];
      try {
        await lintAsArgo(namespace, workflow);
        return [];
      } catch (cause) {
        if (!(cause instanceof ApiError) || cause.status === 0) throw cause;
        return [{ severity: 'error' as const, line: 1, column: 1, message: cause.message }];
      }
    },
  );
  return { objects: local.objects, problems };
}

async function lintAsArgo(namespace: string, workflow: Record<string, unknown>): Promise<unknown> {
  const { call, segment } = await import('../api/client');
  const filled = { ...workflow, metadata: { ...(workflow['metadata'] as object), namespace } };
  return call('POST', `api/v1/workflows/${segment(namespace)}/lint`, { body: { namespace, workflow: filled } });
}

export interface Made {
  kind: string;
  namespace: string;
  name: string;
}

const CATALOGUED = new Set(['WorkflowTemplate', 'ClusterWorkflowTemplate', 'CronWorkflow']);
/** Kinds that the server keeps besides, for runs to use. */
const KEPT = new Set([...CATALOGUED, 'WorkflowEventBinding', 'ConfigMap', 'Secret', 'Namespace']);

const kindOf = (object: Record<string, unknown>): string => String(object['kind'] ?? '');

/** Takes in what is kept, all of it or nothing, and then begins the runs. */
export async function create(namespace: string, objects: Record<string, unknown>[]): Promise<Made[]> {
  const strange = objects.map(kindOf).find((kind) => kind !== 'Workflow' && !KEPT.has(kind));
  if (strange !== undefined) throw new ApiError(400, words.kindUnknown(strange));
  const kept = objects.filter((object) => kindOf(object) !== 'Workflow');
  const made = kept.length === 0 ? [] : await keepAll(namespace, kept);
  for (const object of objects.filter((each) => kindOf(each) === 'Workflow')) {
    const metadata = (object['metadata'] ?? {}) as { namespace?: string };
    const where = metadata.namespace || namespace;
    const run: Workflow = await argo.createWorkflow(where, object);
    made.push({ kind: 'Workflow', namespace: run.metadata.namespace ?? where, name: run.metadata.name });
  }
  return made;
}

function keepAll(namespace: string, objects: Record<string, unknown>[]): Promise<Made[]> {
  return either(
    'apply',
    async () => {
      try {
        const { applied } = await own.apply(namespace, objects.map(toYaml).join('---\n'));
        return applied.map(({ kind, name, namespace: where }) => ({ kind, name, namespace: where }));
      } catch (cause) {
        // Who may not change everything may still change pipelines.
        const isRefused = cause instanceof ApiError && cause.status === 403;
        if (!isRefused || !objects.every((object) => CATALOGUED.has(kindOf(object)))) throw cause;
        return oneByOne(namespace, objects);
      }
    },
    () => oneByOne(namespace, objects),
  );
}

/** Each object on its own, as Argo's interface takes them. */
async function oneByOne(namespace: string, objects: Record<string, unknown>[]): Promise<Made[]> {
  const strange = objects.map(kindOf).find((kind) => !CATALOGUED.has(kind));
  if (strange !== undefined) throw new ApiError(400, words.kindUnknown(strange));
  const made: Made[] = [];
  for (const object of objects) {
    const kind = kindOf(object) as argo.PipelineKind;
    const metadata = (object['metadata'] ?? {}) as { name?: string; namespace?: string };
    const where = metadata.namespace || namespace;
    const name = await put(kind, where, object, metadata.name ?? '');
    made.push({ kind, namespace: kind === 'ClusterWorkflowTemplate' ? '' : where, name });
  }
  return made;
}

async function put(
  kind: argo.PipelineKind,
  namespace: string,
  object: Record<string, unknown>,
  name: string,
): Promise<string> {
  try {
    return (await argo.createCatalogued(kind, namespace, object)).metadata.name;
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.status !== 409) throw cause;
  }
  const current = await argo.getCatalogued(kind, namespace, name);
  const metadata = { ...(object['metadata'] as object), namespace, resourceVersion: current.metadata.resourceVersion };
  return (await argo.updateCatalogued(kind, namespace, name, { ...object, metadata })).metadata.name;
}
