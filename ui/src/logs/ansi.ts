// Colours of terminals. Text in, pieces of text with classes out; nothing ever becomes markup.

export interface Piece {
  text: string;
  /** Names of classes, or empty. */
  look: string;
}

interface Pen {
  fore: number;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  inverse: boolean;
}

const PLAIN: Pen = { fore: -1, bold: false, dim: false, italic: false, underline: false, inverse: false };
/** Pieces of one line; a flood of colour changes beyond is shown plain. */
const PIECES_MAX = 500;
/** Longest sequence that is understood. */
const SEQUENCE_MAX = 64;

/** Cuts one line. Unknown sequences vanish; other control characters are shown as signs. */
export function pieces(line: string): Piece[] {
  if (!/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(line))
    return line ? [{ text: line, look: '' }] : [];
  const found: Piece[] = [];
  let pen = PLAIN;
  let from = 0;
  const take = (to: number) => {
    if (to <= from) return;
    const text = visible(line.slice(from, to));
    const look = lookOf(pen);
    const last = found[found.length - 1];
    if (last && (last.look === look || found.length >= PIECES_MAX)) last.text += text;
    else if (text) found.push({ text, look });
  };
  for (let at = line.indexOf('\u001b'); at >= 0; at = line.indexOf('\u001b', from)) {
    take(at);
    const { end, codes } = sequence(line, at);
    if (codes) pen = paint(pen, codes);
    from = end;
  }
  take(line.length);
  return found;
}

/** The line without any sequence: what is searched. */
export function plain(line: string): string {
  return line.includes('\u001b')
    ? pieces(line)
        .map((piece) => piece.text)
        .join('')
    : line;
}

/** Reads one escape sequence; codes only of colours. */
function sequence(line: string, at: number): { end: number; codes?: number[] } {
  const kind = line[at + 1];
  if (kind === '[') {
    const limit = Math.min(line.length, at + SEQUENCE_MAX);
    for (let end = at + 2; end < limit; end += 1) {
      const code = line.charCodeAt(end);
      if (code < 0x40 || code > 0x7e) continue;
      if (line[end] !== 'm') return { end: end + 1 };
      const codes = line
        .slice(at + 2, end)
        .split(/[;:]/)
        .map((part) => Number(part) || 0);
      return { end: end + 1, codes };
    }
    return { end: limit };
  }
  if (kind === ']' || kind === 'P' || kind === '_' || kind === '^') {
    // Titles and links of terminals: all up to their end.
    const match = /\u0007|\u001b\\/.exec(line.slice(at + 2, at + 2 + 4096));
    return { end: match ? at + 2 + match.index + match[0].length : Math.min(line.length, at + 2) };
  }
  return { end: Math.min(line.length, at + (kind === undefined ? 1 : 2)) };
}

function paint(before: Pen, codes: number[]): Pen {
  const pen = { ...before };
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at]!;
    if (code === 0) Object.assign(pen, PLAIN);
    else if (code === 1) pen.bold = true;
    else if (code === 2) pen.dim = true;
    else if (code === 3) pen.italic = true;
    else if (code === 4) pen.underline = true;
    else if (code === 7) pen.inverse = true;
    else if (code === 22) pen.bold = pen.dim = false;
    else if (code === 23) pen.italic = false;
    else if (code === 24) pen.underline = false;
    else if (code === 27) pen.inverse = false;
    else if (code >= 30 && code <= 37) pen.fore = code - 30;
    else if (code >= 90 && code <= 97) pen.fore = code - 90;
    else if (code === 39) pen.fore = -1;
    else if (code === 38 || code === 48) {
      // Richer palettes come down to the eight that are legible on both grounds.
      const [mode, value = 0, green = 0, blue = 0] = codes.slice(at + 1, at + 5);
      if (code === 38) pen.fore = mode === 5 ? nearest256(value) : mode === 2 ? nearest(value, green, blue) : -1;
      at += mode === 5 ? 2 : mode === 2 ? 4 : 0;
    }
  }
  return pen;
}

function nearest256(value: number): number {
  if (value < 16) return value % 8;
  if (value >= 232) return value < 244 ? 0 : 7;
  const cube = value - 16;
  return nearest(Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51);
}

function nearest(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  if (most < 60) return 0;
  const on = (part: number) => (part > most * 0.6 ? 1 : 0);
  return on(red) + 2 * on(green) + 4 * on(blue);
}

function lookOf(pen: Pen): string {
  const names: string[] = [];
  if (pen.fore >= 0) names.push(`c${pen.fore}`);
  if (pen.bold) names.push('b');
  if (pen.dim) names.push('d');
  if (pen.italic) names.push('i');
  if (pen.underline) names.push('u');
  if (pen.inverse) names.push('v');
  return names.join(' ');
}

/** Control characters as signs, so that nothing hides and nothing turns the line around. */
function visible(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (char) => {
    const code = char.charCodeAt(0);
    if (code === 13) return '';
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\u2423';
  });
}

/** Whether a line looks like the report of an error. */
export function looksBad(line: string): boolean {
  return /\b(error|fatal|exception|panic|traceback|failed|failure)\b/i.test(plain(line));
}
