/** The journal's bytes: headers come back as they were written, and damage or another place shows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from '../../../protocol/crc32c.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { crcOfWords } from '../../../src/storage/format/checksum.ts';
import {
  decodeEntryHeader,
  decodeFileHeader,
  encodeFileHeader,
  EntryKind,
  journalFileName,
  sequenceOfName,
  viewOf,
} from '../../../src/storage/format/format.ts';
import { headerCrc, writeEntryHeader } from '../../../src/storage/format/entry.ts';

test('the word-wise CRC equals the native one', () => {
  const random = seededRandom(1);
  for (let words = 0; words < 20; words++) {
    const bytes = random.bytes(words * 4 + 5);
    const initial = random.int(2 ** 32);
    const expected = crc32c(bytes.subarray(5, 5 + words * 4), initial);
    assert.equal(crcOfWords(viewOf(bytes), 5, words, initial), expected);
  }
});

test('a file header comes back, and any damaged byte shows', () => {
  const header = {
    sequence: 2 ** 40 + 7,
    createdMs: 1_700_000_000_123,
    salt: 0xfedcba98,
    clusterId: 'клас-1',
    followsSynced: true,
  };
  const bytes = encodeFileHeader(header, crc32c);
  assert.deepEqual(decodeFileHeader(bytes, crc32c), { version: 1, ...header });
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] as number) ^ 1;
    const decoded = decodeFileHeader(damaged, crc32c);
    assert.ok(decoded === null || decoded.version !== 1, `byte ${at}`);
  }
});

const entry = {
  kind: EntryKind.BATCH,
  flags: 0,
  stream: 2 ** 45 + 3,
  baseOffset: 2 ** 50 + 1,
  offsetCount: 2 ** 31 + 5,
  leaderEpoch: 77,
  maxTimestampMs: -1,
};
const writtenMs = 1_700_000_000_123;
const context = { salt: 0x12345678, syncedFilesBack: 3, syncedPosition: 4096, recycledEnd: 0, writtenMs };

test('an entry header comes back, with its time and what its commit knew to be synced', () => {
  const bytes = Buffer.alloc(80);
  const payload = Buffer.from('payload');
  writeEntryHeader(viewOf(bytes), 8, entry, payload, { position: 640, context });
  assert.deepEqual(decodeEntryHeader(viewOf(bytes), 8), {
    ...entry,
    payloadLength: 7,
    syncedFilesBack: 3,
    syncedPosition: 4096,
    writtenMs,
  });
  assert.equal(viewOf(bytes).getUint32(8, true), crc32c(payload, headerCrc(viewOf(bytes), 8, context.salt, 640)));
});

test('an entry is not taken for one in another place, of another life, or with a damaged byte', () => {
  const bytes = Buffer.alloc(56);
  const view = viewOf(bytes);
  writeEntryHeader(view, 0, { ...entry, flags: 1 }, Buffer.alloc(100), { position: 640, context });
  const stored = view.getUint32(0, true);
  assert.equal(headerCrc(view, 0, context.salt, 640), stored);
  for (let position = 0; position < 100_000; position += 8) {
    if (position !== 640) assert.notEqual(headerCrc(view, 0, context.salt, position), stored);
  }
  assert.notEqual(headerCrc(view, 0, context.salt + 1, 640), stored);
  for (let at = 4; at < 56; at++) {
    bytes[at] = (bytes[at] as number) ^ 0x80;
    assert.notEqual(headerCrc(view, 0, context.salt, 640), stored, `byte ${at}`);
    bytes[at] = (bytes[at] as number) ^ 0x80;
  }
});

test('journal files are named by their sequence', () => {
  assert.equal(journalFileName(42), '00000000000000000042.wal');
  assert.equal(sequenceOfName('00000000000000000042.wal'), 42);
  for (const name of ['reserve', '42.wal', '00000000000000000042.wal.broken', '00000000000000000042.log']) {
    assert.equal(sequenceOfName(name), undefined);
  }
});
