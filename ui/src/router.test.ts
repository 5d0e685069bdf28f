import { describe, expect, it } from 'vitest';
import { resolve } from './router.svelte';

describe('addresses', () => {
  it.each([
    ['', 'home', {}],
    ['runs', 'runs', {}],
    ['runs/default/hello', 'run', { namespace: 'default', name: 'hello' }],
    ['workflows/argo/x%2Fy', 'run', { namespace: 'argo', name: 'x/y' }],
    ['workflow-templates/argo/t', 'pipeline', { kind: 'WorkflowTemplate', namespace: 'argo', name: 't' }],
    ['cluster-workflow-templates/t', 'pipeline', { kind: 'ClusterWorkflowTemplate', name: 't' }],
    ['cron-workflows', 'schedules', { kind: 'CronWorkflow' }],
    ['runs/', 'runs', {}],
    ['no/such/page/here', 'missing', {}],
    ['runs/%E0%A4%A/x', 'run', { namespace: '%E0%A4%A', name: 'x' }],
  ])('%s is %s', (path, page, params) => {
    expect(resolve(path)).toMatchObject({ page, params });
  });

  it('keeps the query', () => {
    expect(resolve('runs', '?phase=Failed').query.get('phase')).toBe('Failed');
  });
});
