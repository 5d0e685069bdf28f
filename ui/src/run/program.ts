// What a step runs, with the values that it got in place of their tags.

import type { Container, NodeStatus, Workflow } from '../api/types';

/** The command of a program as it ran. Tags whose value nobody here knows stay as they are written. */
export function commandLine(program: Container, node: NodeStatus | undefined, workflow: Workflow): string {
  const line = [...(program.command ?? []), ...(program.args ?? [])].join(' ');
  const values = new Map<string, string>([
    ['workflow.name', workflow.metadata.name ?? ''],
    ['workflow.namespace', workflow.metadata.namespace ?? ''],
    ['workflow.uid', workflow.metadata.uid ?? ''],
  ]);
  for (const { name, value } of workflow.spec.arguments?.parameters ?? [])
    if (value !== undefined) values.set(`workflow.parameters.${name}`, String(value));
  for (const { name, value } of node?.inputs?.parameters ?? [])
    if (value !== undefined) values.set(`inputs.parameters.${name}`, String(value));
  return line.replace(/\{\{\s*([^{}=\s][^{}\s]*)\s*\}\}/g, (tag, name: string) => values.get(name) ?? tag);
}

/** The exit code of a shell that did not find what it was to call. */
const NOT_FOUND = 127;

/** What the machine of a step lacks, as far as its message tells: a program by its name, or one that a script calls. */
export function lackOf({ message = '', outputs }: Pick<NodeStatus, 'message' | 'outputs'>): { program: string } | 'called' | undefined {
  const program = /exec: "([^"]+)": executable file not found/.exec(message)?.[1];
  if (program) return { program };
  return Number(outputs?.exitCode) === NOT_FOUND ? 'called' : undefined;
}
