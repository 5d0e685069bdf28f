// What is in a zip file: its directory stands at the end, so all of it is read first.

import { ApiError } from '../api/client';
import { text } from '../text';
import { type Content, ENTRIES_MAX, type Wanted } from './content';
import { type Bytes, taken } from './pieces';

/** Largest zip file that is looked into. */
export const ZIP_BYTES_MAX = 32 * 1024 * 1024;

const END = 0x06054b50;
const LISTED = 0x02014b50;
const END_BYTES = 22;
const LISTED_BYTES = 46;
const LOCAL_BYTES = 30;
/** A comment may stand behind the end. */
const COMMENT_MAX = 0xffff;
const ENCRYPTED = 1;
/** As a server says that it cannot read what it was given. */
const UNREADABLE = 422;
const STORED = 0;
const DEFLATED = 8;

/** Reads the directory of a zip file, and the beginning of one of its files. */
export async function zipContent(bytes: Uint8Array<ArrayBuffer>, wanted: Wanted | undefined): Promise<Content> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const content: Content = { entries: [], cut: false };
  const end = endOf(view);
  if (end === undefined) return content;
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  for (let number = 0; number < count && at + LISTED_BYTES <= end && view.getUint32(at, true) === LISTED; number += 1) {
    const length = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + LISTED_BYTES, at + LISTED_BYTES + length));
    if (!name.endsWith('/')) {
      if (content.entries.length === ENTRIES_MAX) return { ...content, cut: true };
      content.entries.push({ name, bytes: view.getUint32(at + 24, true) });
      if (name === wanted?.name && !content.file) content.file = await taken(unpacked(view, bytes, at), wanted.bytesMax);
    }
    at += LISTED_BYTES + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return content;
}

/** Where the end of the directory stands. */
function endOf(view: DataView): number | undefined {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - COMMENT_MAX); at -= 1) if (view.getUint32(at, true) === END) return at;
  return undefined;
}

/** The bytes of the file that the directory lists at a place, as they were before they were packed. */
function unpacked(view: DataView, bytes: Uint8Array<ArrayBuffer>, listed: number): Bytes {
  const method = view.getUint16(listed + 10, true);
  const isEncrypted = (view.getUint16(listed + 8, true) & ENCRYPTED) !== 0;
  if (isEncrypted || (method !== STORED && method !== DEFLATED)) throw new ApiError(UNREADABLE, text.node.unreadable);
  const local = view.getUint32(listed + 42, true);
  // What stands before the bytes themselves may be longer than the directory says.
  const begin = local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const body = new Blob([bytes.subarray(begin, begin + view.getUint32(listed + 20, true))]).stream();
  return method === DEFLATED ? body.pipeThrough(new DecompressionStream('deflate-raw')) : body;
}
