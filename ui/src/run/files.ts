// What a run left behind, whichever of its steps made it (UI-113).

import type { Artifact, NodeStatus, Workflow } from '../api/types';
import { text } from '../text';

/** Most steps whose files are listed together. */
export const STEPS_MAX = 200;

export interface Left {
  node: NodeStatus;
  files: Artifact[];
}

/** The files that steps made, in the order in which the steps ended; logs are told elsewhere, and files that were handed up once. */
export function filesOf(nodes: Iterable<NodeStatus>, root: string): Left[] {
  const found: Left[] = [];
  for (const node of nodes) {
    if (node.id === root || (node.type !== 'Pod' && node.type !== 'HTTP' && node.type !== 'Plugin')) continue;
    const files = (node.outputs?.artifacts ?? []).filter(({ name }) => !name.endsWith('-logs'));
    if (files.length > 0) found.push({ node, files });
  }
  return found.sort((a, b) => (a.node.finishedAt ?? '').localeCompare(b.node.finishedAt ?? '')).slice(0, STEPS_MAX);
}

/** Where a file lies: the store, the folder in it and the key, as far as the manifest or the run tells them (UI-150). */
export function placeOf(artifact: Artifact, workflow: Workflow): string {
  const { artifactRepository: kept } = (workflow.status?.artifactRepositoryRef ?? {}) as { artifactRepository?: Partial<Artifact> };
  const { s3, gcs, oss, azure, hdfs, git, http, artifactory, plugin, raw } = artifact;
  const within = (scheme: string, store: string | undefined, key: string | undefined) =>
    store && key ? `${scheme}://${store}/${key}` : (key ?? '');
  if (s3) return within('s3', s3.bucket ?? kept?.s3?.bucket, s3.key);
  if (gcs) return within('gs', gcs.bucket ?? kept?.gcs?.bucket, gcs.key);
  if (oss) return within('oss', oss.bucket ?? kept?.oss?.bucket, oss.key);
  if (azure) return within('azure', azure.container ?? kept?.azure?.container, azure.blob);
  if (git) return [git.repo, git.revision].filter(Boolean).join(' @ ');
  if (plugin) return within('plugin', plugin.name, plugin.key);
  return hdfs?.path ?? http?.url ?? artifactory?.url ?? (raw ? text.node.inManifest : '');
}

/** What of a run deletes a file, if anything does (UI-152). */
export function endOf(artifact: Artifact, workflow: Workflow): 'completion' | 'deletion' | undefined {
  const strategy = artifact.artifactGC?.strategy || workflow.spec.artifactGC?.strategy;
  if (strategy === 'OnWorkflowCompletion') return 'completion';
  return strategy === 'OnWorkflowDeletion' ? 'deletion' : undefined;
}
