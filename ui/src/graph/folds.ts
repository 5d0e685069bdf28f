// What somebody folded, opened or narrowed the picture to, as an address holds it.

import { reach, type Scene } from './build';

/** Most that an address holds; of more the oldest are forgotten. */
const KEPT_MAX = 100;

export const listed = (told: string): string[] => told.split(',').filter(Boolean).map(decode);

export const written = (ids: string[]): string => ids.slice(-KEPT_MAX).map(encodeURIComponent).join(',');

function decode(told: string): string {
  try {
    return decodeURIComponent(told);
  } catch {
    return told;
  }
}

/** What lies before or behind each of these, as `up:ID` and `down:ID`; nothing where none of them is there. */
export function narrowed(scene: Scene, focuses: string[]): Set<string> | undefined {
  let only: Set<string> | undefined;
  for (const focus of focuses) {
    const [way, id] = [focus.startsWith('up:') ? 'up' : 'down', focus.slice(focus.indexOf(':') + 1)] as const;
    const at = scene.items.findIndex((item) => item.id === id);
    if (at < 0) continue;
    const found = reach(scene, at, way);
    only = only ? new Set([...only].filter((each) => found.has(each))) : found;
  }
  return only;
}
