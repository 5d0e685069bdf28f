// What is wrong with a text: what the server's check says, or at least whether it can be read.

import { parseAllDocuments } from 'yaml';
import * as argo from '../api/argo';
import { ApiError, either } from '../api/client';
import * as own from '../api/own';
import type { Workflow } from '../api/types';
import { text as texts } from '../text';

const words = texts.new;

export interface Read {
  objects: Record<string, unknown>[];
  problems: own.Diagnostic[];
}

/** Aliases that grow a small text into a huge object are refused. */
const ALIASES_MAX = 100;

export function read(text: string): Read {
  const objects: Record<string, unknown>[] = [];
  const problems: own.Diagnostic[] = [];
  for (const document of parsed(text, problems)) {
    if (!('errors' in document)) continue;
    for (const error of document.errors) {
      const [place] = error.linePos ?? [];
      problems.push({
        severity: 'error',
        line: place?.line ?? 1,
        column: place?.col ?? 1,
        message: error.message.split('\n')[0]?.replace(/ at line \d+.*$/, '') ?? '',
      });
    }
    if (document.errors.length > 0) continue;
    try {
      const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
      if (value !== null && typeof value === 'object' && !Array.isArray(value))
        objects.push(value as Record<string, unknown>);
    } catch (cause) {
      problems.push({
        severity: 'error',
        line: 1,
        column: 1,
        message: cause instanceof Error ? cause.message : String(cause),
      });
    }
  }
  return { objects, problems };
}

/** The documents of a text. What is nested too deeply for the reader is a problem, not the end of the page. */
function parsed(text: string, problems: own.Diagnostic[]) {
  try {
    return parseAllDocuments(text, { prettyErrors: true });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    problems.push({ severity: 'error', line: 1, column: 1, message: words.tooDeep });
    return [];
  }
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

/** Creates each object, or replaces what has its name. */
export async function create(namespace: string, objects: Record<string, unknown>[]): Promise<Made[]> {
  const made: Made[] = [];
  for (const object of objects) {
    const kind = String(object['kind'] ?? '');
    const metadata = (object['metadata'] ?? {}) as { name?: string; namespace?: string };
    const where = metadata.namespace || namespace;
    if (kind === 'Workflow') {
      const run: Workflow = await argo.createWorkflow(where, object);
      made.push({ kind, namespace: run.metadata.namespace ?? where, name: run.metadata.name });
    } else if (kind === 'WorkflowTemplate' || kind === 'ClusterWorkflowTemplate' || kind === 'CronWorkflow') {
      made.push({
        kind,
        namespace: kind === 'ClusterWorkflowTemplate' ? '' : where,
        name: await put(kind, where, object, metadata.name ?? ''),
      });
    } else throw new ApiError(400, kind);
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
