// What saving a text would change in an object that is on the server.

import { type Binding, type Catalogued, getCatalogued, listBindings, type PipelineKind } from '../api/argo';
import { ApiError } from '../api/client';
import type { Workflow } from '../api/types';
import { toYaml } from '../yaml';

export interface Target {
  kind: PipelineKind | 'WorkflowEventBinding';
  namespace: string;
  name: string;
}

const KINDS = new Set<unknown>(['WorkflowTemplate', 'ClusterWorkflowTemplate', 'CronWorkflow', 'WorkflowEventBinding']);

/** What an object would replace, if it has a name and a kind that is kept. */
export function targetOf(object: Record<string, unknown> | undefined, namespace: string): Target | undefined {
  const metadata = (object?.['metadata'] ?? {}) as { name?: unknown; namespace?: unknown };
  if (!object || !KINDS.has(object['kind']) || typeof metadata.name !== 'string') return undefined;
  return {
    kind: object['kind'] as Target['kind'],
    namespace: namespaceOf(object['kind'], metadata.namespace, namespace),
    name: metadata.name,
  };
}

function namespaceOf(kind: unknown, given: unknown, otherwise: string): string {
  if (kind === 'ClusterWorkflowTemplate') return '';
  return typeof given === 'string' ? given : otherwise;
}

/** What an address means, as `kind/namespace/name`; `-` is no namespace. */
export function targetNamed(text: string): Target | undefined {
  const [kind, namespace = '', name, ...more] = text.split('/');
  if (!KINDS.has(kind) || !name || more.length > 0) return undefined;
  return { kind: kind as Target['kind'], namespace: namespace === '-' ? '' : namespace, name };
}

/** The object that is there now; nothing if there is none. */
export async function current(target: Target, signal?: AbortSignal): Promise<Catalogued | Binding | undefined> {
  try {
    if (target.kind === 'WorkflowEventBinding') {
      // They cannot be asked for one by one.
      const { items } = await listBindings(target.namespace, signal);
      return items?.find(({ metadata }) => metadata.name === target.name);
    }
    return await getCatalogued(target.kind, target.namespace, target.name, signal);
  } catch (cause) {
    if (cause instanceof ApiError && cause.absent) return undefined;
    throw cause;
  }
}

/** The part that people write, as YAML. */
export function written(kind: string, object: { metadata?: unknown; spec?: unknown }): string {
  const metadata = (object.metadata ?? {}) as Record<string, unknown>;
  const kept: Record<string, unknown> = {};
  for (const field of ['name', 'namespace', 'labels', 'annotations']) {
    const value = metadata[field];
    const empty =
      value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
    if (!empty) kept[field] = value;
  }
  return toYaml({ apiVersion: 'argoproj.io/v1alpha1', kind, metadata: kept, spec: withoutFillers(object.spec) });
}

/** What belongs to the run that was, and not to one of its kind. */
const OF_THE_RUN = 'workflows.argoproj.io/';
/** Annotations of that kind that somebody wrote. */
const TOLD = [`${OF_THE_RUN}title`, `${OF_THE_RUN}description`];

/** A manifest of a run like another one, to be changed and run. */
export function copyOf({ metadata, spec }: Workflow): string {
  const { generateName, name, namespace, labels, annotations } = metadata;
  const own = (pairs: Record<string, string> | undefined) =>
    Object.fromEntries(Object.entries(pairs ?? {}).filter(([key]) => !key.startsWith(OF_THE_RUN) || TOLD.includes(key)));
  const kept = Object.entries({ namespace, labels: own(labels), annotations: own(annotations) });
  const { shutdown: _, ...wanted } = spec as Record<string, unknown>;
  return toYaml({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: {
      generateName: (generateName as string | undefined) || `${name}-`,
      ...Object.fromEntries(kept.filter(([, value]) => (typeof value === 'object' ? Object.keys(value).length > 0 : value))),
    },
    spec: withoutFillers(wanted),
  });
}

/** Fields that Argo writes empty where nobody wrote them. */
const FILLERS = new Set(['inputs', 'outputs', 'arguments', 'metadata', 'resources']);

function withoutFillers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFillers);
  if (value === null || typeof value !== 'object') return value;
  const isFiller = ([key, held]: [string, unknown]) =>
    FILLERS.has(key) && held !== null && typeof held === 'object' && Object.keys(held).length === 0;
  const kept = Object.entries(value).filter((field) => !isFiller(field));
  return Object.fromEntries(kept.map(([key, held]) => [key, withoutFillers(held)]));
}
