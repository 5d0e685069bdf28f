// Argo's interface: what exists on every server that speaks it.

import { ApiError, address, call, fault, type Query, segment } from './client';
import type { Arguments, CronWorkflow, List, Metadata, NodeStatus, Phase, Template, Workflow, WorkflowTemplate } from './types';

export const LABEL = {
  phase: 'workflows.argoproj.io/phase',
  template: 'workflows.argoproj.io/workflow-template',
  clusterTemplate: 'workflows.argoproj.io/cluster-workflow-template',
  cron: 'workflows.argoproj.io/cron-workflow',
  resubmittedFrom: 'workflows.argoproj.io/resubmitted-from-workflow',
  creator: 'workflows.argoproj.io/creator',
  archiving: 'workflows.argoproj.io/workflow-archiving-status',
} as const;

/** An annotation: what people call a thing. */
export const TITLE = 'workflows.argoproj.io/title';

/** What a row of a list needs. */
export const ROW_FIELDS = [
  'metadata',
  'items.metadata.uid',
  'items.metadata.name',
  'items.metadata.namespace',
  'items.metadata.creationTimestamp',
  'items.metadata.labels',
  'items.metadata.annotations',
  'items.status.phase',
  'items.status.message',
  'items.status.finishedAt',
  'items.status.startedAt',
  'items.status.estimatedDuration',
  'items.status.progress',
  'items.spec.suspend',
  'items.spec.arguments',
].join(',');

export const ROW_FIELDS_WATCHED = [
  'result.type',
  'result.object.metadata.resourceVersion',
  ...ROW_FIELDS.split(',')
    .slice(1)
    .map((field) => field.replace('items.', 'result.object.')),
].join(',');

export function listWorkflows(namespace: string, query: Query, signal?: AbortSignal): Promise<List<Workflow>> {
  return call('GET', `api/v1/workflows/${segment(namespace)}`, { query: { fields: ROW_FIELDS, ...query }, signal });
}

export function getWorkflow(namespace: string, name: string, uid?: string, signal?: AbortSignal): Promise<Workflow> {
  return call('GET', runPath(namespace, name), { query: { uid }, signal });
}

/** Only how a run fares. */
export async function phaseOf(run: Ref, signal?: AbortSignal): Promise<Phase | undefined> {
  const query = { fields: 'status.phase', uid: run.uid };
  return (await call<Partial<Workflow>>('GET', runPath(run.namespace, run.name), { query, signal })).status?.phase;
}

export function createWorkflow(namespace: string, workflow: unknown): Promise<Workflow> {
  return call('POST', `api/v1/workflows/${segment(namespace)}`, { body: { namespace, workflow } });
}

export interface SubmitOptions {
  parameters?: string[];
  artifacts?: string[];
  entryPoint?: string;
  labels?: string;
  annotations?: string;
  name?: string;
  serviceAccount?: string;
  priority?: number;
}

export function submitFrom(
  namespace: string,
  resourceKind: string,
  resourceName: string,
  submitOptions: SubmitOptions,
): Promise<Workflow> {
  return call('POST', `api/v1/workflows/${segment(namespace)}/submit`, {
    body: { namespace, resourceKind, resourceName, submitOptions },
  });
}

const runPath = (namespace: string, name: string) => `api/v1/workflows/${segment(namespace)}/${segment(name)}`;

export interface Ref {
  namespace: string;
  name: string;
  uid?: string | undefined;
  archived?: boolean | undefined;
}

function act(run: Ref, verb: string, body: object = {}): Promise<Workflow> {
  return call('PUT', `${runPath(run.namespace, run.name)}/${verb}`, {
    body: { namespace: run.namespace, name: run.name, ...body },
  });
}

function actOnArchived(run: Ref, verb: string, body: object): Promise<Workflow> {
  return call('PUT', `api/v1/archived-workflows/${segment(run.uid ?? '')}/${verb}`, {
    body: { uid: run.uid, namespace: run.namespace, name: run.name, ...body },
  });
}

export interface RetryOptions {
  restartSuccessful?: boolean;
  nodeFieldSelector?: string;
  parameters?: string[];
}

