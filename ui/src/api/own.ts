// Our own interface, for what Argo's cannot say. Each answer is optional: a server may not have the route yet.

import type { PipelineKind } from './argo';
import { call, segment } from './client';
import type { Phase } from './types';

const ROOT = 'api/tiphys/v1';

export interface RunBrief {
  name: string;
  namespace?: string;
  uid: string;
  phase: Phase;
  startedAt?: string | null;
  finishedAt?: string | null;
}

export interface Pipeline {
  kind: PipelineKind;
  namespace: string;
  name: string;
  title?: string;
  folder?: string;
  /** The last runs, oldest first. */
  runs: RunBrief[];
  successRate?: number;
  medianSeconds?: number;
  medianBefore?: number;
  running: number;
  nextAt?: string;
  schedules?: string[];
  timezone?: string;
  suspended?: boolean;
}

export interface ScheduleEntry {
  namespace: string;
  name: string;
  /** The coming times. */
  next?: string[];
  missed?: { at: string; reason: string }[];
}

export interface Version {
  version: number | string;
  at: string;
  by?: string;
  text: string;
}

export interface Approval {
  namespace: string;
  run: string;
  node: string;
  nodeName: string;
  since?: string | null;
  message?: string;
  parameters: { name: string; description?: string; value?: unknown; default?: unknown; enum?: unknown[] }[];
}

export interface LockHolder {
  namespace: string;
  run: string;
  node?: string;
  since?: string;
}

export interface Lock {
  key: string;
  kind: string;
  limit?: number;
  holders: LockHolder[];
  waiters: LockHolder[];
}

export interface Delivery {
  id: string;
  at: string;
  namespace: string;
  discriminator: string;
  sender?: string;
  status: string;
  results: { binding: string; matched: boolean; reason?: string; run?: string }[];
  headers?: Record<string, string>;
  payload?: unknown;
}

export interface JournalEntry {
  position: number;
  at: string;
  event: string;
  node?: string;
  nodeName?: string;
  text?: string;
  data?: unknown;
}

export interface Diagnostic {
  severity: 'error' | 'warning' | 'info';
  code?: string;
  line: number;
  column: number;
  endLine?: number;
  endColumn?: number;
  path?: string;
  message: string;
  help?: string;
  fix?: { line: number; column: number; endLine: number; endColumn: number; text: string };
}

export interface Page<T> {
  items: T[];
  next?: string;
}

type Signal = AbortSignal | undefined;

export const pipelines = (namespace: string, signal?: Signal): Promise<Page<Pipeline>> =>
  call('GET', `${ROOT}/pipelines`, { query: { namespace }, signal });
export const schedules = (namespace: string, signal?: Signal): Promise<Page<ScheduleEntry>> =>
  call('GET', `${ROOT}/schedules`, { query: { namespace }, signal });
export const versions = (
  kind: PipelineKind,
  namespace: string,
  name: string,
  signal?: Signal,
): Promise<Page<Version>> =>
  call('GET', `${ROOT}/templates/${kind}/${segment(namespace || '-')}/${segment(name)}/versions`, { signal });
export const approvals = (namespace: string, signal?: Signal): Promise<Page<Approval>> =>
  call('GET', `${ROOT}/approvals`, { query: { namespace }, signal });
export const locks = (namespace: string, signal?: Signal): Promise<Page<Lock>> =>
  call('GET', `${ROOT}/locks`, { query: { namespace }, signal });
export const deliveries = (namespace: string, cursor: string, signal?: Signal): Promise<Page<Delivery>> =>
  call('GET', `${ROOT}/deliveries`, { query: { namespace, cursor, limit: 50 }, signal });
export const delivery = (id: string, signal?: Signal): Promise<Delivery> =>
  call('GET', `${ROOT}/deliveries/${segment(id)}`, { signal });
export const replay = (id: string): Promise<Delivery> => call('POST', `${ROOT}/deliveries/${segment(id)}/replay`);
export const namespaces = (signal?: Signal): Promise<Page<string>> => call('GET', `${ROOT}/namespaces`, { signal });
export const examples = (signal?: Signal): Promise<Page<{ name: string; title?: string; text: string }>> =>
  call('GET', `${ROOT}/examples`, { signal });
export const lint = (namespace: string, text: string, signal?: Signal): Promise<{ diagnostics: Diagnostic[] }> =>
  call('POST', `${ROOT}/lint`, { body: { namespace, text }, signal });

export const runPath = (namespace: string, name: string): string =>
  `${ROOT}/runs/${segment(namespace)}/${segment(name)}`;

export const journal = (
  namespace: string,
  name: string,
  after: string,
  node: string | undefined,
  signal?: Signal,
): Promise<{ items: JournalEntry[]; next?: number }> =>
  call('GET', `${runPath(namespace, name)}/journal`, { query: { after, node, limit: 500 }, signal });

export const login = (body: { token: string } | { code: string }): Promise<void> =>
  call('POST', `${ROOT}/session`, { body });
export const logout = (): Promise<void> => call('DELETE', `${ROOT}/session`);
