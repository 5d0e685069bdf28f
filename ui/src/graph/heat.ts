// How hot each box is.

import { isEnded } from '../phase';
import type { Scene } from './build';

/** Durations as shares of the longest, for the colouring by heat. */
export function heatOf(scene: Scene, now: number): Map<string, number> {
  const seconds = new Map<string, number>();
  let most = 1;
  for (const item of scene.items) {
    const { node } = item;
    if (!node?.startedAt || item.kind === 'frame') continue;
    const end = isEnded(node.phase) && node.finishedAt ? Date.parse(node.finishedAt) : now;
    const took = Math.max(0, end - Date.parse(node.startedAt));
    seconds.set(item.id, took);
    most = Math.max(most, took);
  }
  return new Map([...seconds].map(([id, took]) => [id, Math.sqrt(took / most)]));
}