export const suspend = (run: Ref) => act(run, 'suspend');
export const resume = (run: Ref, nodeFieldSelector?: string) => act(run, 'resume', { nodeFieldSelector });
export const stop = (run: Ref, message?: string, nodeFieldSelector?: string) =>
  act(run, 'stop', { message, nodeFieldSelector });
export const terminate = (run: Ref) => act(run, 'terminate');
export const setNode = (run: Ref, body: object) => act(run, 'set', body);
/** A run that a list calls archived may still be here; then it is acted upon where it is. */
async function hereOrArchived<T>(run: Ref, here: () => Promise<T>, archived: () => Promise<T>): Promise<T> {
  try {
    return await here();
  } catch (cause) {
    if (!run.archived || !(cause instanceof ApiError) || cause.status !== 404) throw cause;
    return archived();
  }
}

export const retry = (run: Ref, options: RetryOptions) =>
  hereOrArchived(
    run,
    () => act(run, 'retry', options),
    () => actOnArchived(run, 'retry', options),
  );
export const resubmit = (run: Ref, options: { memoized?: boolean; parameters?: string[] }) =>
  hereOrArchived(
    run,
    () => act(run, 'resubmit', options),
    () => actOnArchived(run, 'resubmit', options),
  );

/** Removes a run; from the archive too, if that is wished. */
export async function remove(run: Ref, archive = true): Promise<void> {
  const gone = async (path: string, wasThere: boolean) => {
    try {
      await call('DELETE', path);
    } catch (cause) {
      // A server without an archive has nothing to remove there.
      if (wasThere || !(cause instanceof ApiError) || !cause.absent) throw cause;
    }
  };
  await gone(runPath(run.namespace, run.name), !run.archived);
  if (run.uid && (archive || run.archived)) await gone(`api/v1/archived-workflows/${segment(run.uid)}`, false);
}

export function logPath(run: Ref): string {
  return `${runPath(run.namespace, run.name)}/log`;
}

export type PipelineKind = 'WorkflowTemplate' | 'ClusterWorkflowTemplate' | 'CronWorkflow';

const catalogPath = (kind: PipelineKind, namespace: string) =>
  kind === 'WorkflowTemplate'
    ? `api/v1/workflow-templates/${segment(namespace)}`
    : kind === 'ClusterWorkflowTemplate'
      ? 'api/v1/cluster-workflow-templates'
      : `api/v1/cron-workflows/${segment(namespace)}`;

export type Catalogued = WorkflowTemplate | CronWorkflow;

export function listCatalog<T extends Catalogued>(
  kind: PipelineKind,
  namespace: string,
  signal?: AbortSignal,
): Promise<List<T>> {
  return call('GET', catalogPath(kind, namespace), { signal });
}

export function getCatalogued<T extends Catalogued>(
  kind: PipelineKind,
  namespace: string,
  name: string,
  signal?: AbortSignal,
): Promise<T> {
  return call('GET', `${catalogPath(kind, namespace)}/${segment(name)}`, { signal });
}

const bodyKey = (kind: PipelineKind) => (kind === 'CronWorkflow' ? 'cronWorkflow' : 'template');

export function createCatalogued(kind: PipelineKind, namespace: string, object: unknown): Promise<Catalogued> {
  return call('POST', catalogPath(kind, namespace), { body: { namespace, [bodyKey(kind)]: object } });
}

export function updateCatalogued(
  kind: PipelineKind,
  namespace: string,
  name: string,
  object: unknown,
): Promise<Catalogued> {
  return call('PUT', `${catalogPath(kind, namespace)}/${segment(name)}`, {
    body: { namespace, name, [bodyKey(kind)]: object },
  });
}

export function deleteCatalogued(kind: PipelineKind, namespace: string, name: string): Promise<unknown> {
  return call('DELETE', `${catalogPath(kind, namespace)}/${segment(name)}`);
}

export function setCronSuspended(namespace: string, name: string, suspended: boolean): Promise<CronWorkflow> {
  const path = `${catalogPath('CronWorkflow', namespace)}/${segment(name)}/${suspended ? 'suspend' : 'resume'}`;
  return call('PUT', path, { body: { namespace, name } });
}

/** How many may hold a semaphore, and where that is kept: in a ConfigMap (0) or in the database (1). */
export interface SyncLimit {
  namespace: string;
  type: 0 | 1;
  cmName: string;
  key: string;
  limit: number;
}

