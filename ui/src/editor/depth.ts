// How deep a text goes, before anything follows it there.

/** What is nested more deeply is left without colours: what makes them calls itself for each level. */
export const COLOURED_DEPTH_MAX = 500;

/** How deep a text goes at most, by its brackets, dashes and indentation; brackets in strings count as well. */
export function depthAtMost(text: string): number {
  const indents: number[] = [];
  let open = 0;
  let deepest = 0;
  for (const [, space = '', dashes = '', rest = ''] of text.matchAll(/^([ ]*)((?:[-?] +)*)(.*)$/gm)) {
    if (!rest.trim() && !dashes) continue;
    while (indents.length > 0 && indents.at(-1)! >= space.length) indents.pop();
    indents.push(space.length);
    const outer = indents.length + dashes.length / 2;
    deepest = Math.max(deepest, open + outer);
    for (const [bracket] of rest.matchAll(/[[\]{}]/g)) {
      open = bracket === '[' || bracket === '{' ? open + 1 : Math.max(0, open - 1);
      deepest = Math.max(deepest, open + outer);
    }
  }
  return deepest;
}
