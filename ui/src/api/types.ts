// What the server says, made of what it describes: what it describes as perhaps missing may be null in Argo's answers.

import type * as manifest from './manifest';

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Error' | 'Skipped' | 'Omitted' | 'Daemoned' | '';

export type { Arguments, Artifact, Outputs, Parameter, Template, WorkflowSpec } from './manifest';

/** Everything that a server holds has a name. */
export type Metadata = manifest.ObjectMeta & { name: string };
/** A step is a task that depends on nothing. */
export type Task = manifest.DAGTask;
/** A group of parallel steps, in both of its forms. */
export type Group = Task[] | { steps?: Task[] };
export type Container = manifest.Container | manifest.UserContainer | manifest.ScriptTemplate;

/** Argo writes a time that is not there as null. */
type Timed<T> = Omit<T, 'startedAt' | 'finishedAt'> & { startedAt?: string | null; finishedAt?: string | null };

export type NodeStatus = Timed<manifest.NodeStatus>;
export type NodeType = NodeStatus['type'];
export type WorkflowStatus = Timed<Omit<manifest.WorkflowStatus, 'nodes'>> & { nodes?: Record<string, NodeStatus> };
export type Workflow = Omit<manifest.Workflow, 'metadata' | 'status'> & { metadata: Metadata; status?: WorkflowStatus };
export type WorkflowTemplate = Omit<manifest.WorkflowTemplate, 'metadata'> & { metadata: Metadata };
export type CronWorkflow = Omit<manifest.CronWorkflow, 'metadata'> & { metadata: Metadata };

export interface List<T> {
  metadata?: { continue?: string; resourceVersion?: string; remainingItemCount?: number };
  items?: T[] | null;
}

/** Why something does not go on, in one sentence. */
export interface Wait {
  text: string;
  kind?: string;
  since?: string;
  until?: string;
  node?: string;
  lock?: string;
}
