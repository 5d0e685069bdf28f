// A run as it is now, with times finer than the whole seconds of Argo's status.

import { getWorkflow, type Ref } from '../api/argo';
import { closeup } from '../api/own';
import { firstOf } from '../api/stream';
import type { Workflow } from '../api/types';
import { parseOwn } from './model';

/** What our own stream tells first is the whole run; a server that has none, or that refuses, is asked in Argo's way. */
export async function getExactly(run: Ref, signal?: AbortSignal): Promise<Workflow> {
  const { path, query } = closeup(run);
  const told = await firstOf({ path, query: query() }, signal).catch(() => undefined);
  const message = told && parseOwn(told.event, told.data);
  if (message?.kind !== 'whole') return getWorkflow(run.namespace, run.name, run.uid, signal);
  const { workflow, nodes } = message;
  if (!nodes) return workflow;
  return { ...workflow, status: { ...workflow.status, nodes: Object.fromEntries(nodes.map((node) => [node.id, node])) } };
}
