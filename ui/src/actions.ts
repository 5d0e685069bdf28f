// What people can do: what it will do is said before, what came of it after.

import type { Ref } from './api/argo';
import * as argo from './api/argo';
import { ApiError } from './api/client';
import type { Approval, Pipeline } from './api/own';
import type { CronWorkflow, Parameter, Workflow } from './api/types';
import { keepUsed } from './lastused';
import { asking, type Field, notices } from './notices.svelte';
import { planOf } from './plans';
import { router, to } from './router.svelte';
import type { Verb } from './runs';
import { session } from './session.svelte';
import { text } from './text';

const words = text.act;

/** How a value stands in a field. */
export function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The field in which a parameter is filled in. */
export function fieldOf(parameter: Omit<Parameter, 'valueFrom'>, given?: string): Field {
  const value = given ?? asText(parameter.value ?? parameter.default);
  const choices = parameter.enum?.map(asText);
  return {
    name: parameter.name,
    label: parameter.name,
    hint: parameter.description === undefined ? undefined : asText(parameter.description),
    kind: choices ? 'choice' : value.includes('\n') || value.length > 60 ? 'lines' : 'text',
    value: choices && !choices.includes(value) ? (choices[0] ?? '') : value,
    choices,
  };
}

/** Whether nothing says a value for it. */
export const isBare = (parameter: Parameter): boolean =>
  parameter.value === undefined && parameter.default === undefined && !parameter.valueFrom;

/** `name=value` of what differs from how it was; what had no value is said in any case, though it be the first choice. */
export function changed(fields: (Field & { bare?: boolean })[], values: Record<string, string>): string[] {
  return fields
    .filter((field) => values[field.name] !== undefined && (field.bare || values[field.name] !== field.value))
    .map((field) => `${field.name}=${values[field.name]}`);
}

/** What a run can be given: the parameters of its template, with the values that it was begun with. */
export function parametersOf(workflow: Workflow | undefined): Parameter[] {
  const given = workflow?.spec.arguments?.parameters ?? [];
  const known = workflow?.status?.storedWorkflowTemplateSpec?.arguments?.parameters ?? [];
  const own = new Map(given.map((parameter) => [parameter.name, parameter]));
  const merged = known.map((parameter) => ({ ...parameter, ...own.get(parameter.name) }));
  return [...merged, ...given.filter((parameter) => !known.some(({ name }) => name === parameter.name))];
}

function began(workflow: Workflow): void {
  const { name, namespace = '' } = workflow.metadata;
  notices.tell({
    kind: 'good',
    text: words.result.run(name),
    link: { text: words.open, href: to.run(namespace, name) },
  });
}

/** Asks with the parameters of a run that only its row is known of. */
export async function actOnRow(run: Ref, verb: Verb, after: () => void): Promise<void> {
  const asksForMore = verb === 'retry' || verb === 'resubmit';
  // Whoever cannot be asked for them keeps them.
  const workflow = asksForMore
    ? await argo.getWorkflow(run.namespace, run.name, run.archived ? run.uid : undefined).catch(() => undefined)
    : undefined;
  actOn(run, verb, workflow, after);
}

/** Lets all of a run go on. What a person has to say first is told by Argo in words that nobody understands who is not told where. */
export async function resumeAll(run: Ref): Promise<unknown> {
  try {
    return await argo.resume(run);
  } catch (cause) {
    const open = cause instanceof ApiError ? /raw output parameter '(.+)' has not been set/.exec(cause.message)?.[1] : undefined;
    throw open && cause instanceof ApiError ? new ApiError(cause.status, words.resumeNeeds(open)) : cause;
  }
}

