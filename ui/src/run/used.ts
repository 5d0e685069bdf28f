// What a run or a step used, as Argo counts it: how long so much of a resource (EX-532).

import { text } from '../text';
import { duration } from '../time.svelte';

/** `2m of one core`; what has no unit that is known is a time alone. */
export function used(resource: string, seconds: number): string {
  const unit = text.node.units[resource];
  const took = duration(seconds * 1000);
  return unit ? text.node.usedFor(took, unit) : took;
}

/** The same of all resources; what was not used long enough to be counted says nothing. */
export const allUsed = (resources: Record<string, number> | undefined): [string, string][] =>
  Object.entries(resources ?? {}).flatMap(([name, seconds]) => (seconds > 0 ? [[name, used(name, seconds)] as [string, string]] : []));
