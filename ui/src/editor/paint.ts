// YAML that is only read: its lines in pieces, each with what it is, coloured as in the editor.

import { highlightTree, tagHighlighter, tags } from '@lezer/highlight';
import { parser } from '@lezer/yaml';
import { COLOURED_DEPTH_MAX, depthAtMost } from './depth';

export interface Piece {
  text: string;
  /** A class; empty for what is as the rest. */
  look: string;
}

const looks = tagHighlighter([
  { tag: tags.propertyName, class: 'key' },
  { tag: [tags.string, tags.special(tags.string)], class: 'string' },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], class: 'value' },
  { tag: tags.comment, class: 'comment' },
  { tag: [tags.meta, tags.labelName], class: 'meta' },
]);

/** The lines of a text in pieces. */
export function painted(text: string): Piece[][] {
  const lines: Piece[][] = [[]];
  const add = (part: string, look: string) => {
    part.split('\n').forEach((piece, at) => {
      if (at > 0) lines.push([]);
      if (piece) lines.at(-1)!.push({ text: piece, look });
    });
  };
  let end = 0;
  if (depthAtMost(text) <= COLOURED_DEPTH_MAX) {
    highlightTree(parser.parse(text), looks, (from, to, look) => {
      add(text.slice(end, from), '');
      add(text.slice(from, to), look);
      end = to;
    });
  }
  add(text.slice(end), '');
  return lines;
}
