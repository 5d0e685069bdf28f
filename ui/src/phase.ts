// States: their word, colour and shape.

import type { NodeStatus, Phase } from './api/types';
import { text } from './text';

/** What a state looks like; the shape tells it without colour. */
export type Look = 'succeeded' | 'failed' | 'error' | 'running' | 'pending' | 'waiting' | 'quiet';

export function lookOf(phase: Phase | undefined): Look {
  switch (phase) {
    case 'Succeeded':
      return 'succeeded';
    case 'Failed':
      return 'failed';
    case 'Error':
      return 'error';
    case 'Running':
    case 'Daemoned':
      return 'running';
    case 'Pending':
      return 'pending';
    default:
      return 'quiet';
  }
}

/** A suspended thing that runs waits for somebody. */
export function lookOfNode(node: Pick<NodeStatus, 'type' | 'phase'>): Look {
  return node.type === 'Suspend' && node.phase === 'Running' ? 'waiting' : lookOf(node.phase);
}

export function word(phase: Phase | undefined, look?: Look): string {
  if (look === 'waiting') return text.phase.waiting;
  return phase ? (text.phase.of[phase] ?? phase) : text.phase.none;
}

/** How a run stands, as a shape and in words. */
export interface Standing {
  look: Look;
  word: string;
}

/** How a run is told in lists: who holds it back before its phase. */
export function stateOf(run: { phase: Phase; suspended?: boolean | undefined; waiting?: boolean | undefined }): Standing {
  if (!isEnded(run.phase)) {
    if (run.suspended) return { look: 'waiting', word: text.phase.suspended };
    if (run.waiting) return { look: 'waiting', word: text.phase.approval };
  }
  return { look: lookOf(run.phase), word: word(run.phase) };
}

export const isEnded = (phase: Phase | undefined): boolean =>
  phase === 'Succeeded' || phase === 'Failed' || phase === 'Error' || phase === 'Skipped' || phase === 'Omitted';

export const isBroken = (phase: Phase | undefined): boolean => phase === 'Failed' || phase === 'Error';

export const PHASES: Phase[] = ['Pending', 'Running', 'Succeeded', 'Failed', 'Error'];
