import { describe, expect, it } from 'vitest';
import type { NodeStatus, Workflow } from '../api/types';
import { stepsOf } from './grid';

const AT = '2026-01-01T00:00:00Z';
const node = (id: string, name: string, children: string[] = [], more: Partial<NodeStatus> = {}): [string, NodeStatus] => [
  id,
  { id, name, children, phase: 'Succeeded', startedAt: AT, finishedAt: AT, ...more } as NodeStatus,
];
const run = (name: string, nodes: [string, NodeStatus][]): Workflow =>
  ({ metadata: { name }, spec: {}, status: { nodes: Object.fromEntries(nodes) } }) as Workflow;

describe('the rows of a grid', () => {
  it('stand as steps follow one another, though all began in the same second', () => {
    const steps = stepsOf([
      run('r', [
        node('e', 'r.onExit'),
        node('c', 'r.deploy'),
        node('a', 'r.checkout', ['b']),
        node('b', 'r.build', ['c']),
        node('r', 'r', ['a']),
      ]),
    ]);
    expect(steps.map((step) => step.name)).toEqual(['checkout', 'build', 'deploy', 'onExit']);
  });

  it('stand as in the graph: a part below its frame, and neighbours as their parent tells them', () => {
    const nodes = [
      node('z', 'r.first', ['y']),
      node('a', 'r.second'),
      node('y', 'r.first.inner', ['k']),
      node('k', 'r.last'),
      node('h', 'r.first.onExit'),
      node('r', 'r', ['z', 'a']),
    ];
    const names = (workflows: Workflow[]) => stepsOf(workflows).map((step) => step.name);
    expect(names([run('r', nodes)])).toEqual(['first', 'first.inner', 'first.onExit', 'second', 'last']);
    // Of several runs the newest says who stands first.
    const newer = [...nodes.slice(0, -1), node('r', 'r', ['a', 'z'])];
    expect(names([run('r', nodes), run('r', newer)])).toEqual(['second', 'first', 'first.inner', 'first.onExit', 'last']);
  });

  it('are one for a pipeline of one step, tried again or not', () => {
    const once = run('r', [node('r', 'r', [], { type: 'Pod', templateName: 'main' })]);
    const again = run('s', [node('s', 's', ['t'], { type: 'Retry', templateName: 'main' }), node('t', 's(0)', [], { type: 'Pod' })]);
    expect(stepsOf([once, again]).map((step) => [step.name, step.cells.map((cell) => cell?.id)])).toEqual([['main', ['r', 's']]]);
  });

  it('tell the items of a loop together, of steps templates too', () => {
    const steps = stepsOf([
      run('r', [
        node('r', 'r', ['g']),
        node('g', 'r[0]', ['x', 'y'], { type: 'StepGroup' }),
        node('x', 'r[0].each(0:a)'),
        node('y', 'r[0].each(1:b)', [], { phase: 'Failed' }),
      ]),
    ]);
    expect(steps.map((step) => [step.name, step.cells[0]?.phase])).toEqual([['each', 'Failed']]);
  });
});
