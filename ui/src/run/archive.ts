// What is in a tar file, packed or not: names and sizes, and the beginning of one file. Nothing is unpacked anywhere.

import { type Beginning, BYTES_MAX } from './preview';

export interface Entry {
  name: string;
  bytes: number;
}

export interface Content {
  entries: Entry[];
  /** There may be more than was read. */
  cut: boolean;
  /** The beginning of the file that was asked for. */
  file?: Beginning;
}

/** Most files that are listed. */
export const ENTRIES_MAX = 1000;
/** Most that is unpacked to be looked at: a small file can hold a very large one. */
const UNPACKED_MAX = 64 * 1024 * 1024;
const BLOCK = 512;

export const isArchive = (name: string): boolean => /\.(tgz|tar|tar\.gz)$/i.test(name);

/** Reads what is in the archive at an address, and the beginning of one of its files. */
export async function contentOf(address: string, wanted?: string, signal?: AbortSignal): Promise<Content> {
  const answer = await fetch(address, { credentials: 'same-origin', ...(signal ? { signal } : {}) });
  if (!answer.ok || !answer.body) throw new Error(`${answer.status} ${answer.statusText}`.trim());
  const pieces = new Pieces((await unpacked(answer.body)).getReader());
  try {
    return await read(pieces, wanted);
  } finally {
    await pieces.cancel();
  }
}

/** The bytes as they are, or as they were before gzip. */
async function unpacked(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
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
  const isPacked = first.value?.[0] === 0x1f && first.value[1] === 0x8b;
  return isPacked ? whole.pipeThrough(new DecompressionStream('gzip')) : whole;
}

async function read(pieces: Pieces, wanted: string | undefined): Promise<Content> {
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
      if (name === wanted) {
        const body = await pieces.take(Math.min(bytes, BYTES_MAX));
        content.file = { text: new TextDecoder().decode(body), cut: bytes > body.length };
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

/** Bytes that are taken in lengths of one's own. */
class Pieces {
  /** How much went by. */
  read = 0;
  #rest = new Uint8Array(0);

  constructor(private readonly reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>) {}

  async take(length: number): Promise<Uint8Array> {
    const taken = new Uint8Array(length);
    let filled = 0;
    while (filled < length && (await this.#fill())) {
      const part = this.#rest.subarray(0, length - filled);
      taken.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return taken.subarray(0, filled);
  }

  /** Passes over bytes, but over no more than anybody looks at. */
  async skip(length: number): Promise<void> {
    let left = length;
    while (left > 0 && this.read <= UNPACKED_MAX && (await this.#fill())) {
      const part = Math.min(left, this.#rest.length);
      left -= part;
      this.#rest = this.#rest.subarray(part);
    }
  }

  /** Whether there is anything left. */
  async #fill(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.reader.read();
      if (done) return false;
      this.read += value.length;
      this.#rest = value;
    }
    return true;
  }

  async cancel(): Promise<void> {
    await this.reader.cancel().catch(() => {});
  }
}
