// Rows of runs: what lists show of each.

import { LABEL, listWorkflows, type PipelineKind, type Ref } from './api/argo';
import { either, type Query } from './api/client';
import * as own from './api/own';
import type { Phase, Workflow } from './api/types';
import { approvalsOf } from './approvals';
import { isBroken, isEnded, PHASES } from './phase';
import { fitsLabels } from './runs/selector';
import { oneLine } from './shown';

export interface Row extends Ref {
  namespace: string;
  name: string;
  uid: string;
  phase: Phase;
  message: string;
  progress: string;
  createdAt: string | null | undefined;
  startedAt: string | null | undefined;
  finishedAt: string | null | undefined;
  archived: boolean;
  suspended: boolean;
  /** A step of it waits for a person. */
  waiting: boolean;
  labels: Record<string, string>;
  /** Those that a column shows; nothing where they were not told. */
  annotations: Record<string, string> | undefined;
  by: string | undefined;
  pipeline: { kind: PipelineKind; name: string } | undefined;
}

export function rowOf(workflow: Workflow): Row {
  const { metadata, status, spec } = workflow;
  const labels = metadata.labels ?? {};
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid ?? `${metadata.namespace}/${metadata.name}`,
    phase: status?.phase ?? '',
    message: oneLine(status?.message ?? ''),
    progress: status?.progress ?? '',
    createdAt: metadata.creationTimestamp,
    startedAt: status?.startedAt,
    finishedAt: status?.finishedAt,
    archived: labels[LABEL.archiving] === 'Persisted',
    suspended: Boolean(spec?.suspend) && !isEnded(status?.phase),
    waiting: !isEnded(status?.phase) && approvalsOf(workflow).length > 0,
    labels,
    annotations: metadata.annotations ?? {},
    by: labels[LABEL.creator],
    pipeline: pipelineOf(labels),
  };
}

/** Which pipeline a run belongs to: its schedule before its template. */
export function pipelineOf(labels: Record<string, string>): Row['pipeline'] {
  const kinds: [string, PipelineKind][] = [
    [LABEL.cron, 'CronWorkflow'],
    [LABEL.template, 'WorkflowTemplate'],
    [LABEL.clusterTemplate, 'ClusterWorkflowTemplate'],
  ];
  for (const [label, kind] of kinds) {
    const name = labels[label];
    if (name) return { kind, name };
  }
  return undefined;
}

/** The same of a run that was begun before its labels told it: the template that it names. */
export function referredBy({ spec }: Workflow): Row['pipeline'] {
  const { name, clusterScope } = spec.workflowTemplateRef ?? {};
  return name ? { kind: clusterScope ? 'ClusterWorkflowTemplate' : 'WorkflowTemplate', name } : undefined;
}

/** How the name that is looked for is compared (UI-064). */
export const NAME_MATCHES = ['Contains', 'Prefix', 'Exact', 'NotEquals'] as const;
export type NameMatch = (typeof NAME_MATCHES)[number];

/** Spans of the past that an address can name. */
export const SPANS: Record<string, number> = { '1h': 3_600_000, '1d': 86_400_000, '7d': 604_800_000 };

export interface Filter {
  namespace: string;
  search: string;
  match: NameMatch;
  /** Only runs whose message contains this; Argo's interface cannot ask for it. */
  message: string;
  phases: string[];
  pipeline: string;
  label: string;
  /** Only runs created after this moment. */
  since: string;
  /** Only runs that were over before this moment. */
  until: string;
}

const PIPELINE_LABELS: Record<string, string> = {
  CronWorkflow: LABEL.cron,
  WorkflowTemplate: LABEL.template,
  ClusterWorkflowTemplate: LABEL.clusterTemplate,
};

/** A filter in the words of Argo's list (API-120 to API-126). */
export function queryOf(filter: Filter): Query {
  const labels: string[] = [];
  if (filter.phases.length > 0) labels.push(`${LABEL.phase} in (${filter.phases.join(',')})`);
  const [kind = '', name = ''] = split(filter.pipeline);
  if (PIPELINE_LABELS[kind] && name) labels.push(`${PIPELINE_LABELS[kind]}=${name}`);
  if (filter.label.trim()) labels.push(filter.label.trim());
  return {
    'listOptions.labelSelector': labels.join(','),
    ...(filter.search ? { 'listOptions.fieldSelector': `metadata.name=${filter.search}`, nameFilter: filter.match } : {}),
    createdAfter: filter.since || undefined,
    finishedBefore: filter.until || undefined,
  };
}

