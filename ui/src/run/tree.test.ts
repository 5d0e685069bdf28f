import { describe, expect, it } from 'vitest';
import type { NodeStatus, Workflow } from '../api/types';
import { sceneOf } from '../graph/build';
import { fold, type Run } from './model';
import { dependenciesOf, tasksOf, templatesIn, unfold } from './plan';
import { around, broken, culprits, heldUp, offeredIn, peopleOf, soughtIn, spanOfLoop, wordOf, wrongTogether } from './found';
import { countsOf, type Item, type Tree } from './item';
import { patched } from './patch';
import { treeOf } from './tree';
import { heldTogether, whyOf } from './why';

const runOf = (spec: Workflow['spec'], nodes: Partial<NodeStatus>[], phase: 'Running' | 'Failed' = 'Running'): Run => {
  const all = nodes.map(
    (each) =>
      ({
        id: each.name,
        type: 'Pod',
        displayName: each.name?.replace(/^.*[.\]]\.?/, ''),
        children: [],
        ...each,
      }) as NodeStatus,
  );
  const workflow: Workflow = {
    metadata: { name: 'wf', namespace: 'default', uid: 'u' },
    spec,
    status: { phase, nodes: Object.fromEntries(all.map((each) => [each.id, each])) },
  };
  return fold(undefined, { kind: 'whole', workflow })!;
};

const DAG: Workflow['spec'] = {
  entrypoint: 'main',
  templates: [
    {
      name: 'main',
      dag: {
        tasks: [
          { name: 'a', template: 'work' },
          { name: 'b', template: 'sub', depends: 'a.Succeeded && !c.Failed' },
          { name: 'c', template: 'work' },
        ],
      },
    },
    { name: 'sub', steps: [[{ name: 'x', template: 'work' }], [{ name: 'y', template: 'sub' }]] },
    { name: 'work', container: { image: 'i' } },
  ],
};

describe('the plan', () => {
  it('reads what tasks depend on', () => {
    const known = new Set(['a', 'b', 'c', 'Succeeded']);
    expect(dependenciesOf({ depends: 'a.Succeeded && (!c.Failed || zz)' }, known)).toEqual(['a', 'c']);
    expect(dependenciesOf({ dependencies: ['b'] }, known)).toEqual(['b']);
  });

  it('names tasks as their nodes will be named', () => {
    const templates = templatesIn(DAG);
    expect(tasksOf('wf', DAG.templates![0]!, templates).map((task) => [task.name, task.kind, task.after])).toEqual([
      ['wf.a', 'Pod', []],
      ['wf.b', 'Steps', ['wf.a', 'wf.c']],
      ['wf.c', 'Pod', []],
    ]);
    expect(tasksOf('wf.b', DAG.templates![1]!, templates)[1]?.after).toEqual(['wf.b[0].x']);
  });

  it('opens a template that calls itself once', () => {
    const names = unfold('wf', DAG.templates![0]!, templatesIn(DAG)).map((task) => task.name);
    expect(names).toEqual(['wf.a', 'wf.b', 'wf.c', 'wf.b[0].x', 'wf.b[1].y']);
  });
});

