// Our own interface, for what Argo's cannot say. A server that speaks only Argo's has none of these routes.

import type { PipelineKind, Ref } from './argo';
import { ApiError, call, type Query, segment } from './client';
import type * as schema from './schema';
import type {
  ApprovalPage,
  Delivery,
  DeliveryPage,
  ExamplePage,
  Findings,
  JournalPage,
  LockPage,
  LogHits,
  LogRange,
  NamePage,
  Planned,
  PlannedPage,
  PipelinePage,
  RunPage,
  SchedulePage,
  Stage,
  StagePage,
  TemplateVersionPage,
} from './schema';
import type { Phase } from './types';

export type * from './schema';

// What the pages put together themselves, where a server has none of these routes, knows less.

/** A run as a bar. */
export interface RunBrief {
  name: string;
  namespace?: string;
  uid: string;
  phase: Phase;
  startedAt?: string | null | undefined;
  finishedAt?: string | null | undefined;
  suspended?: boolean;
  waiting?: boolean;
}
export type Pipeline = Omit<schema.Pipeline, 'runs'> & { runs: RunBrief[] };
export type Approval = Omit<schema.Approval, 'since'> & { since: string | null };
export type LockHolder = Omit<schema.LockHolder, 'uid'>;
export interface Lock extends Omit<schema.Lock, 'limit' | 'holders' | 'waiters'> {
  limit?: number;
  holders: LockHolder[];
  waiters: LockHolder[];
}
export type Diagnostic = Omit<schema.Diagnostic, 'code' | 'path'> & { code?: string; path?: string };

const ROOT = 'api/tiphys/v1';

type Signal = AbortSignal | undefined;

export const runs = (query: Query, signal?: Signal): Promise<RunPage> =>
  call('GET', `${ROOT}/runs`, { query, signal });
/** Where changes of runs come from, after a position that a list told. */
export const runEvents = (namespace: string, lastEventId: string): { path: string; query: Query } => ({
  path: `${ROOT}/events`,
  query: { namespace, lastEventId },
});
export const pipelines = (namespace: string, signal?: Signal): Promise<PipelinePage> =>
  call('GET', `${ROOT}/pipelines`, { query: { namespace }, signal });
export const schedules = (namespace: string, signal?: Signal): Promise<SchedulePage> =>
  call('GET', `${ROOT}/schedules`, { query: { namespace }, signal });
export const versions = (
  kind: PipelineKind,
  namespace: string,
  name: string,
  signal?: Signal,
): Promise<TemplateVersionPage> =>
  call('GET', `${ROOT}/templates/${kind}/${segment(namespace || '-')}/${segment(name)}/versions`, { signal });
/** What a pipeline would run, and what it asks for. */
export const planOf = (kind: PipelineKind, namespace: string, name: string, signal?: Signal): Promise<Planned> =>
  call('GET', `${ROOT}/templates/${kind}/${segment(namespace || '-')}/${segment(name)}/plan`, { signal });
/** The same of every document of a text. */
export const plan = (namespace: string, text: string, signal?: Signal): Promise<PlannedPage> =>
  call('POST', `${ROOT}/plan`, { body: { namespace, text }, signal });
export const approvals = (namespace: string, signal?: Signal): Promise<ApprovalPage> =>
  call('GET', `${ROOT}/approvals`, { query: { namespace }, signal });
export const locks = (namespace: string, signal?: Signal): Promise<LockPage> =>
  call('GET', `${ROOT}/locks`, { query: { namespace }, signal });
export const deliveries = (namespace: string, cursor: string, signal?: Signal): Promise<DeliveryPage> =>
  call('GET', `${ROOT}/deliveries`, { query: { namespace, cursor, limit: 50 }, signal });
export const delivery = (id: string, signal?: Signal): Promise<Delivery> =>
  call('GET', `${ROOT}/deliveries/${segment(id)}`, { signal });
export const replay = (id: string): Promise<Delivery> => call('POST', `${ROOT}/deliveries/${segment(id)}/replay`);
export const namespaces = (signal?: Signal): Promise<NamePage> => call('GET', `${ROOT}/namespaces`, { signal });
/** Takes in every document of a text that is kept; none if one of them is wrong. */
export const apply = (namespace: string, text: string): Promise<{ applied: { kind: string; namespace: string; name: string; warning?: string }[] }> =>
  call('POST', `${ROOT}/apply`, { body: { namespace, text } });
export const examples = (signal?: Signal): Promise<ExamplePage> =>
  call('GET', `${ROOT}/examples`, { signal });
