import { describe, expect, it } from 'vitest';
import type { NodeStatus, Workflow } from '../api/types';
import { fold, type Message, parseArgo, parseOwn, type Run } from './model';

const node = (id: string, phase: NodeStatus['phase'], children: string[] = []): NodeStatus => ({
  id,
  name: id,
  type: 'Pod',
  phase: phase ?? '',
  children,
});

const workflow = (nodes: Record<string, NodeStatus>, phase: 'Running' | 'Succeeded' = 'Running'): Workflow => ({
  metadata: { name: 'wf', namespace: 'default', uid: 'u1' },
  spec: {},
  status: { phase, nodes },
});

const all = (messages: Message[]): Run | undefined => messages.reduce<Run | undefined>(fold, undefined);

describe('folding a run', () => {
  it('takes a whole object', () => {
    const run = all([{ kind: 'whole', workflow: workflow({ a: node('a', 'Running') }) }]);
    expect(run?.nodes.get('a')?.phase).toBe('Running');
  });

  it('raises the shape only when links change', () => {
    const first = all([{ kind: 'whole', workflow: workflow({ a: node('a', 'Running') }) }])!;
    const shape = first.shape;
    const second = fold(first, { kind: 'delta', nodes: { a: node('a', 'Succeeded') } })!;
    expect([second.shape, second.version > first.version]).toEqual([shape, true]);
    expect(fold(second, { kind: 'delta', nodes: { a: node('a', 'Succeeded', ['b']) } })!.shape).toBe(shape + 1);
  });

  it('does not mind a message twice', () => {
    const delta: Message = {
      kind: 'delta',
      nodes: { b: node('b', 'Pending') },
      workflow: { status: { progress: '1/2' } },
    };
    const once = all([{ kind: 'whole', workflow: workflow({ a: node('a', 'Running') }) }, delta])!;
    const twice = fold(once, delta)!;
    expect([...twice.nodes.keys()]).toEqual(['a', 'b']);
    expect(twice.shape).toBe(once.shape);
    expect(twice.workflow.status?.phase).toBe('Running');
  });

  it('takes nothing for a node that is none', () => {
    const first = fold(undefined, { kind: 'whole', workflow: workflow({ a: node('a', 'Running') }) })!;
    const strange = { x: null, y: 3, z: {} } as unknown as Record<string, NodeStatus>;
    expect([...fold(first, { kind: 'delta', nodes: strange })!.nodes.keys()]).toEqual(['a']);
    expect([...fold(undefined, { kind: 'whole', workflow: workflow(strange) })!.nodes.keys()]).toEqual([]);
  });

  it('forgets nodes that a whole object does not have', () => {
    const run = all([
      { kind: 'whole', workflow: workflow({ a: node('a', 'Failed'), b: node('b', 'Failed') }) },
      { kind: 'whole', workflow: workflow({ a: node('a', 'Running') }) },
    ])!;
    expect([...run.nodes.keys()]).toEqual(['a']);
  });

  it('begins anew with another run of the same name', () => {
    const other = workflow({ c: node('c', 'Running') });
    other.metadata = { ...other.metadata, uid: 'u2' };
    const run = all([
      { kind: 'whole', workflow: workflow({ a: node('a', 'Failed') }) },
      { kind: 'whole', workflow: other },
    ])!;
    expect([...run.nodes.keys()]).toEqual(['c']);
  });

  it('ignores a change before anything is known, and tells an end', () => {
    expect(fold(undefined, { kind: 'delta', nodes: {} })).toBeUndefined();
    expect(all([{ kind: 'whole', workflow: workflow({}) }, { kind: 'end' }])?.deleted).toBe(true);
  });

  it('adds and takes away waits', () => {
    const start: Message = { kind: 'whole', workflow: workflow({}), waits: { a: { text: 'x' }, b: { text: 'y' } } };
    const run = all([start, { kind: 'delta', waits: { a: null, c: { text: 'z' } } }])!;
    expect([...run.waits.keys()]).toEqual(['b', 'c']);
  });

  it('reads both streams', () => {
    expect(parseOwn('snapshot', JSON.stringify({ workflow: workflow({}) }))?.kind).toBe('whole');
    expect(parseOwn('delta', '{"nodes":{}}')?.kind).toBe('delta');
    expect(parseOwn('news', '{}')).toBeUndefined();
    expect(parseArgo(JSON.stringify({ result: { type: 'DELETED', object: workflow({}) } }))?.kind).toBe('end');
    expect(parseArgo('{"error":{"message":"EOF"}}')).toBeUndefined();
  });

  it('keeps names that look like parts of objects', () => {
    const nodes = JSON.parse(
      '{"__proto__":{"id":"__proto__","name":"x","type":"Pod"},"constructor":{"id":"constructor","name":"y","type":"Pod"}}',
    );
    const run = all([{ kind: 'whole', workflow: workflow(nodes) }])!;
    expect([...run.nodes.keys()]).toEqual(['__proto__', 'constructor']);
  });
});