describe('a suspension', () => {
  const spec: Workflow['spec'] = {
    entrypoint: 'main',
    templates: [
      { name: 'main', steps: [] },
      { name: 'asks', suspend: {} },
      { name: 'rests', suspend: { duration: '1h' } },
      { name: 'late', suspend: { duration: '{{inputs.parameters.span}}' } },
    ],
  };
  const suspended = (name: string, templateName: string, displayName: string): Partial<NodeStatus> => ({
    ...{ name, templateName, displayName, type: 'Suspend', phase: 'Running', boundaryID: 'wf' },
    startedAt: '2026-07-01T13:03:00Z',
  });
  const run = runOf(spec, [
    { name: 'wf', type: 'Steps', phase: 'Running', templateName: 'main' },
    suspended('wf[0].asks', 'asks', 'asks'),
    suspended('wf[0].rests', 'rests', 'rests'),
    suspended('wf[0].late', 'late', 'late'),
    suspended('wf[0].l(0:a)', 'rests', 'l(0:a)'),
    suspended('wf[0].l(1:b)', 'rests', 'l(1:b)'),
  ]);
  const show = (at: number) => new Date(at).toISOString().slice(11, 16);
  const said = (given: Run, id: string) => wordOf(treeOf(given).byId.get(id)!, given.workflow, show);

  it('says whom it waits for, or until when', () => {
    expect(said(run, 'wf[0].asks')).toBe('Waits for you');
    expect(said(run, 'wf[0].rests')).toBe('Suspended until 14:03');
    expect(said(run, 'wf[0].late')).toBe('Suspended');
    expect(peopleOf(treeOf(run), run.workflow).map((item) => item.label)).toEqual(['asks']);
    const loop = treeOf(run).byId.get('wf[0].l(0:a)')!.parent!;
    expect([loop.kind, wordOf(loop, run.workflow, show)]).toEqual(['loop', 'Suspended']);
  });

  it('is told by the server where its template does not tell', () => {
    const waits = {
      'wf[0].late': { kind: 'time', text: 'waits until …', until: '2026-07-01T15:00:00Z' },
      'wf[0].asks': { kind: 'person', text: 'waits for a person' },
    };
    const told = fold(run, { kind: 'delta', waits })!;
    expect(said(told, 'wf[0].late')).toBe('Suspended until 15:00');
    expect(said(told, 'wf[0].asks')).toBe('Waits for you');
  });
});

describe('a run of which nothing goes on', () => {
  const steps: Workflow['spec'] = { entrypoint: 'main', templates: [{ name: 'main', steps: [] }] };
  const run = runOf(steps, [
    { name: 'wf', type: 'Steps', phase: 'Running', templateName: 'main' },
    { name: 'wf[0].locked', phase: 'Pending', boundaryID: 'wf' },
    { name: 'wf[0].asks', type: 'Suspend', phase: 'Running', boundaryID: 'wf' },
    { name: 'wf[0].behind', phase: 'Pending', boundaryID: 'wf' },
    { name: 'wf[0].beside', phase: 'Running', boundaryID: 'wf' },
  ]);
  const waits = {
    'wf[0].locked': { kind: 'lock', text: 'waits for the lock `a`', lock: 'a' },
    'wf[0].asks': { kind: 'person', text: 'waits for a person' },
    'wf[0].behind': { kind: 'parallelism', text: 'waits for parallelism' },
  };
  const held = (given: Run) => heldUp(treeOf(given), given).map((item) => item.label);

  it('says what holds it up, once nothing of it runs any more', () => {
    const waiting = fold(run, { kind: 'delta', waits })!;
    expect(held(waiting)).toEqual([]);
    const beside = { ...waiting.nodes.get('wf[0].beside')!, phase: 'Succeeded' as const };
    const still = fold(waiting, { kind: 'delta', nodes: { 'wf[0].beside': beside } })!;
    expect(held(still)).toEqual(['locked']);
  });

  it('tells items of a loop that wait alike together', () => {
    const items = [0, 1, 2].map((at) => ({ name: `wf[0].shard(${at}:${at})`, displayName: `shard(${at}:${at})`, phase: 'Pending' as const, boundaryID: 'wf' }));
    const looped = runOf(steps, [{ name: 'wf', type: 'Steps', phase: 'Running', templateName: 'main' }, ...items, { name: 'wf[0].alone', phase: 'Pending', boundaryID: 'wf' }]);
    const place = { kind: 'place', text: 'waits for a free place to run in' };
    const given = fold(looped, { kind: 'delta', waits: { ...Object.fromEntries(items.map(({ name }) => [name, place])), 'wf[0].alone': place } })!;
    const tree = treeOf(given);
    const found = heldTogether(heldUp(tree, given), tree, given.workflow);
    expect(found.map(({ item, count, why }) => [item.label, count, why?.text])).toEqual([
      ['shard', 3, 'waits for a free place to run in'],
      ['alone', 1, 'waits for a free place to run in'],
    ]);
  });
});

