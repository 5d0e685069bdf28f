// The part of Markdown that people use in titles and descriptions (UI-036). What comes out are texts and kinds, never
// HTML, so that nothing written by others can be more than text.

import { isSafe, pieces } from './links';
import { oneLine } from './shown';

export type Span =
  | { kind: 'text' | 'strong' | 'emphasis' | 'code'; text: string }
  | { kind: 'link'; text: string; href: string };

export type Block =
  | { kind: 'paragraph' | 'heading' | 'quote'; spans: Span[] }
  | { kind: 'code'; text: string }
  | { kind: 'list'; ordered: boolean; items: Span[][] };

/** Longer texts are shown as they were written: nobody described anything in so many words. */
const READ_MAX = 20_000;

/** Marks inside a line. None of them reaches over the mark it begins with, so that looking for ends stays short. */
const MARKS =
  /`([^`\n]+)`|\*\*([^*\n]+)\*\*|__([^_\n]+)__|\*([^*\s][^*\n]*)\*|(?<![\w])_([^_\s][^_\n]*)_(?![\w])|\[([^[\]\n]{1,300})\]\(([^()\s]{1,2000})\)/g;

/** The marks of one line or paragraph. */
export function spans(text: string): Span[] {
  const found: Span[] = [];
  const plain = (part: string) => {
    for (const piece of pieces(part))
      found.push(piece.isLink ? { kind: 'link', text: piece.text, href: piece.text } : { kind: 'text', text: piece.text });
  };
  if (text.length > READ_MAX) return [{ kind: 'text', text }];
  let from = 0;
  for (const match of text.matchAll(MARKS)) {
    const [whole, code, strong, strong2, emphasis, emphasis2, label, href] = match;
    // An address that may not be followed stays what was written.
    if (href !== undefined && !isSafe(href)) continue;
    if (match.index > from) plain(text.slice(from, match.index));
    from = match.index + whole.length;
    if (code !== undefined) found.push({ kind: 'code', text: code });
    else if (href !== undefined) found.push({ kind: 'link', text: label ?? href, href });
    else if (strong !== undefined || strong2 !== undefined) found.push({ kind: 'strong', text: strong ?? strong2 ?? '' });
    else found.push({ kind: 'emphasis', text: emphasis ?? emphasis2 ?? '' });
  }
  if (from < text.length) plain(text.slice(from));
  return found;
}

/** The words alone, where nothing can be followed or set apart. */
export const plain = (text: string): string =>
  spans(oneLine(text))
    .map((part) => part.text)
    .join('');

/** A text cut into paragraphs, headings, quotes, lists and code. */
export function blocks(text: string): Block[] {
  if (text.length > READ_MAX) return [{ kind: 'paragraph', spans: [{ kind: 'text', text }] }];
  const found: Block[] = [];
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  let open: string[] = [];
  const close = () => {
    if (open.length) found.push({ kind: 'paragraph', spans: spans(open.join(' ')) });
    open = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]!;
    const last = found.at(-1);
    const item = /^\s{0,3}(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/.exec(line);
    const heading = /^#{1,6}\s+(\S.*)$/.exec(line);
    const quote = /^>\s?(.*)$/.exec(line);
    if (/^\s{0,3}```/.test(line)) {
      close();
      const code: string[] = [];
      for (at += 1; at < lines.length && !/^\s{0,3}```\s*$/.test(lines[at]!); at += 1) code.push(lines[at]!);
      found.push({ kind: 'code', text: code.join('\n') });
    } else if (heading) {
      close();
      found.push({ kind: 'heading', spans: spans(heading[1]!.replace(/\s#+\s*$/, '')) });
    } else if (item) {
      close();
      const ordered = item[1] !== undefined;
      const list = found.at(-1);
      if (list?.kind === 'list' && list.ordered === ordered && last === list) list.items.push(spans(item[2]!));
      else found.push({ kind: 'list', ordered, items: [spans(item[2]!)] });
    } else if (quote) {
      close();
      found.push({ kind: 'quote', spans: spans(quote[1]!) });
    } else if (line.trim() === '') close();
    else open.push(line.trim());
  }
  close();
  return found;
}
