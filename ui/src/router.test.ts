import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PAGES, resolve } from './router.svelte';

describe('addresses', () => {
  it.each([
    ['', 'home', {}],
    ['runs', 'runs', {}],
    ['runs/default/hello', 'run', { namespace: 'default', name: 'hello' }],
    ['workflows/argo/x%2Fy', 'run', { namespace: 'argo', name: 'x/y' }],
    ['workflow-templates/argo/t', 'pipeline', { kind: 'WorkflowTemplate', namespace: 'argo', name: 't' }],
    ['cluster-workflow-templates/t', 'pipeline', { kind: 'ClusterWorkflowTemplate', name: 't' }],
    // UI-015: an old name of the list.
    ['timeline', 'runs', {}],
    // UI-013 and UI-014: what stands on pages of others.
    ['widgets/workflow-graphs/argo', 'picture', { namespace: 'argo' }],
    ['widgets/workflow-status-badges/argo', 'badge', { namespace: 'argo' }],
    ['cron-workflows', 'schedules', { kind: 'CronWorkflow' }],
    ['runs/', 'runs', {}],
    ['no/such/page/here', 'missing', {}],
    ['runs/%E0%A4%A/x', 'run', { namespace: '%E0%A4%A', name: 'x' }],
  ])('%s is %s', (path, page, params) => {
    expect(resolve(path)).toMatchObject({ page, params });
  });

  it.each([
    ['reports/argo', 'pipelines'],
    ['event-flow', 'inbox'],
    ['apidocs', 'settings'],
    ['event-sources/argo/webhook', 'inbox'],
    ['sensors/argo/deploy', 'inbox'],
  ])("%s of Argo's pages has its answer on %s (UI-007 to UI-012)", (path, page) => {
    expect(resolve(path).page).toBe(page);
  });

  it.each([
    ['workflows/a/r', '?tab=timeline&nodeId=r-1', 'view=timeline&node=r-1'],
    ['workflows/a/r', '?sidePanel=logs:r-1:main', 'node=r-1&tab=logs'],
    ['workflows/a/r', '?sidePanel=yaml:r-1', 'node=r-1&tab=manifest'],
    ['workflows/a/r', '?sidePanel=logs:r-1:warm', 'node=r-1&tab=logs&container=warm'],
    ['workflows/a/r', '?tab=summary', 'node=r&tab=summary'],
    ['workflows/a/r', '?tab=events', 'node=r&tab=journal'],
    ['workflows/a/r', '?tab=summary&nodeId=r-1', 'node=r-1&tab=summary'],
    ['runs/a/r', '?tab=summary', 'tab=summary'],
    ['workflows/a/r', '?sidePanel=resubmit', 'act=resubmit'],
    ['workflows/a/r', '?sidePanel=retry', 'act=retry'],
    ['workflows/a/r', '?sidePanel=share', ''],
    ['workflows/a', '?Contains=x&phase=Failed&createdAfter=2026-01-01', 'phase=Failed&search=x&since=2026-01-01'],
    ['workflows/a', '?Prefix=x', 'search=x&match=Prefix'],
    ['workflows/a', '?NotEquals=x&Prefix=', 'search=x&match=NotEquals'],
  ])('%s%s is understood (UI-002, UI-003)', (path, search, ours) => {
    const sorted = (query: URLSearchParams) => [...query].sort().join('&');
    expect(sorted(resolve(path, search).query)).toBe(sorted(new URLSearchParams(ours)));
  });

  it('the logs of a whole run are a page of their own (UI-003)', () => {
    expect(resolve('workflows/a/r', '?sidePanel=logs')).toMatchObject({ page: 'logs', params: { namespace: 'a', name: 'r' } });
  });

  it('a template to be submitted opens its form with what is filled in (UI-084)', () => {
    const place = resolve('workflows/a', '?sidePanel=submit-new-workflow&template=t&parameters[x]=1');
    expect(place).toMatchObject({ page: 'pipeline', params: { kind: 'WorkflowTemplate', namespace: 'a', name: 't' } });
    expect(place.query.get('parameters[x]')).toBe('1');
  });

  it('keeps the query', () => {
    expect(resolve('runs', '?phase=Failed').query.get('phase')).toBe('Failed');
  });
});

describe('files of pages', () => {
  const files = readdirSync('src/pages').map((file) => ({ file, line: readFileSync(`src/pages/${file}`, 'utf8').split('\n')[0] }));
  const addresses = (page: string) => PAGES.flatMap(([pattern, name]) => (name === page ? [`/${pattern}`] : []));

  it.each(files.filter(({ file }) => file !== 'Missing.svelte'))('$file begins with its addresses', ({ file, line }) => {
    expect(line).toBe(`<!-- At ${addresses(file.replace('.svelte', '').toLowerCase()).join(', ')} -->`);
  });
  it('are there for every address', () => {
    const named = new Set(files.map(({ file }) => file.replace('.svelte', '').toLowerCase()));
    expect(PAGES.map(([, page]) => page).filter((page) => !named.has(page))).toEqual([]);
  });
});
