// What is in a tar file, packed or not, or in a zip file: names and sizes, and the beginning of one file. Nothing is unpacked anywhere.

import { ApiError } from '../api/client';
import { text } from '../text';
import { type Content, ENTRIES_MAX, type Wanted } from './content';
import { type Bytes, Pieces, taken, UNPACKED_MAX } from './pieces';
import { BYTES_MAX } from './preview';
import { ZIP_BYTES_MAX, zipContent } from './zip';

const BLOCK = 512;
/** As a server says that something is larger than it takes. */
const TOO_LARGE = 413;

export const isArchive = (name: string): boolean => /\.(tgz|tar|tar\.gz|zip)$/i.test(name);

/** Reads what is in the archive at an address, and the beginning of one of its files. */
export async function contentOf(address: string, wanted?: Wanted, signal?: AbortSignal): Promise<Content> {
  const answer = await fetch(address, { credentials: 'same-origin', ...(signal ? { signal } : {}) });
  if (!answer.ok || !answer.body) throw new ApiError(answer.status, `${answer.status} ${answer.statusText}`.trim());
  const { bytes, kind } = await begun(answer.body);
  if (kind === 'zip') {
    // Its directory is at the end, which is not reached: nothing of it can be told.
    const tooLarge = () => new ApiError(TOO_LARGE, text.node.zipTooLarge(ZIP_BYTES_MAX));
    if (Number(answer.headers.get('content-length')) > ZIP_BYTES_MAX) {
      await bytes.cancel();
      throw tooLarge();
    }
    const { bytes: whole, cut } = await taken(bytes, ZIP_BYTES_MAX);
    if (cut) throw tooLarge();
    return zipContent(whole, wanted);
  }
  const pieces = new Pieces((kind === 'gzip' ? bytes.pipeThrough(new DecompressionStream('gzip')) : bytes).getReader());
  try {
    return await read(pieces, wanted);
  } finally {
    await pieces.cancel();
  }
}

/** The bytes as they are, and what their first ones say. */
async function begun(body: Bytes): Promise<{ bytes: Bytes; kind: 'gzip' | 'zip' | 'tar' }> {
  const reader = body.getReader();
  const first = await reader.read();
  const whole = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (out) => (first.value ? out.enqueue(first.value) : out.close()),
    async pull(out) {
      const { done, value } = await reader.read();
      if (done) out.close();
      else out.enqueue(value);
    },
    cancel: (why) => reader.cancel(why),
  });
  const [a, b] = first.value ?? [];
  return { bytes: whole, kind: a === 0x1f && b === 0x8b ? 'gzip' : a === 0x50 && b === 0x4b ? 'zip' : 'tar' };
}

async function read(pieces: Pieces, wanted: Wanted | undefined): Promise<Content> {
  const content: Content = { entries: [], cut: false };
  /** A name that did not fit into the header before it. */
  let long: string | undefined;
  for (;;) {
    const header = await pieces.take(BLOCK);
    if (header.length < BLOCK || header.every((byte) => byte === 0)) return content;
    const bytes = numberIn(header.subarray(124, 136));
    const kind = String.fromCharCode(header[156]!);
    const padding = (BLOCK - (bytes % BLOCK)) % BLOCK;
    if (kind === 'L' || kind === 'x') {
      const body = await pieces.take(Math.min(bytes, BYTES_MAX));
      await pieces.skip(bytes - body.length + padding);
      long = kind === 'L' ? textIn(body) : (/(?:^|\n)\d+ path=([^\n]*)\n/.exec(textIn(body))?.[1] ?? long);
      continue;
    }
    const name = (long ?? nameIn(header)).replace(/^\.\//, '');
    long = undefined;
    if (kind === '0' || kind === '\0') {
      if (content.entries.length === ENTRIES_MAX) return { ...content, cut: true };
      content.entries.push({ name, bytes });
      if (name === wanted?.name) {
        const body = await pieces.take(Math.min(bytes, wanted.bytesMax));
        content.file = { bytes: body, cut: bytes > body.length };
        await pieces.skip(bytes - body.length + padding);
        continue;
      }
    }
    await pieces.skip(bytes + padding);
    if (pieces.read > UNPACKED_MAX) return { ...content, cut: true };
  }
}

const textIn = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/\0.*$/s, '');

function nameIn(header: Uint8Array): string {
  const isUstar = textIn(header.subarray(257, 262)) === 'ustar';
  const prefix = isUstar ? textIn(header.subarray(345, 500)) : '';
  const name = textIn(header.subarray(0, 100));
  return prefix ? `${prefix}/${name}` : name;
}

/** Octal digits, or a large number in binary. */
function numberIn(field: Uint8Array): number {
  if (field[0]! & 0x80) return field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.parseInt(textIn(field).trim() || '0', 8) || 0;
}
