// Pipelines with how they fared lately.

import { listCatalog, type PipelineKind, TITLE } from './api/argo';
import { either } from './api/client';
import * as own from './api/own';
import type { CronWorkflow, WorkflowTemplate } from './api/types';
import { firings } from './cron';
import { type Lately, lately } from './lately';
import { plain } from './markdown';
import { isEnded } from './phase';
import { EVERYTHING, listRows, type Row, type Since } from './runs';
import { millis } from './time.svelte';

/** The latest runs: for Home, and to sum up where the server does not. */
const RUNS_LOOKED_AT = 300;
const RUNS_SHOWN = 20;

export interface Overview {
  pipelines: own.Pipeline[];
  /** The latest runs, newest first. */
  recent: Row[];
  since: Since;
}

export async function overview(namespace: string, signal?: AbortSignal): Promise<Overview> {
  const runs = listRows({ ...EVERYTHING, namespace }, RUNS_LOOKED_AT, '', signal);
  const pipelines = either(
    'pipelines',
    async () => (await own.pipelines(namespace, signal)).items,
    async () => {
      const [known, recent] = await Promise.all([catalogued(namespace, signal), runs]);
      return sumUp(known, recent.rows);
    },
  );
  const [found, list] = await Promise.all([pipelines, runs]);
  return { pipelines: found, recent: list.rows, since: list.since };
}

/** The same with what goes on and what failed, wherever in the list it stands. */
export async function overviewOfAll(namespace: string, signal?: AbortSignal): Promise<Overview & Lately> {
  const found = await overview(namespace, signal);
  // After the place from which changes are told, so that none lies before it that these rows lack.
  const more = await lately(namespace, signal);
  const rows = new Map([...found.recent, ...more.rows].map((row) => [row.uid, row]));
  return { ...found, ...more, recent: [...rows.values()].sort(newestFirst) };
}

/** Pipelines as `kind/name`, for a choice (UI-066), and what people call them. */
export async function pipelineTitles(namespace: string, signal?: AbortSignal): Promise<Map<string, string>> {
  const found = await either(
    'pipelines',
    async () => (await own.pipelines(namespace, signal)).items as Pick<own.Pipeline, 'kind' | 'name' | 'title'>[],
    () => catalogued(namespace, signal),
  );
  const sorted = found.map((each): [string, string] => [keyOf(each), titleOf(each.name, each.title)]).sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted);
}

/** How addresses name a pipeline. */
export const keyOf = ({ kind, name }: Pick<own.Pipeline, 'kind' | 'name'>): string => `${kind}/${name}`;

/** What people call a thing: what its author called it, or the name of the object. */
export const titleOf = (name: string, title: string | undefined): string => plain(title ?? '') || name;

/** Pipelines as Argo's interface tells them. */
async function catalogued(namespace: string, signal?: AbortSignal): Promise<own.Pipeline[]> {
  const [templates, cluster, crons] = await Promise.all([
    listCatalog<WorkflowTemplate>('WorkflowTemplate', namespace, signal),
    listCatalog<WorkflowTemplate>('ClusterWorkflowTemplate', '', signal).catch(() => ({ items: [] })),
    listCatalog<CronWorkflow>('CronWorkflow', namespace, signal),
  ]);
  return [
    ...describe('WorkflowTemplate', templates.items ?? []),
    ...describe('ClusterWorkflowTemplate', cluster.items ?? []),
    ...describe('CronWorkflow', crons.items ?? []),
  ];
}

function describe(kind: PipelineKind, items: (WorkflowTemplate | CronWorkflow)[]): own.Pipeline[] {
  return items.map((item) => {
    const annotations = item.metadata.annotations ?? {};
    const cron = 'workflowSpec' in item.spec ? (item as CronWorkflow).spec : undefined;
    return {
      kind,
      namespace: item.metadata.namespace ?? '',
      name: item.metadata.name,
      ...(annotations[TITLE] ? { title: annotations[TITLE] } : {}),
      folder: folderOf(item.metadata.name, item.metadata.labels ?? {}),
      runs: [],
      running: 0,
      ...(cron
        ? {
            schedules: cron.schedules ?? [],
            timezone: cron.timezone ?? '',
            suspended: cron.suspend ?? false,
            ...nextOf(cron),
          }
        : {}),
    };
  });
}

function nextOf(cron: CronWorkflow['spec']): { nextAt?: string } {
  const [at] = cron.suspend ? [] : firings(cron, Date.now(), Number.POSITIVE_INFINITY, 1);
  return at === undefined ? {} : { nextAt: new Date(at).toISOString() };
}

/** A label says the folder, else what stands before a slash-like part of the name. */
function folderOf(name: string, labels: Record<string, string>): string {
  const labelled = labels['tiphys.io/folder'] ?? labels['app.kubernetes.io/part-of'];
  if (labelled) return labelled;
  const dot = name.indexOf('.');
  return dot > 0 ? name.slice(0, dot) : '';
}

/** Hands the runs, newest first, to their pipelines and sums up. */
export function sumUp(pipelines: own.Pipeline[], runs: Row[]): own.Pipeline[] {
  const rows = new Map<string, Row[]>();
  for (const run of runs) {
    if (!run.pipeline) continue;
    const namespace = run.pipeline.kind === 'ClusterWorkflowTemplate' ? '' : run.namespace;
    const key = `${run.pipeline.kind}/${namespace}/${run.pipeline.name}`;
    const known = rows.get(key);
    if (known) known.push(run);
    else rows.set(key, [run]);
  }
  return pipelines.map((pipeline) => {
    const mine = (rows.get(`${pipeline.kind}/${pipeline.namespace}/${pipeline.name}`) ?? []).sort(newestFirst);
    return { ...pipeline, ...figures(mine) };
  });
}

export const newestFirst = (a: Row, b: Row): number =>
  (millis(b.startedAt ?? b.createdAt) ?? 0) - (millis(a.startedAt ?? a.createdAt) ?? 0);

function figures(mine: Row[]) {
  const ended = mine.filter((run) => isEnded(run.phase));
  const good = ended.filter((run) => run.phase === 'Succeeded');
  const now = median(good.slice(0, RUNS_SHOWN).map(seconds));
  const before = median(good.slice(RUNS_SHOWN, 2 * RUNS_SHOWN).map(seconds));
  return {
    runs: mine.slice(0, RUNS_SHOWN).reverse(),
    running: mine.length - ended.length,
    ...(ended.length ? { successRate: good.length / ended.length } : {}),
    ...(now === undefined ? {} : { medianSeconds: now }),
    ...(before === undefined ? {} : { medianBefore: before }),
  };
}

const seconds = (run: Row): number => ((millis(run.finishedAt) ?? 0) - (millis(run.startedAt) ?? 0)) / 1000;

export function median(values: number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor((sorted.length - 1) / 2)] : undefined;
}
