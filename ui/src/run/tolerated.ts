// What a workflow lets break: it says so, or what comes after it ran nevertheless.

import { templateOf } from '../api/argo';
import type { Task, Workflow } from '../api/types';
import { isEnded } from '../phase';
import type { Item } from './item';
import { dependenciesOf, rawTasks } from './plan';

/** Says of things that broke whether their frames go on with them. What it finds out of a frame it keeps: it is for one tree. */
export function tolerance(workflow: Workflow): (item: Item) => boolean {
  const known = new Map<Item, Frame>();
  return (item) => {
    const frame = item.parent?.kind === 'loop' ? item.parent.parent : item.parent;
    if (item.hook || frame?.kind !== 'frame' || !frame.node) return false;
    const found = known.get(frame) ?? frameOf(frame, workflow);
    known.set(frame, found);
    const task = found.tasks.get(taskOf(item));
    // A loop of steps has no node: the worst of its items tells.
    const as = (item.node ? item.node.phase === 'Error' : item.look === 'error') ? 'error' : 'failed';
    return task !== undefined && (goesOn(task, as) || !breaks(found, as).has(task.name));
  };
}

/** How something broke, in the words of `continueOn`. */
type Break = 'failed' | 'error';

interface Frame {
  tasks: Map<string, Task>;
  items: Map<string, Item>;
  isDag: boolean;
  isOver: boolean;
  breaks: Partial<Record<Break, Set<string>>>;
}

function frameOf(frame: Item, workflow: Workflow): Frame {
  const template = templateOf(workflow, frame.node!);
  return {
    tasks: new Map((template ? rawTasks(template) : []).map((task) => [task.name, task])),
    items: new Map(frame.items.map((item) => [taskOf(item), item])),
    isDag: Boolean(template?.dag),
    isOver: isEnded(frame.node?.phase),
    breaks: {},
  };
}

/** The task that a node was made from: items of a loop carry their number. */
const taskOf = ({ label }: Item): string => label.replace(/\(\d+[:)].*$/s, '');

const goesOn = ({ continueOn }: Task, as: Break): boolean => Boolean(continueOn?.[as]);

/** Tasks that break their frame when they break. */
function breaks(frame: Frame, as: Break): Set<string> {
  return (frame.breaks[as] ??= frame.isDag ? waysToTheEnd(frame, as) : new Set(frame.tasks.keys()));
}

/**
 * Tasks from which a way leads to an end of the dag on which no task ran nevertheless (EX-172). One that was omitted or
 * skipped hands on what came before it, and at the end of a way its own `continueOn` counts (EX-170).
 */
function waysToTheEnd({ tasks, items, isOver }: Frame, as: Break): Set<string> {
  const names = new Set(tasks.keys());
  // What a dag that is over never entered lies outside of its targets.
  const met = [...tasks.values()].filter(({ name }) => !isOver || items.has(name));
  const before = new Map(met.map((task) => [task.name, dependenciesOf(task, names)]));
  const led = new Set([...before.values()].flat());
  const found = new Set(met.filter((task) => !led.has(task.name) && !goesOn(task, as)).map(({ name }) => name));
  for (const name of found) {
    for (const each of before.get(name) ?? []) if (!wentOn(items.get(name), tasks.get(name)!, each)) found.add(each);
  }
  return found;
}

/** Whether a task ran, or will, although the one before it broke. */
function wentOn(item: Item | undefined, task: Task, before: string): boolean {
  const phase = item?.node?.phase;
  if (phase) return phase !== 'Omitted' && phase !== 'Skipped';
  return takesFailure(task, before);
}

/** Whether what a task waits for names that another broke. */
function takesFailure({ depends }: Task, name: string): boolean {
  const names = (depends ?? '').matchAll(/([A-Za-z0-9_][A-Za-z0-9_-]*)\.(\w+)/g);
  return [...names].some(([, task, result]) => task === name && /^(AllFailed|Failed|Errored)$/.test(result ?? ''));
}
