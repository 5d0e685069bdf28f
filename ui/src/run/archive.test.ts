import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { contentOf, ENTRIES_MAX, isArchive } from './archive';
import { BYTES_MAX } from './preview';

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

describe('archives', () => {
  it('are known by their name', () => {
    expect(['a.tgz', 'b.tar.gz', 'c.TAR', 'd.gz', 'e.zip'].map(isArchive)).toEqual([true, true, true, false, false]);
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
      const found = await contentOf(addressOf(bytes), long);
      expect(found).toEqual({
        entries: [
          { name: 'dir/a.txt', bytes: 6 },
          { name: long, bytes: 6 },
        ],
        cut: false,
        file: { text: 'second', cut: false },
      });
    }
  });

  it('are read no further than anybody looks', async () => {
    const many = Buffer.concat([...Array.from({ length: ENTRIES_MAX + 1 }, (_, at) => member(`${at}`, '')), END]);
    const found = await contentOf(addressOf(many));
    expect([found.entries.length, found.cut]).toEqual([ENTRIES_MAX, true]);
    const big = Buffer.concat([member('big.txt', 'y'.repeat(BYTES_MAX + 1)), member('next', 'n'), END]);
    const { file, entries } = await contentOf(addressOf(gzipSync(big)), 'big.txt');
    expect([file?.text.length, file?.cut, entries.length]).toEqual([BYTES_MAX, true, 2]);
    // A small file that unpacks to a very large one.
    const bomb = Buffer.concat([...Array.from({ length: 80 }, (_, at) => member(`z${at}`, '0'.repeat(1024 * 1024))), END]);
    expect((await contentOf(addressOf(gzipSync(bomb)))).cut).toBe(true);
  });

  it('that are none say nothing wrong', async () => {
    expect((await contentOf(addressOf(Buffer.from('no tar')))).entries).toEqual([]);
    await expect(contentOf(addressOf(Buffer.from([0x1f, 0x8b, 1, 2, 3])))).rejects.toThrow();
  });
});