export const lint = (namespace: string, text: string, signal?: Signal): Promise<Findings> =>
  call('POST', `${ROOT}/lint`, { body: { namespace, text }, signal });

export const runPath = (namespace: string, name: string): string =>
  `${ROOT}/runs/${segment(namespace)}/${segment(name)}`;
/** Where a run is told whole and then by what changes, and with it the lines of a log that somebody reads. */
export const closeup = (
  { namespace, name, uid }: Ref,
  reader: () => { node: string; container: string; next: () => number } | undefined = () => undefined,
): { path: string; query: () => Query } => ({
  path: `${runPath(namespace, name)}/events`,
  query: () => {
    const log = reader();
    const lines = log && { logNode: log.node, logContainer: log.container, logFrom: log.next() };
    return { nodes: 'columns', uid, ...lines };
  },
});

export interface Explained {
  text: string | undefined;
  /** Who holds the lock that it waits for, as `namespace/run` or `namespace/run/node`. */
  heldBy: string[];
}

/** Why a run, or a node of it, is as it is, in one sentence; nothing where nobody knows. */
export async function explain({ namespace, name, uid }: Ref, node?: string, signal?: Signal): Promise<Explained | undefined> {
  try {
    const found = await call<{ items?: { text?: string }[]; answer?: { heldBy?: string[] } }>('GET', `${runPath(namespace, name)}/why`, {
      query: { uid, node },
      signal,
    });
    return { text: found.items?.[0]?.text, heldBy: found.answer?.heldBy ?? [] };
  } catch (cause) {
    if (cause instanceof ApiError && cause.absent) return undefined;
    throw cause;
  }
}

/** How long steps waited and took to start; nothing where no journal tells. */
export async function stages(run: Ref, signal?: Signal): Promise<Stage[]> {
  try {
    const query = { uid: run.uid };
    return (await call<StagePage>('GET', `${runPath(run.namespace, run.name)}/stages`, { query, signal })).items;
  } catch (cause) {
    if (cause instanceof ApiError && cause.absent) return [];
    throw cause;
  }
}

/** What happened in a run, or to one node of it, after a place. */
export const journal = (run: Ref, after: number | undefined, node: string | undefined, signal?: Signal): Promise<JournalPage> =>
  call('GET', `${runPath(run.namespace, run.name)}/journal`, { query: { uid: run.uid, after, node, limit: 500 }, signal });

/** Whose log is meant. */
interface LogOf {
  run: Ref;
  node?: string | undefined;
  container: string;
}

const logOf = ({ run, node, container }: LogOf): Query => ({ uid: run.uid, node, container });

/** Lines of a step's log from a number on, counted from 1; from below zero that many from the end. */
export const readLog = (log: LogOf, from: number, limit: number, signal?: Signal): Promise<LogRange> =>
  call('GET', `${runPath(log.run.namespace, log.run.name)}/log`, { query: { ...logOf(log), from, limit }, signal });
/** The numbers of the lines that hold a text. */
export const searchLog = (
  log: LogOf,
  wanted: { text: string; regex?: boolean; from?: number; limit: number },
  signal?: Signal,
): Promise<LogHits> =>
  call('GET', `${runPath(log.run.namespace, log.run.name)}/log/search`, {
    query: { ...logOf(log), ...wanted },
    signal,
  });
/** Where lines come from as they are written. */
export const followLog = (log: LogOf, from: number): { path: string; query: Query } => ({
  path: `${runPath(log.run.namespace, log.run.name)}/log/follow`,
  query: { ...logOf(log), from },
});

/** Who else may come in; only administrators are told. The guard of the door describes it, not the interface. */
export interface Token {
  name: string;
  role: string;
  namespaces: string[];
  createdUs: number;
  expiresUs?: number | null;
}
export const tokens = (signal?: Signal): Promise<{ items: Token[] }> => call('GET', `${ROOT}/tokens`, { signal });
export const createToken = (wanted: {
  name: string;
  role: string;
  namespaces: string[];
  ttlSeconds: number;
}): Promise<{ name: string; token: string }> => call('POST', `${ROOT}/tokens`, { body: wanted });
export const revokeToken = (name: string): Promise<unknown> => call('DELETE', `${ROOT}/tokens/${segment(name)}`);

export const login = (body: { token: string } | { code: string }): Promise<void> =>
  call('POST', `${ROOT}/session`, { body });
export const logout = (): Promise<void> => call('DELETE', `${ROOT}/session`);
