// What of a file can be shown, and how. Nothing of it is ever run.

import { ApiError } from '../api/client';

export type Kind = 'image' | 'page' | 'json' | 'table' | 'text';

/** Most of a file that is read to be shown; the download has all of it. */
export const BYTES_MAX = 512 * 1024;
/** Largest picture that is taken out of an archive to be shown. */
export const PICTURE_BYTES_MAX = 16 * 1024 * 1024;
/** Most rows and columns of a table. */
export const ROWS_MAX = 200;
const COLUMNS_MAX = 50;

const KINDS: [RegExp, Kind][] = [
  [/\.(png|jpe?g|gif|webp|svg)$/i, 'image'],
  [/\.html?$/i, 'page'],
  [/\.json$/i, 'json'],
  [/\.[ct]sv$/i, 'table'],
  [/\.(txt|log|ya?ml|md|xml|ini|toml|env|sh|py|js|ts|sql|diff|patch)$/i, 'text'],
];

/** How a file of this name is shown; nothing for what only other programs can read. */
export function kindOf(name: string): Kind | undefined {
  return KINDS.find(([pattern]) => pattern.test(name))?.[1];
}

/** What a picture of this name is for a browser. */
export function pictureType(name: string): string {
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  return `image/${{ svg: 'svg+xml', jpg: 'jpeg' }[ending] ?? ending}`;
}

export interface Beginning {
  text: string;
  /** There is more of it. */
  cut: boolean;
}

/** Reads the beginning of a file; what is no UTF-8 shows as such. */
export async function beginning(address: string, signal?: AbortSignal): Promise<Beginning> {
  const answer = await fetch(address, { credentials: 'same-origin', ...(signal ? { signal } : {}) });
  if (!answer.ok || !answer.body) throw new ApiError(answer.status, `${answer.status} ${answer.statusText}`.trim());
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let bytes = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), cut: false };
    const room = BYTES_MAX - bytes;
    bytes += value.length;
    text += decoder.decode(value.subarray(0, room), { stream: true });
    if (bytes > BYTES_MAX) {
      await reader.cancel();
      return { text, cut: true };
    }
  }
}

/** JSON with a line for each of its parts; what cannot be read stays as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The cells of the first rows (RFC 4180); the separator is what the first line has most of. */
export function cellsOf(text: string): string[][] {
  const head = text.slice(0, text.search(/\r?\n|$/));
  const separator = [',', ';', '\t'].sort((a, b) => head.split(b).length - head.split(a).length)[0]!;
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endCell = () => {
    if (row.length < COLUMNS_MAX) row.push(cell);
    cell = '';
  };
  for (let at = 0; at < text.length && rows.length < ROWS_MAX; at += 1) {
    const char = text[at]!;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"' && cell === '') quoted = true;
    else if (char === separator) endCell();
    else if (char === '\n') {
      endCell();
      rows.push(row);
      row = [];
    } else if (char !== '\r') cell += char;
  }
  if ((cell || row.length) && rows.length < ROWS_MAX) {
    endCell();
    rows.push(row);
  }
  return rows;
}
