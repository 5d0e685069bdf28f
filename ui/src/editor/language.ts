// YAML for the editor: its colours, folds and brackets.

import { yamlLanguage } from '@codemirror/lang-yaml';
import { LanguageSupport } from '@codemirror/language';
import { type Input, NodeType, type ParseWrapper, type PartialParse, Tree } from '@lezer/common';
import { COLOURED_DEPTH_MAX, depthAtMost } from './depth';

const bounded: ParseWrapper = (inner, input) =>
  depthAtMost(input.read(0, input.length)) > COLOURED_DEPTH_MAX ? plain(input) : inner;

const plain = (input: Input): PartialParse => ({
  parsedPos: input.length,
  stoppedAt: null,
  stopAt: () => undefined,
  advance: () => new Tree(NodeType.none, [], [], input.length),
});

export const language = () => new LanguageSupport(yamlLanguage.configure({ wrap: bounded }));
