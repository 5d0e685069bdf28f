// What a manifest will do, before it does it: the tasks of steps and dags, and what each waits for.

import type { PlanBranch } from '../api/own';
import type { Group, Task, Template, Workflow, WorkflowSpec } from '../api/types';

export interface Planned {
  /** Name of the node that it becomes. */
  name: string;
  label: string;
  template: string;
  kind: 'Pod' | 'Steps' | 'DAG' | 'Suspend' | 'HTTP' | 'Plugin' | 'Unknown';
  /** Names of nodes of the same frame that come before. */
  after: string[];
  loop: boolean;
  when: string | undefined;
  /** What the server says of it. */
  branch?: PlanBranch;
}

/** How many items a loop will have, where that is known. */
export const timesOf = (task: Planned | undefined): number | undefined => task?.branch?.loop?.count ?? undefined;

/** Most tasks that a plan shows. */
const PLANNED_MAX = 5000;

export interface Templates {
  find(task: { template?: string; templateRef?: Task['templateRef']; inline?: Template }): Template | undefined;
}

/** Finds templates in a run, wherever they come from. */
export function templatesIn(spec: WorkflowSpec, workflow?: Workflow): Templates {
  const own = new Map<string, Template>();
  const specs = [spec, workflow?.status?.storedWorkflowTemplateSpec];
  for (const template of specs.flatMap((each) => each?.templates ?? [])) {
    if (template?.name && !own.has(template.name)) own.set(template.name, template);
  }
  const stored = workflow?.status?.storedTemplates ?? {};
  return {
    find({ template, templateRef, inline }) {
      if (inline) return inline;
      if (templateRef) {
        const scope = templateRef.clusterScope ? 'cluster' : 'namespaced';
        return stored[`${scope}/${templateRef.name}/${templateRef.template}`];
      }
      return template ? own.get(template) : undefined;
    },
  };
}

export function kindOf(template: Template | undefined): Planned['kind'] {
  if (!template) return 'Unknown';
  if (template.steps) return 'Steps';
  if (template.dag) return 'DAG';
  if (template.suspend) return 'Suspend';
  if (template.http) return 'HTTP';
  if (template.plugin) return 'Plugin';
  return 'Pod';
}

/** The direct tasks of a frame. */
export function tasksOf(frame: string, template: Template, templates: Templates): Planned[] {
  if (template.dag) {
    const tasks = (template.dag.tasks ?? []).filter((task) => task?.name);
    const names = new Set(tasks.map((task) => task.name));
    return tasks.map((task) =>
      planned(
        `${frame}.${task.name}`,
        task,
        templates,
        dependenciesOf(task, names).map((name) => `${frame}.${name}`),
      ),
    );
  }
  const found: Planned[] = [];
  let before: string[] = [];
  for (const [index, group] of ((template.steps ?? []) as Group[]).entries()) {
    const steps = (Array.isArray(group) ? group : (group?.steps ?? [])).filter((step) => step?.name);
    const now = steps.map((step) => planned(`${frame}[${index}].${step.name}`, step, templates, before));
    found.push(...now);
    if (now.length > 0) before = now.map((step) => step.name);
  }
  return found;
}

function planned(name: string, task: Task, templates: Templates, after: string[]): Planned {
  return {
    name,
    label: task.name,
    template: task.template ?? task.templateRef?.template ?? '',
    kind: kindOf(templates.find(task)),
    after,
    loop: Boolean(task.withItems ?? task.withParam ?? task.withSequence),
    when: task.when,
  };
}

/** Tasks that a task names in `dependencies` or `depends`. */
export function dependenciesOf(task: Pick<Task, 'dependencies' | 'depends'>, known: Set<string>): string[] {
  const found = new Set<string>(task.dependencies ?? []);
  for (const match of (task.depends ?? '').matchAll(/[A-Za-z0-9_][A-Za-z0-9_-]*/g)) {
    const before = (task.depends ?? '')[match.index - 1];
    if (before !== '.' && known.has(match[0])) found.add(match[0]);
  }
  return [...found].filter((name) => known.has(name));
}

export interface PlanNode extends Planned {
  parent: string | undefined;
}

/** The complete plan below a frame, frames opened, until it is too much. */
export function unfold(frame: string, template: Template, templates: Templates, parent?: string): PlanNode[] {
  const found: PlanNode[] = [];
  // A template that calls itself is opened once.
  const queue: { name: string; template: Template; above: Template[] }[] = [{ name: frame, template, above: [] }];
  for (let next = queue.shift(); next && found.length < PLANNED_MAX; next = queue.shift()) {
    const { name, template: mine, above } = next;
    const taskByName = new Map(rawTasks(mine).map((task) => [task.name, task]));
    for (const task of tasksOf(name, mine, templates)) {
      if (found.length >= PLANNED_MAX) break;
      found.push({ ...task, parent: name === frame ? parent : name });
      const inner = templates.find(taskByName.get(task.label) ?? {});
      const opens = inner && (inner.dag || inner.steps) && !task.loop && inner !== mine && !above.includes(inner);
      if (opens) queue.push({ name: task.name, template: inner, above: [...above, mine] });
    }
  }
  return found;
}

export function rawTasks(template: Template): Task[] {
  if (template.dag) return template.dag.tasks ?? [];
  return ((template.steps ?? []) as Group[]).flatMap((group) => (Array.isArray(group) ? group : (group?.steps ?? [])));
}