const limitPath = ({ namespace, key }: Pick<SyncLimit, 'namespace' | 'key'>) => `api/v1/sync/${segment(namespace)}/${segment(key)}`;

export const createLimit = (limit: SyncLimit): Promise<unknown> =>
  call('POST', `api/v1/sync/${segment(limit.namespace)}`, { body: limit });
export const updateLimit = (limit: SyncLimit): Promise<unknown> => call('PUT', limitPath(limit), { body: limit });
export const deleteLimit = ({ type, cmName, ...where }: Omit<SyncLimit, 'limit'>): Promise<unknown> =>
  call('DELETE', limitPath(where), { query: { type, cmName } });

/** What is done with a delivery from outside (UI-225). */
export interface Binding {
  metadata: Metadata;
  spec?: {
    event?: { selector?: string };
    submit?: { workflowTemplateRef?: { name?: string; clusterScope?: boolean }; arguments?: Arguments };
  };
}

export const listBindings = (namespace: string, signal?: AbortSignal): Promise<List<Binding>> =>
  call('GET', `api/v1/workflow-event-bindings/${segment(namespace)}`, { signal });

export interface Info {
  managedNamespace?: string;
  /** A colour by which people tell servers apart (UI-022). */
  navColor?: string;
  links?: { name: string; scope: string; url: string; target?: string }[];
  columns?: { name: string; type: string; key: string }[];
}

export const getInfo = (signal?: AbortSignal): Promise<Info> => call('GET', 'api/v1/info', { signal });
export const getVersion = (signal?: AbortSignal): Promise<{ version: string; goVersion?: string }> =>
  call('GET', 'api/v1/version', { signal });
export const getUser = (
  signal?: AbortSignal,
): Promise<{ subject?: string; name?: string; email?: string; issuer?: string; groups?: string[]; serviceAccountName?: string }> =>
  call('GET', 'api/v1/userinfo', { signal });

/** Where a file that a step wrote can be read. */
export function artifactPath(run: Ref, node: string, direction: 'inputs' | 'outputs', artifact: string): string {
  const [word, which] = run.archived ? ['archived-workflows', run.uid ?? ''] : ['workflows', run.name];
  return ['artifact-files', run.namespace, word, which, node, direction, artifact].map(segment).join('/');
}

/** Sends a file for an artifact of a template; the answer names it in a submission (API-305). */
export async function upload(namespace: string, template: string, artifact: string, file: File): Promise<string> {
  const body = new FormData();
  body.append('file', file);
  const path = ['upload-artifacts', namespace, template, artifact].map(segment).join('/');
  const answer = await fetch(address(path), { method: 'POST', body, credentials: 'same-origin' });
  if (!answer.ok) throw await fault(answer);
  const { key } = (await answer.json()) as { key: string };
  return key;
}

/** The name under which logs of a node are kept (K8S-061). */
export function podName(workflow: Workflow, node: NodeStatus): string {
  if (workflow.metadata.annotations?.['workflows.argoproj.io/pod-name-format'] === 'v1') return node.id;
  const name = workflow.metadata.name;
  if (node.name === name) return name;
  const template = node.templateRef?.template ?? node.templateName;
  const prefix = (template ? `${name}-${template}` : name).slice(0, 242);
  return `${prefix}-${fnv1a(node.name)}`;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** All templates that a run knows, its own first. */
export function templatesOf(workflow: Workflow): Map<string, Template> {
  const found = new Map<string, Template>();
  const own = workflow.status?.storedWorkflowTemplateSpec?.templates ?? [];
  for (const template of [...(workflow.spec.templates ?? []), ...own]) {
    if (template.name && !found.has(template.name)) found.set(template.name, template);
  }
  return found;
}

/** The template of a node, also of another workflow template. */
export function templateOf(workflow: Workflow, node: NodeStatus): Template | undefined {
  const stored = workflow.status?.storedTemplates ?? {};
  if (node.templateRef) {
    const { name, template, clusterScope } = node.templateRef;
    return stored[`${clusterScope ? 'cluster' : 'namespaced'}/${name}/${template}`];
  }
  const own = node.templateName ? templatesOf(workflow).get(node.templateName) : undefined;
  return own ?? stored[`${node.templateScope ?? ''}/${node.templateName ?? ''}`];
}
