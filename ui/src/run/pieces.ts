// Bytes of a stream, taken in lengths of one's own and no further than anybody looks.

/** Most that is unpacked to be looked at: a small file can hold a very large one. */
export const UNPACKED_MAX = 64 * 1024 * 1024;

export type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

export interface Taken {
  bytes: Uint8Array<ArrayBuffer>;
  /** There is more of it. */
  cut: boolean;
}

/** The beginning of a stream, which is let go then. */
export async function taken(from: Bytes, bytesMax: number): Promise<Taken> {
  const pieces = new Pieces(from.getReader());
  try {
    const bytes = await pieces.take(bytesMax);
    return { bytes, cut: bytes.length === bytesMax && (await pieces.take(1)).length > 0 };
  } finally {
    await pieces.cancel();
  }
}

function joined(parts: Uint8Array<ArrayBuffer>[], length: number): Uint8Array<ArrayBuffer> {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export class Pieces {
  /** How much went by. */
  read = 0;
  #rest = new Uint8Array(0);

  constructor(private readonly reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>) {}

  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let filled = 0;
    while (filled < length && (await this.#fill())) {
      const part = this.#rest.subarray(0, length - filled);
      parts.push(part);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return joined(parts, filled);
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
