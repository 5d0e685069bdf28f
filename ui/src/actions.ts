// What people can do: what it will do is said before, what came of it after.

import type { Ref } from './api/argo';
import * as argo from './api/argo';
import { ApiError } from './api/client';
import type { Approval, Pipeline } from './api/own';
import type { CronWorkflow, Parameter, Workflow, WorkflowSpec, WorkflowTemplate } from './api/types';
import { keepUsed } from './lastused';
import { asking, type Field, notices } from './notices.svelte';
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
export function fieldOf(parameter: Parameter, given?: string): Field {
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

/** `name=value` of what differs from how it was. */
function changed(fields: Field[], values: Record<string, string>): string[] {
  return fields
    .filter((field) => values[field.name] !== undefined && values[field.name] !== field.value)
    .map((field) => `${field.name}=${values[field.name]}`);
}

const parametersOf = (workflow: Workflow | undefined): Parameter[] => workflow?.spec.arguments?.parameters ?? [];

function began(workflow: Workflow): void {
  const { name, namespace = '' } = workflow.metadata;
  notices.tell({
    kind: 'good',
    text: words.result.run(name),
    link: { text: words.open, href: to.run(namespace, name) },
  });
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
          done({ text: words.undo, act: () => quietly(() => argo.resume(run)) });
        },
      });
    case 'resume':
      return asking.ask({
        title,
        says: words.resumeSays,
        verb: words.resume,
        act: async () => {
          await argo.resume(run);
          done();
        },
      });
    case 'stop':
      return asking.ask({
        title,
        says: words.stopSays,
        verb: words.stop,
        danger: true,
        fields: [{ name: 'message', label: words.reason, kind: 'text', value: '' }],
        act: async ({ message }) => {
          await argo.stop(run, message || undefined);
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
  const single: Record<Verb, (run: Ref) => Promise<unknown>> = {
    suspend: argo.suspend,
    resume: (run) => argo.resume(run),
    stop: (run) => argo.stop(run),
    terminate: argo.terminate,
    retry: (run) => argo.retry(run, {}),
    resubmit: (run) => argo.resubmit(run, {}),
    delete: (run) => argo.remove(run),
  };
  asking.ask({
    title: words[verb],
    says: words[`${verb}Says`],
    note: words.onEach(runs.length),
    verb: words[verb],
    danger: verb === 'delete' || verb === 'stop' || verb === 'terminate',
    act: async () => {
      const queue = [...runs];
      const refused: string[] = [];
      const work = async () => {
        for (let run = queue.shift(); run; run = queue.shift()) {
          try {
            await single[verb](run);
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

/** Asks for the parameters of a pipeline and runs it. */
export async function runPipeline(pipeline: Pick<Pipeline, 'kind' | 'namespace' | 'name'>): Promise<void> {
  let spec: WorkflowSpec;
  try {
    const object = await argo.getCatalogued(pipeline.kind, pipeline.namespace, pipeline.name);
    spec = specOf(object);
  } catch (cause) {
    notices.tell({ kind: 'bad', text: words.failed, detail: String(cause instanceof Error ? cause.message : cause) });
    return;
  }
  const fields = (spec.arguments?.parameters ?? []).map((parameter) => ({
    ...fieldOf(parameter),
    required: parameter.value === undefined && parameter.default === undefined && !parameter.valueFrom,
  }));
  asking.ask({
    title: `${words.run} ${pipeline.name}`,
    says: words.runSays(pipeline.name),
    verb: words.run,
    fields,
    act: async (values) => {
      await submitPipeline(pipeline, changed(fields, values), values);
    },
  });
}

export async function submitPipeline(
  pipeline: Pick<Pipeline, 'kind' | 'namespace' | 'name'>,
  parameters: string[],
  values: Record<string, string>,
  more: argo.SubmitOptions = {},
): Promise<void> {
  const namespace = pipeline.namespace && pipeline.namespace !== '-' ? pipeline.namespace : session.target;
  const workflow = await argo.submitFrom(namespace, pipeline.kind, pipeline.name, {
    ...more,
    parameters,
    labels: 'submit-from-ui=true',
  });
  keepUsed({ ...pipeline, namespace }, values);
  notices.tell({ kind: 'good', text: words.result.run(workflow.metadata.name) });
  router.go(
    `runs/${encodeURIComponent(workflow.metadata.namespace ?? namespace)}/${encodeURIComponent(workflow.metadata.name)}`,
  );
}

export function specOf(object: WorkflowTemplate | CronWorkflow): WorkflowSpec {
  return 'workflowSpec' in object.spec ? (object as CronWorkflow).spec.workflowSpec : (object as WorkflowTemplate).spec;
}

/** Ends a step that waits for a person. */
export function decide(approval: Approval, verdict: 'approve' | 'reject', after: () => void = () => {}): void {
  const run: Ref = { namespace: approval.namespace, name: approval.run };
  const selector = `id=${approval.node}`;
  const name = approval.nodeName;
  if (verdict === 'reject') {
    return asking.ask({
      title: `${words.reject}: ${name}`,
      says: words.rejectSays(name),
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
  const fields = approval.parameters.map((parameter) => ({ ...fieldOf(parameter), required: true }));
  asking.ask({
    title: `${words.approve}: ${name}`,
    says: words.approveSays(name),
    note: approval.message,
    verb: words.approve,
    fields,
    act: async (values) => {
      if (fields.length > 0) {
        await argo.setNode(run, { nodeFieldSelector: selector, outputParameters: JSON.stringify(values) });
      }
      await argo.resume(run, selector);
      notices.tell({ kind: 'good', text: words.result.approve(name) });
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
