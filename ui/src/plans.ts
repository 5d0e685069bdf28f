// What pipelines and manifests would run, and what they ask for: also what they take from other templates.

import { getCatalogued, type PipelineKind } from './api/argo';
import { ApiError, either } from './api/client';
import * as own from './api/own';
import type { CronWorkflow, Parameter, WorkflowSpec, WorkflowTemplate } from './api/types';

/** A pipeline's parameters, and its tree where the server tells it. */
export interface Asked {
  parameters: Parameter[];
  outline?: own.Outline;
}

export function specOf(object: WorkflowTemplate | CronWorkflow): WorkflowSpec {
  return 'workflowSpec' in object.spec ? (object as CronWorkflow).spec.workflowSpec : (object as WorkflowTemplate).spec;
}

export async function planOf(kind: PipelineKind, namespace: string, name: string, signal?: AbortSignal): Promise<Asked> {
  try {
    return (await own.planOf(kind, namespace, name, signal)) as Asked;
  } catch (cause) {
    if (!(cause instanceof ApiError) || !cause.absent) throw cause;
    return { parameters: await parametersOf(kind, namespace, name, signal) };
  }
}

/** The same from a server that speaks only Argo's interface. */
async function parametersOf(kind: PipelineKind, namespace: string, name: string, signal?: AbortSignal): Promise<Parameter[]> {
  const spec = specOf(await getCatalogued(kind, namespace, name, signal));
  const { name: of, clusterScope } = spec.workflowTemplateRef ?? {};
  const given = spec.arguments?.parameters ?? [];
  if (!of) return given;
  const below = clusterScope ? 'ClusterWorkflowTemplate' : 'WorkflowTemplate';
  return merged(specOf(await getCatalogued(below, namespace, of, signal)).arguments?.parameters ?? [], given);
}

/** A parameter is taken whole from the higher of two levels, if that gives it anything (EX-092). */
export function merged(below: Parameter[], above: Parameter[]): Parameter[] {
  const gives = ({ value, default: usual, valueFrom }: Parameter) => [value, usual, valueFrom].some((each) => each !== undefined);
  const own = new Map(above.filter(gives).map((parameter) => [parameter.name, parameter]));
  const known = new Set(below.map(({ name }) => name));
  return [...below.map((parameter) => own.get(parameter.name) ?? parameter), ...above.filter(({ name }) => !known.has(name))];
}

/** What a text would run first; nothing while that cannot be told. */
export async function outlineOf(namespace: string, text: string, signal?: AbortSignal): Promise<own.Outline | undefined> {
  const items = await either(
    'plan',
    async () => (await own.plan(namespace, text, signal)).items,
    async () => [],
  );
  return (items.find(({ kind }) => kind === 'Workflow') ?? items[0])?.outline;
}