/** Asks and acts on one run. */
export function actOn(run: Ref, verb: Verb, workflow?: Workflow, after: () => void = () => {}): void {
  const done = (undo?: { text: string; act: () => Promise<void> }) => {
    notices.tell({ kind: 'good', text: words.result[verb](run.name), ...(undo ? { undo } : {}) });
    after();
  };
  const fields = parametersOf(workflow).map((parameter) => fieldOf(parameter));
  const title = `${words[verb]} ${run.name}`;
  switch (verb) {
    case 'suspend':
      return asking.ask({
        title,
        says: words.suspendSays,
        verb: words.suspend,
        act: async () => {
          await argo.suspend(run);
          const resume = async () => {
            await argo.resume(run);
            notices.tell({ kind: 'good', text: words.result.resume(run.name) });
          };
          done({ text: words.undo, act: () => quietly(resume) });
        },
      });
    case 'resume':
      return asking.ask({
        title,
        says: words.resumeSays,
        verb: words.resume,
        act: async () => {
          await resumeAll(run);
          done();
        },
      });
    case 'stop':
      return asking.ask({
        title,
        says: words.stopSays,
        verb: words.stop,
        danger: true,
        act: async () => {
          await argo.stop(run);
          done({ text: words.retry, act: () => quietly(() => argo.retry(run, {})) });
        },
      });
    case 'terminate':
      return asking.ask({
        title,
        says: words.terminateSays,
        verb: words.terminate,
        danger: true,
        act: async () => {
          await argo.terminate(run);
          done();
        },
      });
    case 'retry':
      return asking.ask({
        title,
        says: words.retrySays,
        verb: words.retry,
        note: fields.length ? words.changedHint : undefined,
        fields: [
          ...fields,
          { name: ' again', label: words.restartSuccessful, kind: 'check', value: 'false' },
          { name: ' selector', label: words.selector, hint: words.selectorHint, kind: 'text', value: '', when: ' again' },
        ],
        act: async (values) => {
          const again = values[' again'] === 'true';
          await argo.retry(run, {
            ...(again ? { restartSuccessful: true, nodeFieldSelector: values[' selector'] ?? '' } : {}),
            parameters: changed(fields, values),
          });
          done();
        },
      });
    case 'resubmit':
      return asking.ask({
        title,
        says: words.resubmitSays,
        verb: words.resubmit,
        note: fields.length ? words.changedHint : undefined,
        fields: [...fields, { name: ' memoized', label: words.memoized, kind: 'check', value: 'false' }],
        act: async (values) => {
          const fresh = await argo.resubmit(run, {
            memoized: values[' memoized'] === 'true',
            parameters: changed(fields, values),
          });
          began(fresh);
          after();
          router.go(
            `runs/${encodeURIComponent(fresh.metadata.namespace ?? run.namespace)}/${encodeURIComponent(fresh.metadata.name)}`,
          );
        },
      });
    case 'delete':
      return asking.ask({
        title,
        says: words.deleteSays,
        verb: words.delete,
        danger: true,
        ...(run.archived
          ? {}
          : { fields: [{ name: 'archive', label: words.deleteArchive, kind: 'check', value: 'true' }] }),
        act: async ({ archive }) => {
          await argo.remove(run, archive !== 'false');
          done();
        },
      });
  }
}

async function quietly(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (cause) {
    notices.tell({
      kind: 'bad',
      text: words.failed,
      detail: cause instanceof ApiError ? cause.message : String(cause),
    });
  }
}

/** Most calls at once for one bulk action. */
const BULK_AT_ONCE = 8;

/** Asks once and acts on many runs; each that refuses is told. */
export function actOnMany(runs: Ref[], verb: Verb, after: () => void): void {
  const single: Record<Verb, (run: Ref, archive: boolean) => Promise<unknown>> = {
    suspend: argo.suspend,
    resume: resumeAll,
    stop: (run) => argo.stop(run),
    terminate: argo.terminate,
    retry: (run) => argo.retry(run, {}),
    resubmit: (run) => argo.resubmit(run, {}),
    delete: argo.remove,
  };
  asking.ask({
    title: words[verb],
    says: words[`${verb}Says`],
    note: words.onEach(runs.length),
    verb: words[verb],
    danger: verb === 'delete' || verb === 'stop' || verb === 'terminate',
    // Asked for on its own (UI-073).
    ...(verb === 'delete' ? { fields: [{ name: 'archive', label: words.deleteArchive, kind: 'check' as const, value: 'true' }] } : {}),
    act: async ({ archive }) => {
      const queue = [...runs];
      const refused: string[] = [];
      const work = async () => {
        for (let run = queue.shift(); run; run = queue.shift()) {
          try {
            await single[verb](run, archive !== 'false');
          } catch (cause) {
            refused.push(`${run.name}: ${cause instanceof ApiError ? cause.message : String(cause)}`);
          }
        }
      };
      await Promise.all(Array.from({ length: BULK_AT_ONCE }, work));
      notices.tell({
        kind: refused.length ? 'bad' : 'good',
        text: `${words[verb]}: ${text.runs.bulkDone(runs.length - refused.length, runs.length)}`,
        detail: refused.slice(0, 5).join('\n'),
      });
      after();
    },
  });
}

const WHERE = ' namespace';

/** What is of no namespace is told where it runs (UI-085). */
function whereField(): Field {
  const choices = [...new Set([session.target, ...session.namespaces])];
  return { name: WHERE, label: text.nav.namespace, kind: 'choice', value: session.target, choices };
}

