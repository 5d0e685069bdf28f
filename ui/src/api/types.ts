// What the server says. Manifests are as the server describes them; the state of a run, which no schema of Argo's
// describes, has only the fields that the pages read.

import type * as manifest from './manifest';
import type { Arguments, Outputs, Template, WorkflowSpec } from './manifest';

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Error' | 'Skipped' | 'Omitted' | 'Daemoned' | '';

export type { Arguments, Artifact, Outputs, Parameter, Template, WorkflowSpec } from './manifest';

/** Everything that a server holds has a name. */
export type Metadata = manifest.ObjectMeta & { name: string };
/** A step is a task that depends on nothing. */
export type Task = manifest.DAGTask;
/** A group of parallel steps, in both of its forms. */
export type Group = Task[] | { steps?: Task[] };
export type Container = manifest.Container | manifest.UserContainer | manifest.ScriptTemplate;

export type NodeType =
  | 'Pod'
  | 'Container'
  | 'Steps'
  | 'StepGroup'
  | 'DAG'
  | 'TaskGroup'
  | 'Retry'
  | 'Skipped'
  | 'Suspend'
  | 'HTTP'
  | 'Plugin';

export interface NodeStatus {
  id: string;
  name: string;
  displayName?: string;
  type: NodeType;
  templateName?: string;
  templateRef?: { name: string; template: string; clusterScope?: boolean };
  templateScope?: string;
  phase?: Phase;
  boundaryID?: string;
  message?: string;
  startedAt?: string | null;
  finishedAt?: string | null;
  estimatedDuration?: number;
  progress?: string;
  children?: string[];
  outboundNodes?: string[];
  inputs?: Arguments;
  outputs?: Outputs;
  hostNodeName?: string;
  daemoned?: boolean;
  memoizationStatus?: { hit: boolean; key: string; cacheName: string };
  resourcesDuration?: Record<string, number>;
  nodeFlag?: { hooked?: boolean; retried?: boolean };
  synchronizationStatus?: { waiting?: string };
}

export interface Condition {
  type: string;
  status: string;
  message?: string;
}

export interface LockHolding {
  holding?: { mutex?: string; semaphore?: string; holder?: string; holders?: string[] }[];
  waiting?: { mutex?: string; semaphore?: string; holder?: string; holders?: string[] }[];
}

export interface WorkflowStatus {
  phase?: Phase;
  message?: string;
  startedAt?: string | null;
  finishedAt?: string | null;
  progress?: string;
  estimatedDuration?: number;
  nodes?: Record<string, NodeStatus>;
  conditions?: Condition[];
  outputs?: Outputs;
  resourcesDuration?: Record<string, number>;
  storedTemplates?: Record<string, Template>;
  storedWorkflowTemplateSpec?: WorkflowSpec;
  synchronization?: { mutex?: LockHolding; semaphore?: LockHolding };
}

export interface Workflow {
  apiVersion?: string;
  kind?: string;
  metadata: Metadata;
  spec: WorkflowSpec;
  status?: WorkflowStatus;
}

export interface WorkflowTemplate {
  apiVersion?: string;
  kind?: string;
  metadata: Metadata;
  spec: WorkflowSpec;
}

export interface CronWorkflow {
  apiVersion?: string;
  kind?: string;
  metadata: Metadata;
  spec: manifest.CronWorkflowSpec;
  status?: {
    active?: { name: string }[] | null;
    lastScheduledTime?: string | null;
    conditions?: Condition[] | null;
    succeeded?: number;
    failed?: number;
  };
}

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