function split(text: string): string[] {
  const at = text.indexOf('/');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** From where changes are told: our own stream, or Argo's watch. */
export type Since = { own: string } | { argo: string | undefined };

export interface RowPage {
  rows: Row[];
  next: string | undefined;
  since: Since;
}

/** A row as our own list and its changes tell it. */
export function rowOfOwn(run: own.RunRow): Row {
  return {
    namespace: run.namespace,
    name: run.name,
    uid: run.uid,
    phase: run.phase as Phase,
    message: oneLine(run.message),
    progress: run.progress,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    finishedAt: run.finishedAt,
    archived: run.archived,
    suspended: run.suspended && !isEnded(run.phase as Phase),
    waiting: run.waiting && !isEnded(run.phase as Phase),
    labels: run.labels,
    annotations: run.annotations,
    by: run.by,
    pipeline: run.pipeline as Row['pipeline'],
  };
}

/** A filter in the words of our own list, of all phases. */
function ownQuery({ namespace, search, match, message, pipeline, label, since, until }: Filter): Query {
  const nameFilter = match === 'Contains' ? undefined : match;
  return { namespace, search, nameFilter, message, pipeline, label, from: since, to: until, archived: 'any' };
}

/** Whether a row that just began is one of those that a filter finds; what has not ended is before every end. */
export function isFound(filter: Filter, row: Row): boolean {
  const named: Record<NameMatch, boolean> = {
    Contains: row.name.includes(filter.search),
    Prefix: row.name.startsWith(filter.search),
    Exact: row.name === filter.search,
    NotEquals: row.name !== filter.search,
  };
  return (
    (!filter.search || named[filter.match]) &&
    row.message.includes(filter.message) &&
    (filter.phases.length === 0 || filter.phases.includes(row.phase)) &&
    (!filter.pipeline || `${row.pipeline?.kind}/${row.pipeline?.name}` === filter.pipeline) &&
    fitsLabels(filter.label, row.labels) &&
    (!filter.until || !row.finishedAt || Date.parse(row.finishedAt) <= Date.parse(filter.until))
  );
}

export async function listRows(filter: Filter, limit: number, from: string, signal?: AbortSignal): Promise<RowPage> {
  return either<RowPage>(
    'runs',
    async () => {
      const phase = filter.phases.join(',');
      const found = await own.runs({ ...ownQuery(filter), phase, limit, cursor: from }, signal);
      return { rows: found.items.map(rowOfOwn), next: found.next, since: { own: found.position } };
    },
    async () => {
      const found = await listWorkflows(
        filter.namespace,
        { ...queryOf(filter), 'listOptions.limit': limit, 'listOptions.continue': from || undefined },
        signal,
      );
      return {
        rows: (found.items ?? []).map(rowOf).filter((row) => row.message.includes(filter.message)),
        next: found.metadata?.continue || undefined,
        since: { argo: found.metadata?.resourceVersion },
      };
    },
  );
}

/** How many runs there are of each phase: all that a filter finds, or of the rows that are loaded. */
export interface Counts {
  of: Record<string, number>;
  /** Only loaded rows were counted (UI-069). */
  partial: boolean;
}

/** Counts what a filter finds of each phase, whichever of them it asks for; `loaded` is counted where a server cannot. */
export async function countRows(filter: Filter, loaded: () => Row[], signal?: AbortSignal): Promise<Counts> {
  const here = (): Counts => {
    const of: Record<string, number> = Object.fromEntries(PHASES.map((phase) => [phase, 0]));
    for (const { phase } of loaded()) of[phase] = (of[phase] ?? 0) + 1;
    return { of, partial: true };
  };
  return either<Counts>(
    'runs',
    async () => {
      const { phases } = await own.runs({ ...ownQuery(filter), count: 'phases', limit: 1 }, signal);
      return phases ? { of: phases, partial: false } : here();
    },
    async () => here(),
  );
}

export const EVERYTHING: Filter = { namespace: '', search: '', match: 'Contains', message: '', phases: [], pipeline: '', label: '', since: '', until: '' };

/** What can be done to a run now. */
export function allowed(row: { phase: Phase; suspended: boolean; archived?: boolean | undefined }) {
  const ended = isEnded(row.phase);
  const live = !ended && !row.archived;
  return {
    suspend: live && !row.suspended,
    resume: live,
    stop: live,
    terminate: live,
    retry: isBroken(row.phase),
    resubmit: true,
    delete: true,
  };
}

export type Verb = keyof ReturnType<typeof allowed>;

/** What can be done, in the order in which it is offered. */
export const VERBS: Verb[] = ['retry', 'resubmit', 'suspend', 'resume', 'stop', 'terminate', 'delete'];
