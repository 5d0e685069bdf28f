// In which order the steps of a pipeline stand: as in its graph.

import type { NodeStatus } from '../api/types';

/** Where a step stands in the graph: how many steps lead to it at most, and when a walk from the first meets it. */
export interface Place {
  depth: number;
  met: number;
}

/** Behind everything that the run leads to. */
export const AFTERWARDS: Place = { depth: 1e6, met: 1e6 };

/** The places of nodes; what nothing leads to, like exit handlers, comes last. */
export function places(nodes: Record<string, NodeStatus>, root: string): Map<string, Place> {
  const waits = new Map<string, number>();
  for (const node of Object.values(nodes))
    for (const child of node.children ?? []) waits.set(child, (waits.get(child) ?? 0) + 1);
  const ready = Object.keys(nodes).filter((id) => !waits.has(id));
  const found = new Map(ready.map((id) => [id, nodes[id]?.name === root ? { depth: 0, met: 0 } : { ...AFTERWARDS }]));
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    for (const child of nodes[id]?.children ?? []) {
      const depth = Math.max(found.get(child)?.depth ?? 0, found.get(id)!.depth + 1);
      found.set(child, { depth, met: AFTERWARDS.met });
      const left = (waits.get(child) ?? 0) - 1;
      waits.set(child, left);
      if (left === 0) ready.push(child);
    }
  }
  const seen = new Set<string>();
  const stack = Object.keys(nodes).filter((id) => nodes[id]?.name === root);
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id)) continue;
    const place = found.get(id);
    if (place) place.met = seen.size;
    seen.add(id);
    const children = nodes[id]?.children ?? [];
    for (let at = children.length - 1; at >= 0; at -= 1) stack.push(children[at]!);
  }
  return found;
}

/** Names in the order of the graph, what is in a frame right below it. */
export function inOrder(names: string[], order: Map<string, Place>): string[] {
  const known = new Set(names);
  const within = new Map<string, string[]>();
  for (const name of names) {
    let frame = name;
    do frame = frame.slice(0, Math.max(0, frame.lastIndexOf('.')));
    while (frame && !known.has(frame));
    const parts = within.get(frame);
    if (parts) parts.push(name);
    else within.set(frame, [name]);
  }
  const found: string[] = [];
  const stack = [''];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    if (name) found.push(name);
    const parts = (within.get(name) ?? []).sort((a, b) => {
      const [x, y] = [order.get(a)!, order.get(b)!];
      return x.depth - y.depth || x.met - y.met;
    });
    stack.push(...parts.reverse());
  }
  return found;
}
