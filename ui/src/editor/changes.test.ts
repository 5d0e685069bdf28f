import { describe, expect, it } from 'vitest';
import { copyOf, targetNamed, written } from './changes';

describe('what people write of an object', () => {
  it('has no fields that Argo fills in empty, and keeps those that mean something', () => {
    const spec = {
      arguments: {},
      templates: [{ name: 'a', inputs: {}, outputs: {}, metadata: {}, suspend: {} }],
    };
    const text = written('WorkflowTemplate', { metadata: { name: 't', uid: 'u', labels: {} }, spec });
    expect(text).not.toMatch(/arguments|inputs|outputs|labels|uid/);
    expect(text).toContain('suspend: {}');
  });
});

describe('what an address says is changed', () => {
  it('is a kind that is kept, a namespace and a name', () => {
    const target = { kind: 'WorkflowEventBinding', namespace: 'default', name: 'hook' };
    expect(targetNamed('WorkflowEventBinding/default/hook')).toEqual(target);
    expect(targetNamed('ClusterWorkflowTemplate/-/all')?.namespace).toBe('');
    for (const wrong of ['', 'Workflow/default/a', 'CronWorkflow/default', 'CronWorkflow/default/a/b'])
      expect(targetNamed(wrong)).toBeUndefined();
  });
});

it('writes a run as one of its kind, without what belongs to the run that was', () => {
  const run = {
    metadata: {
      name: 'demo-x7k',
      generateName: 'demo-',
      namespace: 'here',
      uid: 'u',
      labels: { team: 'web', 'workflows.argoproj.io/phase': 'Failed' },
      annotations: { 'workflows.argoproj.io/pod-name-format': 'v2', 'workflows.argoproj.io/title': 'Demo' },
    },
    spec: { entrypoint: 'main', arguments: {}, shutdown: 'Stop' },
    status: { phase: 'Failed' },
  };
  const text = copyOf(run as unknown as Parameters<typeof copyOf>[0]);
  expect(text).toBe(
    [
      'apiVersion: argoproj.io/v1alpha1',
      'kind: Workflow',
      'metadata:',
      '  generateName: demo-',
      '  namespace: here',
      '  labels:',
      '    team: web',
      '  annotations:',
      '    workflows.argoproj.io/title: Demo',
      'spec:',
      '  entrypoint: main',
      '',
    ].join('\n'),
  );
  expect(copyOf({ metadata: { name: 'one' }, spec: {} })).toContain('generateName: one-');
});
