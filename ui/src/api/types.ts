// What the server says. Only the fields that the pages read.

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Error' | 'Skipped' | 'Omitted' | 'Daemoned' | '';

export interface Metadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generateName?: string;
  creationTimestamp?: string | null;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface Parameter {
  name: string;
  value?: unknown;
  default?: unknown;
  description?: string;
  enum?: unknown[];
  valueFrom?: { supplied?: object; default?: unknown; [key: string]: unknown };
  globalName?: string;
}

export interface Artifact {
  name: string;
  path?: string;
  s3?: { key?: string };
  archive?: object;
  deleted?: boolean;
  [key: string]: unknown;
}

export interface Arguments {
  parameters?: Parameter[];
  artifacts?: Artifact[];
}

export interface Outputs extends Arguments {
  result?: string;
  exitCode?: string;
}

export interface Task {
  name: string;
  template?: string;
  templateRef?: { name: string; template: string; clusterScope?: boolean };
  inline?: Template;
  dependencies?: string[];
  depends?: string;
  withItems?: unknown[];
  withParam?: string;
  withSequence?: object;
  when?: string;
  hooks?: Record<string, unknown>;
}

export interface Container {
  name?: string;
  image?: string;
  command?: string[];
  args?: string[];
  source?: string;
  env?: { name: string; value?: string; valueFrom?: object }[];
}

export interface Template {
  name: string;
  inputs?: Arguments;
  outputs?: Outputs;
  container?: Container;
  script?: Container;
  containerSet?: { containers?: Container[] };
  sidecars?: Container[];
  steps?: (Task[] | { steps?: Task[] })[];
  dag?: { tasks?: Task[]; target?: string };
  suspend?: { duration?: string };
  http?: object;
  resource?: object;
  data?: object;
  plugin?: object;
  retryStrategy?: { limit?: unknown };
}

export interface WorkflowSpec {
  entrypoint?: string;
  templates?: Template[];
  arguments?: Arguments;
  workflowTemplateRef?: { name: string; clusterScope?: boolean };
  suspend?: boolean;
  shutdown?: string;
  onExit?: string;
  [key: string]: unknown;
}

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
  spec: {
    workflowSpec: WorkflowSpec;
    schedules?: string[];
    timezone?: string;
    suspend?: boolean;
    concurrencyPolicy?: string;
    startingDeadlineSeconds?: number | null;
    when?: string;
  };
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
