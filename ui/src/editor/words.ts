// What can be written at a place of a manifest: the fields of the object around it, and names that are declared elsewhere.

export interface Word {
  word: string;
  info?: string;
}

/** Fields by the key of the object that holds them; `*` is the document. */
const FIELDS: Record<string, string[]> = {
  '*': ['apiVersion', 'kind', 'metadata', 'spec'],
  metadata: ['name', 'generateName', 'namespace', 'labels', 'annotations'],
  spec: [
    'entrypoint',
    'templates',
    'arguments',
    'onExit',
    'hooks',
    'parallelism',
    'activeDeadlineSeconds',
    'serviceAccountName',
    'volumes',
    'volumeClaimTemplates',
    'workflowTemplateRef',
    'ttlStrategy',
    'podGC',
    'suspend',
    'synchronization',
    'templateDefaults',
    'retryStrategy',
    'workflowMetadata',
    'artifactRepositoryRef',
    'artifactGC',
    'schedules',
    'timezone',
    'concurrencyPolicy',
    'startingDeadlineSeconds',
    'successfulJobsHistoryLimit',
    'failedJobsHistoryLimit',
    'workflowSpec',
    'when',
    'stopStrategy',
    'submit',
    'event',
  ],
  templates: [
    'name',
    'inputs',
    'outputs',
    'container',
    'script',
    'steps',
    'dag',
    'suspend',
    'resource',
    'http',
    'data',
    'plugin',
    'containerSet',
    'retryStrategy',
    'activeDeadlineSeconds',
    'timeout',
    'parallelism',
    'failFast',
    'daemon',
    'memoize',
    'synchronization',
    'volumes',
    'sidecars',
    'initContainers',
    'metadata',
    'metrics',
    'nodeSelector',
    'tolerations',
    'hostAliases',
    'archiveLocation',
  ],
  container: [
    'image',
    'command',
    'args',
    'env',
    'envFrom',
    'workingDir',
    'resources',
    'volumeMounts',
    'imagePullPolicy',
    'ports',
  ],
  script: ['image', 'command', 'source', 'env', 'envFrom', 'workingDir', 'resources', 'volumeMounts'],
  dag: ['tasks', 'target', 'failFast'],
  tasks: [
    'name',
    'template',
    'templateRef',
    'dependencies',
    'depends',
    'arguments',
    'when',
    'withItems',
    'withParam',
    'withSequence',
    'continueOn',
    'hooks',
    'inline',
  ],
  steps: [
    'name',
    'template',
    'templateRef',
    'arguments',
    'when',
    'withItems',
    'withParam',
    'withSequence',
    'continueOn',
    'hooks',
    'inline',
  ],
  inputs: ['parameters', 'artifacts'],
  outputs: ['parameters', 'artifacts', 'result', 'exitCode'],
  arguments: ['parameters', 'artifacts'],
  parameters: ['name', 'value', 'default', 'valueFrom', 'enum', 'description', 'globalName'],
  artifacts: [
    'name',
    'path',
    'from',
    'fromExpression',
    'raw',
    'http',
    'git',
    's3',
    'gcs',
    'azure',
    'oss',
    'hdfs',
    'archive',
    'optional',
    'mode',
    'globalName',
  ],
  valueFrom: [
    'path',
    'default',
    'expression',
    'parameter',
    'jsonPath',
    'jqFilter',
    'event',
    'supplied',
    'configMapKeyRef',
  ],
  retryStrategy: ['limit', 'retryPolicy', 'backoff', 'expression', 'affinity'],
  backoff: ['duration', 'factor', 'maxDuration', 'cap'],
  templateRef: ['name', 'template', 'clusterScope'],
  workflowTemplateRef: ['name', 'clusterScope'],
  synchronization: ['mutexes', 'semaphores'],
  ttlStrategy: ['secondsAfterCompletion', 'secondsAfterSuccess', 'secondsAfterFailure'],
  suspend: ['duration'],
  withSequence: ['count', 'start', 'end', 'format'],
  continueOn: ['failed', 'error'],
  memoize: ['key', 'maxAge', 'cache'],
  http: ['url', 'method', 'headers', 'body', 'timeoutSeconds', 'successCondition', 'insecureSkipVerify'],
  resource: [
    'action',
    'manifest',
    'successCondition',
    'failureCondition',
    'flags',
    'mergeStrategy',
    'setOwnerReference',
  ],
  resources: ['requests', 'limits'],
  requests: ['cpu', 'memory'],
  limits: ['cpu', 'memory'],
  env: ['name', 'value', 'valueFrom'],
};

const VALUES: Record<string, string[]> = {
  kind: ['Workflow', 'WorkflowTemplate', 'ClusterWorkflowTemplate', 'CronWorkflow', 'WorkflowEventBinding'],
  apiVersion: ['argoproj.io/v1alpha1'],
  retryPolicy: ['Always', 'OnFailure', 'OnError', 'OnTransientError'],
  concurrencyPolicy: ['Allow', 'Forbid', 'Replace'],
  imagePullPolicy: ['Always', 'IfNotPresent', 'Never'],
};

/** Most of the text that is looked at, so that completing stays quick. */
const LOOKED_AT_MAX = 500_000;

export function wordsAt(text: string, at: number): { from: number; key: boolean; words: Word[] } | undefined {
  if (text.length > LOOKED_AT_MAX) return undefined;
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const before = text.slice(lineStart, at);
  const tag = /\{\{=?\s*([\w.-]*)$/.exec(before);
  if (tag) return { from: at - tag[1]!.length, key: false, words: variables(text) };
  const value = /^\s*(?:- )?(\w+):\s*([\w./-]*)$/.exec(before);
  if (value) {
    const [, key = '', typed = ''] = value;
    const words =
      key === 'template' || key === 'entrypoint' || key === 'onExit'
        ? templateNames(text)
        : (VALUES[key] ?? []).map((word) => ({ word }));
    return { from: at - typed.length, key: false, words };
  }
  const key = /^(\s*)(- )?([\w-]*)$/.exec(before);
  if (!key) return undefined;
  const indent = key[1]!.length + (key[2] ? 2 : 0);
  const holder = holderOf(text.slice(0, lineStart), indent);
  return { from: at - key[3]!.length, key: true, words: (FIELDS[holder] ?? []).map((word) => ({ word })) };
}

/** The key of the object that holds a line with this much space before it. */
function holderOf(above: string, indent: number): string {
  if (indent === 0) return '*';
  const lines = above.split('\n');
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    const match = /^(\s*)((?:- )*)([\w.-]+):\s*(?:#.*)?$/.exec(lines[at]!);
    if (!match) continue;
    const own = match[1]!.length + match[2]!.length;
    if (own < indent) return match[3]!;
  }
  return '*';
}

function templateNames(text: string): Word[] {
  const names = new Set<string>();
  for (const match of text.matchAll(/^\s*- name:\s*([\w-]+)\s*$/gm)) names.add(match[1]!);
  return [...names].map((word) => ({ word }));
}

function variables(text: string): Word[] {
  const found: Word[] = [
    'workflow.name',
    'workflow.namespace',
    'workflow.uid',
    'workflow.parameters',
    'workflow.creationTimestamp',
    'workflow.status',
    'workflow.duration',
    'item',
    'retries',
    'pod.name',
  ].map((word) => ({ word }));
  for (const match of text.matchAll(/^\s*- name:\s*([\w-]+)\s*$/gm)) {
    found.push({ word: `inputs.parameters.${match[1]}` });
    found.push({ word: `tasks.${match[1]}.outputs.result` }, { word: `steps.${match[1]}.outputs.result` });
  }
  return found.slice(0, 500);
}
