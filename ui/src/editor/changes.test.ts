import { describe, expect, it } from 'vitest';
import { targetNamed, written } from './changes';

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
