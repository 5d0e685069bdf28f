// What a bar over time is made of: waiting, starting and running. Pure.

import type { Stage } from '../api/own';
import { isEnded } from '../phase';
import { millis } from '../time.svelte';
import type { Run } from './model';
import type { Item } from './item';

export type Part = 'waited' | 'starting' | 'ran';

export interface Span {
  part: Part;
  from: number;
  to: number;
}

/** Shorter waits before a step are the work of whoever starts it; Argo's times have no fractions either. */
const NOTICED_MS = 1500;

/** When what a node comes after was over, where that is known. */
export function readyTimes(run: Run): Map<string, number> {
  const ready = new Map<string, number>();
  for (const node of run.nodes.values()) {
    const end = isEnded(node.phase) ? millis(node.finishedAt) : undefined;
    if (end === undefined) continue;
    for (const child of node.children ?? []) {
      // What holds its parts ends after them.
      const start = millis(run.nodes.get(child)?.startedAt);
      if (start !== undefined && end <= start && end > (ready.get(child) ?? 0)) ready.set(child, end);
    }
  }
  return ready;
}

/** When the try before this one was over: until the next begins a retry waits. */
function lastTry(item: Item): number | undefined {
  if (item.parent?.kind !== 'retry') return undefined;
  return millis(item.parent.items[item.at - 1]?.node?.finishedAt);
}

/** The spans of a retry: what its tries took, and the pauses between them. */
function spansOfTries({ items, node }: Item, ready: number | undefined, start: number, end: number): Span[] {
  const spans: Span[] = [];
  let last = ready ?? start;
  const pause = (to: number) => {
    if (to - last >= NOTICED_MS) spans.push({ part: 'waited', from: last, to });
    else if (spans.length > 0) spans[spans.length - 1]!.to = to;
  };
  for (const { node: attempt } of items) {
    const began = millis(attempt?.startedAt);
    if (began === undefined) continue;
    pause(began);
    last = isEnded(attempt?.phase) ? (millis(attempt?.finishedAt) ?? began) : end;
    spans.push({ part: attempt?.phase === 'Pending' ? 'starting' : 'ran', from: began, to: last });
  }
  if (!isEnded(node?.phase)) pause(end);
  return spans;
}

/** The spans of a step that has begun, one after the other. */
export function spansOf(item: Item, stage: Stage | undefined, ready: number | undefined, waits: boolean, now: number): Span[] {
  const node = item.node!;
  const start = millis(node.startedAt) ?? now;
  const end = Math.max(start, isEnded(node.phase) ? (millis(node.finishedAt) ?? start) : now);
  const spans: Span[] = [];
  if (item.kind === 'retry' && item.items.length > 0) return spansOfTries(item, ready, start, end);
  const before = lastTry(item) ?? ready;
  if (before !== undefined && start - before >= NOTICED_MS) spans.push({ part: 'waited', from: before, to: start });
  if (node.phase === 'Pending') return [...spans, { part: waits ? 'waited' : 'starting', from: start, to: end }];
  const opened = Math.min(end, start + (stage?.waitedMs ?? 0));
  const began = Math.min(end, opened + (stage?.startingMs ?? 0));
  if (opened > start) spans.push({ part: 'waited', from: start, to: opened });
  if (began > opened) spans.push({ part: 'starting', from: opened, to: began });
  spans.push({ part: 'ran', from: began, to: end });
  return spans;
}