/** Asks for the parameters of a pipeline and runs it. */
export async function runPipeline(pipeline: Pick<Pipeline, 'kind' | 'namespace' | 'name'>): Promise<void> {
  let parameters: Parameter[];
  try {
    ({ parameters } = await planOf(pipeline.kind, pipeline.namespace, pipeline.name));
  } catch (cause) {
    notices.tell({ kind: 'bad', text: words.failed, detail: String(cause instanceof Error ? cause.message : cause) });
    return;
  }
  const fields = parameters.map((parameter) => ({
    ...fieldOf(parameter),
    bare: isBare(parameter),
    required: isBare(parameter),
  }));
  asking.ask({
    title: `${words.run} ${pipeline.name}`,
    says: words.runSays(pipeline.name),
    verb: words.run,
    fields: [...fields, ...(pipeline.kind === 'ClusterWorkflowTemplate' ? [whereField()] : [])],
    act: async ({ [WHERE]: where, ...values }) => {
      await submitPipeline(pipeline, changed(fields, values), values, {}, where);
    },
  });
}

/** Labels of runs that were begun here (UI-085). */
export const LABELS = 'submit-from-ui=true';

export async function submitPipeline(
  pipeline: Pick<Pipeline, 'kind' | 'namespace' | 'name'>,
  parameters: string[],
  values: Record<string, string>,
  more: argo.SubmitOptions = {},
  /** Where it runs, when the pipeline is of no namespace. */
  where: string = session.target,
): Promise<void> {
  const namespace = pipeline.namespace && pipeline.namespace !== '-' ? pipeline.namespace : where;
  const workflow = await argo.submitFrom(namespace, pipeline.kind, pipeline.name, {
    labels: LABELS,
    ...more,
    parameters,
  });
  keepUsed({ ...pipeline, namespace }, values);
  notices.tell({ kind: 'good', text: words.result.run(workflow.metadata.name) });
  router.go(
    `runs/${encodeURIComponent(workflow.metadata.namespace ?? namespace)}/${encodeURIComponent(workflow.metadata.name)}`,
  );
}

/** Holds a schedule back, or lets it go on; either can be taken back. */
export function toggleSchedule(cron: CronWorkflow, after: () => Promise<void>): void {
  const suspended = !cron.spec.suspend;
  const verb = suspended ? 'suspendSchedule' : 'resumeSchedule';
  const { name, namespace = '' } = cron.metadata;
  asking.ask({
    title: `${words[verb]}: ${name}`,
    says: suspended ? words.suspendScheduleSays : words.resumeScheduleSays,
    verb: words[verb],
    act: async () => {
      await argo.setCronSuspended(namespace, name, suspended);
      notices.tell({
        kind: 'good',
        text: words.result[verb](name),
        undo: {
          text: words.undo,
          act: async () => {
            await argo.setCronSuspended(namespace, name, !suspended);
            await after();
          },
        },
      });
      await after();
    },
  });
}

/** Ends a step that waits for a person, or before the time that it waits for. */
export function decide(approval: Approval, verdict: 'approve' | 'goOn' | 'reject', after: () => void = () => {}): void {
  const run: Ref = { namespace: approval.namespace, name: approval.run };
  const selector = `id=${approval.node}`;
  const name = approval.nodeName;
  if (verdict === 'reject') {
    return asking.ask({
      title: words.that(words.reject, name),
      says: words.rejectSays(name, run.name),
      verb: words.reject,
      danger: true,
      fields: [{ name: 'message', label: words.reason, kind: 'text', value: '' }],
      act: async ({ message }) => {
        await argo.stop(run, message || undefined, selector);
        notices.tell({ kind: 'good', text: words.result.reject(name) });
        after();
      },
    });
  }
  // What has a value of its own may be left empty.
  const fields = approval.parameters.map((parameter) => ({ ...fieldOf(parameter), required: parameter.default === undefined }));
  asking.ask({
    title: words.that(words[verdict], name),
    says: verdict === 'goOn' ? words.goOnSays(name, run.name) : words.approveSays(name, run.name),
    note: approval.message,
    verb: words[verdict],
    fields,
    act: async (values) => {
      if (fields.length > 0) {
        await argo.setNode(run, { nodeFieldSelector: selector, outputParameters: JSON.stringify(values) });
      }
      await argo.resume(run, selector);
      notices.tell({ kind: 'good', text: words.result[verdict](name) });
      after();
    },
  });
}

/** Runs a step and what follows again. */
export function retryFrom(
  run: Ref,
  workflow: Workflow,
  node: { id: string; name: string },
  after: () => void = () => {},
): void {
  const fields = parametersOf(workflow).map((parameter) => fieldOf(parameter));
  asking.ask({
    title: `${words.retry}: ${node.name}`,
    says: words.retryFromSays(node.name),
    verb: words.retry,
    note: fields.length ? words.changedHint : undefined,
    fields,
    act: async (values) => {
      await argo.retry(run, {
        restartSuccessful: true,
        nodeFieldSelector: `id=${node.id}`,
        parameters: changed(fields, values),
      });
      notices.tell({ kind: 'good', text: words.result.retry(run.name) });
      after();
    },
  });
}
