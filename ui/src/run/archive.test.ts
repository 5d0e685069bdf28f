import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { contentOf, isArchive } from './archive';
import { ENTRIES_MAX } from './content';
import { BYTES_MAX } from './preview';
import { ZIP_BYTES_MAX } from './zip';

/** A file as tar has it; `kind` for what is none. */
function member(name: string, body: string, kind = '0'): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write(Buffer.byteLength(body).toString(8).padStart(11, '0'), 124);
  header.write(kind, 156);
  header.write('ustar', 257);
  const size = Buffer.byteLength(body);
  return Buffer.concat([header, Buffer.from(body), Buffer.alloc((512 - (size % 512)) % 512)]);
}
const addressOf = (bytes: Buffer) => `data:application/x-tar;base64,${bytes.toString('base64')}`;
const END = Buffer.alloc(1024);
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A zip file; `method` 8 packs its files, and sizes stand behind the files as programs that write streams do it. */
function zip(files: Record<string, string>, method = 8, flags = 8): Buffer {
  const parts: Buffer[] = [];
  const listed: Buffer[] = [];
  for (const [name, text] of Object.entries(files)) {
    const body = method === 8 ? deflateRawSync(text) : Buffer.from(text);
    const at = parts.reduce((sum, part) => sum + part.length, 0);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(Buffer.byteLength(name), 26);
    local.writeUInt16LE(4, 28);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(body.length, 20);
    entry.writeUInt32LE(Buffer.byteLength(text), 24);
    entry.writeUInt16LE(Buffer.byteLength(name), 28);
    entry.writeUInt32LE(at, 42);
    parts.push(local, Buffer.from(name), Buffer.alloc(4), body);
    listed.push(entry, Buffer.from(name));
  }
  const directory = Buffer.concat(listed);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(parts.reduce((sum, part) => sum + part.length, 0), 16);
  return Buffer.concat([...parts, directory, end, Buffer.from('a comment')]);
}

describe('archives', () => {
  it('are known by their name', () => {
    expect(['a.tgz', 'b.tar.gz', 'c.TAR', 'd.gz', 'e.zip'].map(isArchive)).toEqual([true, true, true, false, true]);
  });

  it('tell their files, packed or not, and the beginning of one', async () => {
    const long = `${'deep/'.repeat(30)}end.txt`;
    const record = `path=${long}\n`;
    const tar = Buffer.concat([
      member('./dir/', '', '5'),
      member('dir/a.txt', 'first\n'),
      member('head', `${record.length + 4} ${record}`, 'x'),
      member('cut', 'second'),
      member('link', '', '2'),
      END,
    ]);
    for (const bytes of [tar, gzipSync(tar)]) {
      const found = await contentOf(addressOf(bytes), { name: long, bytesMax: BYTES_MAX });
      expect(found).toEqual({
        entries: [
          { name: 'dir/a.txt', bytes: 6 },
          { name: long, bytes: 6 },
        ],
        cut: false,
        file: { bytes: bytesOf('second'), cut: false },
      });
    }
  });

  it('are read no further than anybody looks', async () => {
    const many = Buffer.concat([...Array.from({ length: ENTRIES_MAX + 1 }, (_, at) => member(`${at}`, '')), END]);
    const found = await contentOf(addressOf(many));
    expect([found.entries.length, found.cut]).toEqual([ENTRIES_MAX, true]);
    const big = Buffer.concat([member('big.txt', 'y'.repeat(BYTES_MAX + 1)), member('next', 'n'), END]);
    const { file, entries } = await contentOf(addressOf(gzipSync(big)), { name: 'big.txt', bytesMax: BYTES_MAX });
    expect([file?.bytes.length, file?.cut, entries.length]).toEqual([BYTES_MAX, true, 2]);
    // A small file that unpacks to a very large one.
    const bomb = Buffer.concat([...Array.from({ length: 80 }, (_, at) => member(`z${at}`, '0'.repeat(1024 * 1024))), END]);
    expect((await contentOf(addressOf(gzipSync(bomb)))).cut).toBe(true);
  });

  it('of zip tell their files too, and the beginning of one', async () => {
    for (const method of [0, 8]) {
      const bytes = zip({ 'dir/': '', 'dir/a.txt': 'first\n', 'b.csv': 'x,y\n1,2\n' }, method);
      expect(await contentOf(addressOf(bytes), { name: 'b.csv', bytesMax: 5 })).toEqual({
        entries: [
          { name: 'dir/a.txt', bytes: 6 },
          { name: 'b.csv', bytes: 8 },
        ],
        cut: false,
        file: { bytes: bytesOf('x,y\n1'), cut: true },
      });
    }
    await expect(contentOf(addressOf(zip({ a: '1' }, 8, 1)), { name: 'a', bytesMax: 5 })).rejects.toThrow(/encrypted/);
    expect(await contentOf(addressOf(zip({ a: '1' }, 99)))).toMatchObject({ entries: [{ name: 'a' }] });
    // One that was cut off, or whose directory lies, is no more than what can be read of it.
    expect((await contentOf(addressOf(zip({ a: '1' }).subarray(0, 40)))).entries).toEqual([]);
    const many = zip(Object.fromEntries(Array.from({ length: ENTRIES_MAX + 1 }, (_, at) => [`f${at}`, ''])));
    expect(await contentOf(addressOf(many))).toMatchObject({ cut: true, entries: { length: ENTRIES_MAX } });
  });

  it('of zip that are too large to be read to their end say so', async () => {
    const large = Buffer.concat([zip({ a: '1' }), Buffer.alloc(ZIP_BYTES_MAX)]);
    const answers = [new Response(large), new Response(large, { headers: { 'content-length': String(large.length) } })];
    for (const answer of answers) {
      vi.stubGlobal('fetch', async () => answer);
      await expect(contentOf('a.zip')).rejects.toThrow(/larger than the 34 MB/);
    }
    vi.unstubAllGlobals();
  });

  it('that are none say nothing wrong', async () => {
    expect((await contentOf(addressOf(Buffer.from('no tar')))).entries).toEqual([]);
    await expect(contentOf(addressOf(Buffer.from([0x1f, 0x8b, 1, 2, 3])))).rejects.toThrow();
  });
});
