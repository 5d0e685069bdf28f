// The documents of a text. What reads and shows them calls itself for each level, so none is deeper than can be followed.

import { Composer, type CST, type Document, type LineCounter, Parser } from 'yaml';
import { text } from '../text';

const words = text.new;

/** Most lists and maps inside each other; the server takes fewer. */
export const DEPTH_MAX = 200;

/** Aliases that grow a small text into a huge object are refused. */
const ALIASES_MAX = 100;

/** The documents of a text, whose lines are counted if that is wanted; nothing if one of them is too deep. */
export function documentsOf(text: string, lines?: LineCounter): Document[] | undefined {
  const tokens = [...new Parser(lines?.addNewLine).parse(text)];
  return isDeeper<CST.Token>(tokens, inside) ? undefined : [...new Composer().compose(tokens)];
}

/** What a document holds. Throws where aliases mean nothing, or make it too large or too deep. */
export function valueOf(document: Document): unknown {
  const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
  if (isDeeper([value], held)) throw new RangeError(words.tooDeep);
  return value;
}

/** Whether something lies deeper than can be followed; what is there twice at one depth is looked at once. */
function isDeeper<T>(roots: T[], below: (of: T) => T[]): boolean {
  let level = new Set(roots);
  for (let depth = 0; level.size > 0; depth += 1) {
    if (depth > DEPTH_MAX) return true;
    level = new Set([...level].flatMap(below));
  }
  return false;
}

function inside(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [key, value]).filter((each) => each !== null && each !== undefined);
}

const held = (value: unknown): unknown[] =>
  value !== null && typeof value === 'object' ? Object.values(value) : [];