describe('the tree', () => {
  it('looks for what broke within loops of steps, and says which of them it was', () => {
    const broken = { phase: 'Failed', message: 'main: Error (exit code 1)' } as const;
    const region = (at: string): Partial<NodeStatus>[] => [
      { name: `wf.regions(${at})`, type: 'Steps', phase: 'Failed', boundaryID: 'wf', message: "child 'x' failed" },
      { ...broken, name: `wf.regions(${at})[0].shards(7:7)`, displayName: 'shards(7:7)', boundaryID: `wf.regions(${at})` },
    ];
    const nodes = [
      { name: 'wf', type: 'DAG', phase: 'Failed', children: ['wf.regions'] },
      { name: 'wf.regions', type: 'TaskGroup', phase: 'Failed', boundaryID: 'wf', children: ['wf.regions(0:eu)', 'wf.regions(1:us)'] },
      ...region('0:eu'),
      ...region('1:us'),
    ] as Partial<NodeStatus>[];
    const found = culprits(treeOf(runOf(DAG, nodes, 'Failed')));
    expect(found.map((item) => `${around(item)} / ${item.label}`)).toEqual(['regions(0:eu) / shards(7:7)', 'regions(1:us) / shards(7:7)']);
  });

  it('blames what broke the run: neither what was made good nor what was allowed to break', () => {
    const spec: Workflow['spec'] = {
      templates: [
        { name: 'main', dag: { tasks: [{ name: 'fetch', template: 'all', continueOn: { failed: true } }, { name: 'soft', template: 'x', continueOn: { failed: true } }, { name: 'hard', template: 'x' }] } },
      ],
    };
    const nodes: Partial<NodeStatus>[] = [
      { name: 'wf', type: 'DAG', phase: 'Failed', templateName: 'main' },
      { name: 'wf.fetch', type: 'Steps', phase: 'Succeeded', boundaryID: 'wf' },
      { name: 'wf.fetch[0].returns', phase: 'Failed', boundaryID: 'wf.fetch', finishedAt: '2026-07-01T12:00:01Z' },
      { name: 'wf.soft', displayName: 'soft', phase: 'Failed', boundaryID: 'wf', finishedAt: '2026-07-01T12:00:02Z' },
      { name: 'wf.hard', displayName: 'hard', phase: 'Failed', boundaryID: 'wf', finishedAt: '2026-07-01T12:00:03Z' },
    ];
    const run = runOf(spec, nodes, 'Failed');
    const names = (items: Item[]) => items.map((item) => item.name);
    expect(names(culprits(treeOf(run), run.workflow))).toEqual(['wf.hard']);
    expect(names(broken(treeOf(run)))).toEqual(['wf.fetch[0].returns', 'wf.soft', 'wf.hard']);
  });

  it('tells once what several items of a loop say of their failure', () => {
    const item = (at: number, message: string): Partial<NodeStatus> => ({ name: `wf.a(${at}:${at})`, displayName: `a(${at}:${at})`, phase: 'Failed', boundaryID: 'wf', message, finishedAt: `2026-07-01T12:00:0${at}Z` });
    const run = runOf(DAG, [
      { name: 'wf', type: 'DAG', phase: 'Failed' },
      { name: 'wf.a', type: 'TaskGroup', phase: 'Failed', boundaryID: 'wf', children: ['wf.a(0:0)', 'wf.a(1:1)', 'wf.a(2:2)'] },
      item(0, 'exit code 1'),
      item(1, 'exit code 2'),
      item(2, 'exit code 1'),
      { name: 'wf.b', phase: 'Failed', boundaryID: 'wf', message: 'exit code 1', finishedAt: '2026-07-01T12:00:09Z' },
    ], 'Failed');
    const told = wrongTogether(culprits(treeOf(run), run.workflow)).map(({ first, loop, count }) => [first.label, loop?.label, count]);
    expect(told).toEqual([
      ['a(0:0)', 'a', 2],
      ['a(1:1)', undefined, 1],
      ['b', undefined, 1],
    ]);
  });

  it('is searched by state, kind and template, which are offered (UI-124)', () => {
    const run = runOf(DAG, [
      { name: 'wf', type: 'DAG', phase: 'Succeeded', templateName: 'main' },
      { name: 'wf.a', type: 'HTTP', phase: 'Failed', boundaryID: 'wf', templateName: 'call' },
      { name: 'wf.b', phase: 'Succeeded', boundaryID: 'wf', templateName: 'call' },
    ], 'Failed');
    const tree = treeOf(run);
    const found = (words: string) => [...soughtIn(tree, run.workflow, words)];
    expect([found('http'), found('failed'), found('call')]).toEqual([['wf.a'], ['wf.a'], ['wf.a', 'wf.b']]);
    expect([...offeredIn(tree, run.workflow)]).toEqual([
      ['call', 'Template'],
      ['main', 'Template'],
      ['DAG', 'Kind'],
      ['HTTP', 'Kind'],
      ['Pod', 'Kind'],
      ['Failed', 'State'],
      ['Succeeded', 'State'],
    ]);
  });

  it('tells that nothing of a step runs between its tries, and when the next begins', () => {
    const run = runOf(DAG, [
      { name: 'wf', type: 'DAG', phase: 'Running' },
      { name: 'wf.a', type: 'Retry', phase: 'Running', boundaryID: 'wf', children: ['wf.a(0)'] },
      { name: 'wf.a(0)', phase: 'Failed', boundaryID: 'wf' },
    ]);
    run.waits.set('wf.a', { kind: 'retry', text: 'tries again', until: '2026-07-01T12:00:09Z' });
    const item = treeOf(run).byId.get('wf.a')!;
    expect([item.look, wordOf(item, run.workflow)]).toEqual(['pending', 'Tries again at 2026-07-01T12:00:09.000Z']);
    run.waits.delete('wf.a');
    const after = patched(treeOf(run), run, ['wf.a'])!.byId.get('wf.a')!;
    expect([after.look, wordOf(after, run.workflow)]).toEqual(['running', 'Running']);
  });

  it('blames nothing that a dag was told to expect (EX-170, EX-172)', () => {
    const tasks = [
      { name: 'probe', template: 'x' },
      { name: 'fallback', template: 'x', depends: 'probe.Failed' },
      { name: 'handed', template: 'x' },
      { name: 'omitted', template: 'x', depends: 'handed' },
      { name: 'last', template: 'x', dependencies: ['omitted'] },
      { name: 'odd', template: 'x' },
      { name: 'forgives', template: 'x', dependencies: ['odd'], continueOn: { failed: true } },
      { name: 'part', template: 'inner', continueOn: { failed: true } },
    ];
    const spec = { templates: [{ name: 'main', dag: { tasks } }, { name: 'inner', steps: [[{ name: 'deep', template: 'x' }]] }] } as Workflow['spec'];
    const at = (name: string, phase: string, more: Partial<NodeStatus> = {}) =>
      ({ name: `wf.${name}`, displayName: name, phase, boundaryID: 'wf', ...more }) as Partial<NodeStatus>;
    const nodes = [
      { name: 'wf', type: 'DAG', phase: 'Failed', templateName: 'main' } as Partial<NodeStatus>,
      at('probe', 'Failed'),
      at('fallback', 'Succeeded'),
      at('handed', 'Failed'),
      at('omitted', 'Omitted'),
      at('last', 'Omitted'),
      at('odd', 'Failed'),
      at('forgives', 'Omitted'),
      at('part', 'Failed', { type: 'Steps', templateName: 'inner', message: "child 'x' failed" }),
      at('part[0].deep', 'Failed', { displayName: 'deep', boundaryID: 'wf.part' }),
    ];
    const run = runOf(spec, nodes, 'Failed');
    const tree = treeOf(run);
    expect(culprits(tree, run.workflow).map((item) => item.name)).toEqual(['wf.handed']);
    // Asked for itself, a part says what broke it.
    expect(whyOf(tree.byId.get('wf.part')!, tree, run.workflow)?.links.map((item) => item.name)).toEqual(['wf.part[0].deep']);
    // While it goes on, what waits for a failure is believed.
    const early = runOf(spec, [{ ...nodes[0], phase: 'Running' }, at('probe', 'Failed'), at('handed', 'Failed')]);
    expect(culprits(treeOf(early), early.workflow).map((item) => item.name)).toEqual(['wf.handed']);
  });

  it('blames the exit handler of a run whose steps went well, and calls it by its own name', () => {
    const run = runOf(DAG, [
      { name: 'wf', type: 'DAG', phase: 'Succeeded' },
      { name: 'wf.onExit', displayName: 'wf.onExit', phase: 'Failed' },
      { name: 'wf.hooks.tell(0)', displayName: 'wf.hooks.tell(0)', phase: 'Succeeded' },
    ], 'Failed');
    const tree = treeOf(run);
    expect(culprits(tree, run.workflow).map((item) => item.label)).toEqual(['onExit']);
    expect(tree.byId.get('wf.hooks.tell(0)')?.label).toBe('hooks.tell(0)');
  });

  it('shows what is planned as ghosts, and why they wait', () => {
    const run = runOf(DAG, [
      { name: 'wf', type: 'DAG', phase: 'Running', templateName: 'main', children: ['wf.a'] },
      { name: 'wf.a', phase: 'Running', boundaryID: 'wf' },
      { name: 'wf.c', phase: 'Succeeded', boundaryID: 'wf' },
    ]);
    const tree = treeOf(run);
    const ghost = tree.byId.get('plan:wf.b')!;
    expect(tree.ghosts).toBe(3);
    expect(whyOf(ghost, tree, run.workflow)?.links.map((item) => item.label)).toEqual(['a']);
    expect(tree.byId.get('plan:wf.b[0].x')?.parent).toBe(ghost);
    const scene = sceneOf(run, tree, { toggled: new Set() });
    expect(scene.items.length).toBe(6);
    expect(scene.dashed.some((dashed) => dashed === 1)).toBe(true);
  });

  it('shows the plan of a run that waits for its own lock', () => {
    const run = runOf(DAG, [], 'Running');
    run.waits.set('run', { kind: 'lock', text: 'waits for `default/Mutex/one`' });
    const tree = treeOf(run);
    expect(tree.root?.kind).toBe('ghost');
    expect(tree.root?.items.map((item) => item.label)).toEqual(['a', 'b', 'c']);
    expect(whyOf(tree.root!, tree, run.workflow)?.text).toContain('default/Mutex/one');
    expect(whyOf(tree.root!.items[0]!, tree, run.workflow)?.links).toEqual([tree.root]);
    expect(sceneOf(run, tree, { toggled: new Set() }).items.length).toBe(6);
  });

  it('says which limit holds back a task, and the items of a loop', () => {
    const run = runOf(DAG, [
      { name: 'wf', type: 'DAG', phase: 'Running', templateName: 'main' },
      { name: 'wf.l(0:1)', boundaryID: 'wf', phase: 'Running' },
    ]);
    run.waits.set('plan:wf.a', { kind: 'parallelism', text: 'waits for parallelism (1 of 1 running)' });
    run.waits.set('loop:wf.l', { kind: 'parallelism', text: 'waits for parallelism (1 of 1 running)' });
    const tree = treeOf(run);
    for (const id of ['plan:wf.a', 'loop:wf.l'])
      expect(whyOf(tree.byId.get(id)!, tree, run.workflow)?.text).toBe('waits for parallelism (1 of 1 running)');
    const next = fold(run, { kind: 'delta', waits: { 'plan:wf.a': null } })!;
    const after = patched(tree, next, ['plan:wf.a'])!;
    expect(whyOf(after.byId.get('plan:wf.a')!, after, run.workflow)?.text).toBe('is about to begin');
  });

  it('has no ghosts in a run that ended', () => {
    const run = runOf(DAG, [{ name: 'wf', type: 'DAG', phase: 'Failed', templateName: 'main' }], 'Failed');
    expect(treeOf(run).ghosts).toBe(0);
  });

  it('folds loops of steps, which have no node of their own', () => {
    const items = Array.from(
      { length: 500 },
      (_, at): Partial<NodeStatus> => ({
        name: `wf[0].each(${at}:${at})`,
        boundaryID: 'wf',
        phase: at < 100 ? 'Succeeded' : 'Running',
      }),
    );
    const run = runOf({ entrypoint: 'main', templates: [{ name: 'main', steps: [] }] }, [
      { name: 'wf', type: 'Steps', phase: 'Running', templateName: 'main', children: ['wf[0]'] },
      {
        name: 'wf[0]',
        type: 'StepGroup',
        phase: 'Running',
        boundaryID: 'wf',
        children: items.map((item) => item.name!),
      },
      ...items,
    ]);
    const tree = treeOf(run);
    expect(tree.root?.items.length).toBe(1);
    expect(countsOf(tree.root!.items[0]!)).toMatchObject({ total: 500, ended: 100 });
    expect(sceneOf(run, tree, { toggled: new Set() }).items.length).toBe(2);
  });

  it('tells of a loop of steps, which has no node, by its items', () => {
    const item = (at: number, more: Partial<NodeStatus>): Partial<NodeStatus> => ({
      ...{ name: `wf[0].l(${at}:x)`, displayName: `l(${at}:x)`, boundaryID: 'wf', templateName: 'work' },
      ...{ startedAt: `2026-07-01T13:00:0${at}Z`, finishedAt: `2026-07-01T13:00:1${at}Z` },
      ...more,
    });
    const loopOf = (items: Partial<NodeStatus>[]) => {
      const run = runOf(DAG, [{ name: 'wf', type: 'Steps', phase: 'Running', templateName: 'main' }, ...items]);
      const tree = treeOf(run);
      const loop = tree.byId.get('wf[0].l(0:x)')!.parent!;
      return { loop, why: whyOf(loop, tree, run.workflow) };
    };
    const skipped = { type: 'Skipped', phase: 'Skipped', message: "when 'false' evaluated false" } as const;
    expect(loopOf([item(0, skipped), item(1, skipped)]).why?.text).toBe("none of its items ran: when 'false' evaluated false");
    const broken = loopOf([item(0, { phase: 'Succeeded' }), item(1, { phase: 'Failed', message: 'exit code 1' })]);
    expect([broken.why?.text, broken.why?.links[0]?.label]).toEqual(['a part of it failed (exit code 1):', 'l(1:x)']);
    expect(spanOfLoop(broken.loop)).toEqual({ startedAt: '2026-07-01T13:00:00Z', finishedAt: '2026-07-01T13:00:11Z', templateName: 'work' });
    const busy = loopOf([item(0, { phase: 'Succeeded' }), item(1, { phase: 'Running' })]);
    expect([busy.why, spanOfLoop(busy.loop).finishedAt]).toEqual([undefined, undefined]);
  });

  it('makes the boxes of a graph as wide as its longest name needs', () => {
    const widths = (name: string) => {
      const run = runOf(DAG, [
        { name: 'wf', type: 'DAG', phase: 'Succeeded', templateName: 'main' },
        { name: 'wf.a', phase: 'Succeeded', boundaryID: 'wf' },
        { name: `wf.${name}`, phase: 'Succeeded', boundaryID: 'wf' },
      ], 'Failed');
      return new Set(sceneOf(run, treeOf(run), { toggled: new Set() }).drawing.width);
    };
    expect([...widths('b')]).toEqual([124]);
    expect([...widths('unit-tests')]).toEqual([153]);
    expect([...widths('a-name-that-is-much-too-long')]).toEqual([188]);
  });

  it('puts tries below their retry and tells the last one as the culprit', () => {
    const run = runOf(
      { entrypoint: 'main', templates: [] },
      [
        { name: 'wf', type: 'Retry', phase: 'Failed', children: ['wf(0)', 'wf(1)'] },
        { name: 'wf(0)', phase: 'Failed', nodeFlag: { retried: true } },
        { name: 'wf(1)', phase: 'Failed', nodeFlag: { retried: true } },
      ],
      'Failed',
    );
    const tree = treeOf(run);
    expect(tree.root?.items.map((item) => item.name)).toEqual(['wf(0)', 'wf(1)']);
    expect(culprits(tree).map((item) => item.name)).toEqual(['wf(1)']);
  });

  it('says of what only names a part which part broke, and why', () => {
    const run = runOf(
      DAG,
      [
        { name: 'wf', type: 'DAG', templateName: 'main', phase: 'Failed', message: "child 'wf.b' failed" },
        { name: 'wf.a', boundaryID: 'wf', phase: 'Succeeded' },
        { name: 'wf.b', boundaryID: 'wf', type: 'Steps', templateName: 'sub', phase: 'Failed' },
        { name: 'wf.b[0].x', boundaryID: 'wf.b', phase: 'Failed', message: 'main: Error (exit code 3)' },
        { name: 'wf.c', boundaryID: 'wf', phase: 'Failed' },
      ],
      'Failed',
    );
    const tree = treeOf(run)!;
    const told = (name: string) => {
      const why = whyOf(tree.byId.get(name)!, tree, run.workflow);
      return [why?.text, why?.links.map(({ label }) => label).join(), why?.raw];
    };
    expect(told('wf.b')).toEqual(['a part of it failed (main: Error (exit code 3)):', 'x', undefined]);
    expect(told('wf')[2]).toBe("child 'wf.b' failed");
    expect(whyOf(tree.byId.get('wf.c')!, tree, run.workflow)).toBeUndefined();
  });

  it('survives nodes whose parent is missing and children that lead in circles', () => {
    const run = runOf({ entrypoint: 'main', templates: [] }, [
      { name: 'wf', type: 'DAG', phase: 'Running', children: ['wf.a'] },
      { name: 'wf.a', boundaryID: 'gone', children: ['wf.b'], phase: 'Running' },
      { name: 'wf.b', boundaryID: 'wf', children: ['wf.a', 'wf'], phase: 'Running' },
    ]);
    const tree = treeOf(run);
    expect(tree.root?.items.length).toBe(2);
    expect(sceneOf(run, tree, { toggled: new Set() }).items.length).toBe(3);
  });
});

