import { expect, it } from 'vitest';
import type { Artifact, NodeStatus, Workflow } from '../api/types';
import { endOf, filesOf, placeOf } from './files';

const node = (id: string, type: string, finishedAt: string, ...files: string[]) =>
  ({ id, name: id, type, finishedAt, outputs: { artifacts: files.map((name) => ({ name })) } }) as NodeStatus;

it('lists what the steps of a run made, first made first, without logs and what frames hand up', () => {
  const nodes = [
    node('wf', 'DAG', '2026-01-01T00:00:09Z', 'report'),
    node('b', 'Pod', '2026-01-01T00:00:08Z', 'report', 'main-logs'),
    node('a', 'Pod', '2026-01-01T00:00:03Z', 'binary'),
    node('quiet', 'Pod', '2026-01-01T00:00:04Z', 'main-logs'),
  ];
  const told = filesOf(nodes, 'wf').map(({ node: { id }, files }) => [id, ...files.map(({ name }) => name)]);
  expect(told).toEqual([
    ['a', 'binary'],
    ['b', 'report'],
  ]);
});

it('says where a file lies (UI-150)', () => {
  const workflow = { spec: {}, status: { artifactRepositoryRef: { artifactRepository: { s3: { bucket: 'usual' } } } } } as Workflow;
  const bare = { spec: {} } as Workflow;
  const place = (artifact: Partial<Artifact>, of = workflow) => placeOf({ name: 'a', ...artifact }, of);
  expect(place({ s3: { key: 'k/x.tgz' } })).toBe('s3://usual/k/x.tgz');
  expect(place({ s3: { key: 'k', bucket: 'mine' } })).toBe('s3://mine/k');
  expect(place({ s3: { key: 'k' } }, bare)).toBe('k');
  expect(place({ gcs: { key: 'k', bucket: 'b' } })).toBe('gs://b/k');
  expect(place({ azure: { blob: 'k', container: 'c' } })).toBe('azure://c/k');
  expect(place({ git: { repo: 'https://example.org/x', revision: 'main' } })).toBe('https://example.org/x @ main');
  expect(place({ http: { url: 'https://example.org/f' } })).toBe('https://example.org/f');
  expect(place({ raw: { data: 'x' } })).toBe('in the manifest');
  expect(place({ path: '/tmp/x' })).toBe('');
});

it('says what of a run deletes a file (UI-152)', () => {
  const workflow = { spec: { artifactGC: { strategy: 'OnWorkflowDeletion' } } } as Workflow;
  expect(endOf({ name: 'a' }, workflow)).toBe('deletion');
  expect(endOf({ name: 'a', artifactGC: { strategy: 'OnWorkflowCompletion' } }, workflow)).toBe('completion');
  expect(endOf({ name: 'a', artifactGC: { strategy: 'Never' } }, workflow)).toBeUndefined();
});
