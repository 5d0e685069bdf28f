// What a run left behind, whichever of its steps made it (UI-113).

import type { Artifact, NodeStatus } from '../api/types';

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