describe('a patched tree', () => {
  const shown = (tree: Tree) => {
    const told = (item: Item): unknown => [
      item.id,
      item.look,
      item.node?.phase,
      item.parent?.id,
      item.parent && item.parent.items[item.at] === item,
      tree.byId.get(item.id) === item,
      item.items.map(told),
    ];
    return tree.root && told(tree.root);
  };

  it('is the tree that would be built anew, whatever changes', () => {
    const names = ['wf', 'wf.a', 'wf.b', 'wf.b[0]', 'wf.b[0].x', ...[0, 1, 2].map((at) => `wf.c(${at}:${at})`)];
    const typeOf = (name: string) =>
      name === 'wf' ? 'DAG' : name === 'wf.b' ? 'Steps' : name === 'wf.b[0]' ? 'StepGroup' : 'Pod';
    const nodes = names.map((name) => ({
      name,
      type: typeOf(name),
      phase: 'Running',
      ...(name === 'wf' ? {} : { boundaryID: name.startsWith('wf.b[') ? 'wf.b' : 'wf' }),
    })) as Partial<NodeStatus>[];
    let run = runOf(DAG, nodes);
    let tree = treeOf(run);
    let seed = 5;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let round = 0; round < 200; round += 1) {
      const changed: Record<string, NodeStatus> = {};
      for (let each = 0; each <= random(3); each += 1) {
        const name = names[random(names.length)]!;
        const phase = (['Running', 'Succeeded', 'Failed', 'Pending'] as const)[random(4)]!;
        changed[name] = { ...run.nodes.get(name)!, phase };
      }
      run = fold(run, { kind: 'delta', nodes: changed })!;
      tree = patched(tree, run, Object.keys(changed)) ?? treeOf(run);
      expect(shown(tree)).toEqual(shown(treeOf(run)));
      expect(tree.byId.get('wf.b[0]')).toBe(tree.byId.get('wf.b'));
    }
  });

  it('gives what changed a new identity, and only that', () => {
    const run = runOf({}, [
      { name: 'wf', type: 'DAG' },
      { name: 'wf.a', boundaryID: 'wf' },
      { name: 'wf.b', boundaryID: 'wf' },
    ]);
    const before = treeOf(run);
    const [a, b] = [before.byId.get('wf.a'), before.byId.get('wf.b')];
    const next = fold(run, { kind: 'delta', nodes: { 'wf.a': { ...run.nodes.get('wf.a')!, phase: 'Failed' } } })!;
    const after = patched(before, next, ['wf.a'])!;
    expect(after.byId.get('wf.a')).not.toBe(a);
    expect(after.byId.get('wf.b')).toBe(b);
    expect(after.changed?.map((item) => item.id)).toEqual(['wf.a']);
  });

  it('is refused when a node is not known', () => {
    const run = runOf({}, [{ name: 'wf', type: 'DAG' }]);
    expect(patched(treeOf(run), run, ['wf.new'])).toBeUndefined();
  });
});
