/** Checksums of entries: made without reading a record batch again, and the same as if it had been. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from '../../../protocol/crc32c.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { crcOfBytes, crcOfRecordBatch } from '../../../src/storage/format/checksum.ts';
import {
  ENTRY_HEADER_BYTES,
  EntryKind,
  FLAG_COVERED_BATCH,
  FLAG_RECORD_BATCH,
} from '../../../src/storage/format/format.ts';
import { headerCrc, writeEntryHeader } from '../../../src/storage/format/entry.ts';
import { makeBatch } from '../../support/batches.ts';

test('the checksum of a record batch of any length is that of its bytes', () => {
  const random = seededRandom(1);
  const lengths = [0, 1, 2, 900, 962, 963, 964, 1000, 4095, 65_536 - 61, 70_000, 1_000_000];
  for (let round = 0; round < 300; round++) {
    const bodyBytes = lengths[round] ?? random.int(20_000);
    const batch = makeBatch({ baseOffset: random.int(2 ** 40), leaderEpoch: random.int(1000), bodyBytes, seed: round });
    const initial = random.int(2 ** 32);
    assert.equal(crcOfRecordBatch(batch, initial), crc32c(batch, initial), `${batch.length} bytes from ${initial}`);
  }
});

test('the checksum of bytes of any length and place is the one that native code gives', () => {
  const bytes = makeBatch({ baseOffset: 0, bodyBytes: 200, seed: 1 });
  for (let start = 0; start < 9; start++) {
    for (let end = start; end < 60; end++) {
      const part = bytes.subarray(start, end);
      assert.equal(crcOfBytes(part), crc32c(part), `${start} to ${end}`);
    }
  }
});

test('an entry over old bytes carries the checksum of its header and all its payload', () => {
  const random = seededRandom(2);
  const view = new DataView(new ArrayBuffer(ENTRY_HEADER_BYTES));
  for (let round = 0; round < 200; round++) {
    const baseOffset = random.int(1e6);
    const isBatch = random.int(4) > 0;
    const batch = makeBatch({ baseOffset, bodyBytes: random.int(5000), seed: round });
    const payload = isBatch ? batch : batch.subarray(3);
    const flags = isBatch ? FLAG_RECORD_BATCH : 0;
    const numbers = { stream: 1 + random.int(100), baseOffset, offsetCount: 1, leaderEpoch: 0, maxTimestampMs: 1000 };
    const position = 128 + 8 * random.int(1000);
    const salt = random.int(2 ** 32);
    const context = { salt, syncedFilesBack: 0, syncedPosition: 128, recycledEnd: 1e6, writtenMs: round };
    writeEntryHeader(view, 0, { kind: EntryKind.BATCH, flags, ...numbers }, payload, { position, context });
    assert.equal(view.getUint8(9), isBatch ? FLAG_COVERED_BATCH : 0, 'the batch does not vouch for itself');
    const expected = crc32c(payload, headerCrc(view, 0, context.salt, position));
    assert.equal(view.getUint32(0, true), expected, `round ${round}`);
  }
});
