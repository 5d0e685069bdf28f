// What a step runs, with the values that it got in place of their tags.

import { podName } from '../api/argo';
import type { Container, NodeStatus, Template, Workflow } from '../api/types';

/** A program of a step. */
export interface Program {
  name: string;
  image: string | undefined;
  command: string;
  /** Where it runs, if the manifest says it. */
  folder: string | undefined;
  /** What a script consists of. */
  source: string | undefined;
  variables: Variable[];
}

/** A variable that a program gets: its value, or where that comes from. What is secret is never told. */
export interface Variable {
  name: string;
  value?: string;
  from?: { kind: 'secret' | 'config' | 'field'; name: string; key?: string };
}

/** The programs of a step in the order in which they begin; of a member of a set its own (UI-143). */
export function programsOf(template: Template, node: NodeStatus | undefined, workflow: Workflow): Program[] {
  const { initContainers, container, script, containerSet, sidecars } = template;
  const main = container ?? script;
  const all: Container[] = [...(initContainers ?? []), ...(main ? [{ ...main, name: 'main' }] : []), ...(containerSet?.containers ?? []), ...(sidecars ?? [])];
  const own = node?.type === 'Container' ? all.filter(({ name }) => name === node.displayName) : all;
  const fill = filler(node, workflow);
  return own.map((each) => ({
    name: each.name ?? '',
    image: each.image && fill(each.image),
    command: fill([...(each.command ?? []), ...(each.args ?? [])].join(' ')),
    folder: each.workingDir && fill(each.workingDir),
    source: script && each.name === 'main' ? fill(script.source ?? '') : undefined,
    variables: variablesOf(each, fill),
  }));
}

function variablesOf({ env, envFrom }: Container, fill: (text: string) => string): Variable[] {
  const whole = (envFrom ?? []).flatMap(({ prefix = '', secretRef, configMapRef }): Variable[] => {
    const name = secretRef?.name ?? configMapRef?.name;
    return name ? [{ name: `${prefix}*`, from: { kind: secretRef ? 'secret' : 'config', name } }] : [];
  });
  const single = (env ?? []).map(({ name, value, valueFrom }): Variable => {
    const { secretKeyRef: secret, configMapKeyRef: config, fieldRef: field } = valueFrom ?? {};
    const ref = secret ?? config;
    if (ref) return { name, from: { kind: secret ? 'secret' : 'config', name: ref.name ?? '', ...(ref.key ? { key: ref.key } : {}) } };
    if (field) return { name, from: { kind: 'field', name: field.fieldPath ?? '' } };
    return { name, value: fill(value ?? '') };
  });
  return [...whole, ...single];
}

/** Puts values in the place of tags. Tags whose value nobody here knows stay as they are written. */
function filler(node: NodeStatus | undefined, workflow: Workflow): (text: string) => string {
  const values = new Map<string, string>([
    ['workflow.name', workflow.metadata.name ?? ''],
    ['workflow.namespace', workflow.metadata.namespace ?? ''],
    ['workflow.uid', workflow.metadata.uid ?? ''],
  ]);
  if (node?.type === 'Pod') values.set('pod.name', podName(workflow, node));
  for (const { name, value } of workflow.spec.arguments?.parameters ?? [])
    if (value !== undefined) values.set(`workflow.parameters.${name}`, String(value));
  for (const { name, value } of node?.inputs?.parameters ?? [])
    if (value !== undefined) values.set(`inputs.parameters.${name}`, String(value));
  return (text) => text.replace(/\{\{\s*([^{}=\s][^{}\s]*)\s*\}\}/g, (tag, name: string) => values.get(name) ?? tag);
}

/** The exit code of a shell that did not find what it was to call. */
const NOT_FOUND = 127;

/** What the machine of a step lacks, as far as its message tells: a program by its name, or one that a script calls. */
export function lackOf({ message = '', outputs }: Pick<NodeStatus, 'message' | 'outputs'>): { program: string } | 'called' | undefined {
  const program = /exec: "([^"]+)": executable file not found/.exec(message)?.[1];
  if (program) return { program };
  return Number(outputs?.exitCode) === NOT_FOUND ? 'called' : undefined;
}
