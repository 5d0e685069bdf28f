// YAML for the editor: its colours, folds and brackets.

import { yamlLanguage } from '@codemirror/lang-yaml';
import { LanguageSupport } from '@codemirror/language';
import { type Input, NodeType, type ParseWrapper, type PartialParse, Tree } from '@lezer/common';

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

const bounded: ParseWrapper = (inner, input) =>
  depthAtMost(input.read(0, input.length)) > COLOURED_DEPTH_MAX ? plain(input) : inner;

const plain = (input: Input): PartialParse => ({
  parsedPos: input.length,
  stoppedAt: null,
  stopAt: () => undefined,
  advance: () => new Tree(NodeType.none, [], [], input.length),
});

export const language = () => new LanguageSupport(yamlLanguage.configure({ wrap: bounded }));
