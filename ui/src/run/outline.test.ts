import { expect, it } from 'vitest';
import type { Outline, PlanBranch } from '../api/own';
import { sceneOf } from '../graph/build';
import type { Run } from './model';
import { wordOf } from './found';
import { treeOfOutline } from './outline';

const branch = (name: string, more: Partial<PlanBranch> = {}): PlanBranch => ({ name, template: name, kind: 'Container', ...more });
const outlineOf = (tree: PlanBranch, more: Partial<Outline> = {}): Outline => ({ workflow: 'wf', namespace: 'default', parameters: [], tree, needs: {}, ...more });

const TREE = branch('main', {
  kind: 'Steps',
  children: [
    branch('fetch', { group: 1, template: 'shared/fetch', kind: 'DAG', children: [branch('a'), branch('b', { after: ['a'] })] }),
    branch('many', { group: 3, loop: { count: 3000, over: '3000 numbers from 0' }, hooks: [branch('exit', { template: 'tidy' })] }),
    branch('also', { group: 3, loop: { over: '{{inputs.parameters.list}}' } }),
  ],
});
const tree = treeOfOutline(outlineOf(TREE, { hooks: [branch('exit', { template: 'bye' })] }), 'wf');
const at = (name: string) => tree.byId.get(`plan:${name}`)!;

it('a plan is named as its nodes will be, and each comes after what it waits for', () => {
  expect([...tree.byId.values()].map(({ name, after }) => [name, after])).toEqual([
    ['wf', []],
    ['wf[0].fetch', []],
    ['wf[2].many', ['wf[0].fetch']],
    ['wf[2].many.onExit', ['wf[2].many']],
    ['wf[2].also', ['wf[0].fetch']],
    ['wf[0].fetch.a', []],
    ['wf[0].fetch.b', ['wf[0].fetch.a']],
    ['wf.onExit', ['wf[2].many', 'wf[2].also']],
  ]);
  expect([...tree.byId.values()].filter(({ hook }) => hook).map(({ label }) => label)).toEqual(['exit', 'exit']);
  expect([...tree.byId.values()].map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

it('a loop says how many items it will have, where that is known', () => {
  const said = (name: string) => wordOf(at(name), { metadata: { name: 'wf' }, spec: {} });
  expect([said('wf[2].many'), said('wf[2].also')]).toEqual(['Planned 3,000 times', 'Planned']);
});

it('every part of what is elsewhere has a box', () => {
  const run = { workflow: { metadata: { name: 'wf' }, spec: {} }, nodes: new Map(), waits: new Map(), version: 1, shape: 1, deleted: false } as unknown as Run;
  const scene = sceneOf(run, tree, { toggled: new Set() });
  expect(scene.items.map(({ label }) => label).sort()).toEqual(['a', 'also', 'b', 'exit', 'exit', 'fetch', 'main', 'many']);
});
