// Steps that wait for a person.

import { asText } from './actions';
import { getWorkflow, listWorkflows, type Ref, templateOf } from './api/argo';
import { either } from './api/client';
import * as own from './api/own';
import type { NodeStatus, Workflow } from './api/types';

/** Running runs that are looked into when the server does not tell. */
const LOOKED_INTO_MAX = 40;

export async function approvals(namespace: string, signal?: AbortSignal): Promise<own.Approval[]> {
  return either(
    'approvals',
    async () => (await own.approvals(namespace, signal)).items,
    async () => {
      const list = await listWorkflows(
        namespace,
        {
          'listOptions.labelSelector': 'workflows.argoproj.io/phase in (Running)',
          'listOptions.limit': LOOKED_INTO_MAX,
        },
        signal,
      );
      const runs = await Promise.all(
        (list.items ?? []).map((run) =>
          getWorkflow(run.metadata.namespace ?? '', run.metadata.name, undefined, signal).catch(() => undefined),
        ),
      );
      return runs.flatMap((run) => (run ? approvalsOf(run) : []));
    },
  );
}

export function approvalsOf(run: Workflow): own.Approval[] {
  const where = { namespace: run.metadata.namespace ?? '', name: run.metadata.name };
  return Object.values(run.status?.nodes ?? {})
    .filter((node) => node.type === 'Suspend' && node.phase === 'Running' && !templateOf(run, node)?.suspend?.duration)
    .map((node) => approvalOf(where, node));
}

/** What a step that waits for a person asks of them. */
export function approvalOf(run: Pick<Ref, 'namespace' | 'name'>, node: NodeStatus): own.Approval {
  const inputs = node.inputs?.parameters ?? [];
  const message = inputs.find((each) => each.name === 'message')?.value;
  return {
    namespace: run.namespace,
    run: run.name,
    node: node.id,
    nodeName: node.displayName ?? node.name,
    since: node.startedAt ?? null,
    ...(typeof message === 'string' ? { message } : {}),
    parameters: (node.outputs?.parameters ?? [])
      .filter((each) => each.valueFrom?.supplied)
      .map((each) => {
        const input = inputs.find((other) => other.name === each.name);
        return {
          name: each.name,
          default: each.valueFrom?.default ?? input?.value,
          ...(input?.description ? { description: asText(input.description) } : {}),
          ...(input?.enum ? { enum: input.enum } : {}),
        };
      }),
  };
}
