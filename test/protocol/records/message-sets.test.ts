/**
 * Message sets of format v0 and v1, beside what kafka-clients 3.9.1 makes of the same records
 * (test/golden/message-sets.hex, by test/conformance/java/old/MessageSets.java).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { codecNumbered } from '../../../protocol/compression/codecs.ts';
import { fromV0, toV0 } from '../../../protocol/compression/lz4-v0.ts';
import { ErrorCode } from '../../../protocol/errors.ts';
import { BatchField, sizeInBytes, timestampType, verifyCrc } from '../../../protocol/records/batch.ts';
import { buildBatch, buildCompressedBatch } from '../../../protocol/records/build.ts';
import { DownConverter } from '../../../protocol/records/down-convert.ts';
import { batchPositions, decodeRecordsSync, recordBytes } from '../../../protocol/records/iterate.ts';
import { upConvert } from '../../../protocol/records/up-convert.ts';
import { messageSet, readMessageSet } from '../../support/message-sets.ts';

const golden = readFileSync(join(import.meta.dirname, '../../golden/message-sets.hex'), 'utf8')
  .trim()
  .split('\n');
let pauses = 0;
const pause = async (): Promise<void> => void (pauses += 1);
const LIMITS = { maxBytes: 1_000_000, maxMessageBytes: 1_000_000, pause };

const FIELDS = [
  ['k0', 'v0'],
  [null, 'v1'],
  ['k2', null],
  ['', ''],
  ['k4', 'value '.repeat(50)],
];
const TIMES = [1000, 3000, 2000, 1000, 2500];

const WHOLE = { firstOffset: 0, maxBytes: 1e9, cutsFirst: false, roomBytes: 1e9, mayBeEmpty: false };

async function downConvert(
  batches: Buffer,
  options: {
    readonly magic: 0 | 1;
    readonly firstOffset?: number;
    readonly maxBytes?: number;
    readonly cutsFirst?: boolean;
    readonly roomBytes?: number;
    readonly mayBeEmpty?: boolean;
  },
  pieceBytes = Infinity,
): Promise<Buffer> {
  const converter = new DownConverter({ ...WHOLE, pause, ...options });
  for (const at of batchPositions(batches)) {
    const batch = batches.subarray(at, at + sizeInBytes(batches, at));
    await converter.add(batch, async (take) => {
      const records = await recordBytes(batch, 0);
      let goesOn = true;
      for (let from = 0; goesOn && from < records.length; from += pieceBytes) {
        const piece = Buffer.from(records.subarray(from, from + pieceBytes));
        goesOn = await take(piece);
        piece.fill(0xee);
      }
    });
  }
  const set = Buffer.concat(converter.finish());
  assert.ok(set.length <= converter.byteLength);
  return set;
}

describe('up-conversion', () => {
  for (const line of golden.filter((text) => text.startsWith('set '))) {
    const [, magic, codec, type, hex = ''] = line.split(' ');
    test(`takes a set of v${magic} with codec ${codec} and timestamp type ${type} from Kafka`, async () => {
      const converted = await upConvert(Buffer.from(hex, 'hex'), LIMITS);
      assert.equal(converted.codec, Number(codec));
      assert.equal(converted.recordCount, 5);
      assert.ok(verifyCrc(converted.batch, 0));
      assert.equal(sizeInBytes(converted.batch, 0), converted.batch.length);
      assert.equal(converted.claimsAppendTime, type === '1');
      assert.equal(timestampType(converted.batch, 0), 0);
      const records = decodeRecordsSync(converted.batch).map(({ offset, timestampMs, key, value }) => {
        return [offset, timestampMs, key?.toString() ?? null, value?.toString() ?? null];
      });
      const time = (i: number): number => (magic === '0' ? -1 : type === '1' ? 7777 : (TIMES[i] as number));
      assert.deepEqual(
        records,
        FIELDS.map(([key, value], i) => [i, time(i), key, value]),
      );
    });
  }

  const refused = async (set: Buffer, code: number): Promise<void> => {
    await assert.rejects(upConvert(set, LIMITS), (error: { code?: number }) => error.code === code);
  };
  const good = messageSet(1, [{ key: 'k', value: 'v', timestampMs: 5 }]);

  test('leaves out what is cut off at the end', async () => {
    assert.equal((await upConvert(Buffer.concat([good, good.subarray(0, 20)]), LIMITS)).recordCount, 1);
  });

  test('refuses a set without a whole message', async () => {
    await refused(Buffer.alloc(0), ErrorCode.INVALID_RECORD);
    await refused(good.subarray(0, 20), ErrorCode.INVALID_RECORD);
  });

  test('refuses damaged messages as corrupt, wherever a byte is wrong', async () => {
    for (let at = 12; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(at) ^ 0x40, at);
      await refused(Buffer.concat([good, bad]), ErrorCode.CORRUPT_MESSAGE);
    }
  });

  test('refuses lengths that do not fit, under a checksum that does', async () => {
    for (const [at, value] of [
      [0, 1000],
      [0, -2],
      [5, 7],
    ] as const) {
      const value4 = Buffer.alloc(4);
      value4.writeInt32BE(value);
      const inside = messageSet(0, [{ key: null, value: 'abcd' }]);
      value4.copy(inside, 18 + at);
      const sealed = resealed(inside);
      await refused(sealed, ErrorCode.CORRUPT_MESSAGE);
    }
    const tiny = Buffer.from(good);
    tiny.writeInt32BE(13, 8);
    await refused(tiny, ErrorCode.CORRUPT_MESSAGE);
  });

  test('refuses compression within compression, a compressed message beside others, and zstd', async () => {
    const gzip = await codecNumbered(1);
    const once = messageSet(1, [{ value: await gzip.compress(good), attributes: 1 }]);
    const twice = messageSet(1, [{ value: await gzip.compress(once), attributes: 1 }]);
    await refused(twice, ErrorCode.INVALID_RECORD);
    await refused(Buffer.concat([once, good]), ErrorCode.INVALID_RECORD);
    await refused(Buffer.concat([good, once]), ErrorCode.INVALID_RECORD);
    await refused(messageSet(1, [{ value: 'x', attributes: 4 }]), ErrorCode.INVALID_RECORD);
    await refused(messageSet(1, [{ value: null, attributes: 1 }]), ErrorCode.INVALID_RECORD);
    await refused(
      messageSet(1, [{ value: await gzip.compress(Buffer.alloc(0)), attributes: 1 }]),
      ErrorCode.INVALID_RECORD,
    );
  });

  test('stops at the bound of what a message may expand to', async () => {
    const bomb = await (await codecNumbered(1)).compress(messageSet(1, [{ value: Buffer.alloc(5_000_000) }]));
    await refused(messageSet(1, [{ value: bomb, attributes: 1 }]), ErrorCode.INVALID_RECORD);
  });

  test('refuses a message that is too large, and a time that is none', async () => {
    const large = messageSet(1, [{ value: Buffer.alloc(1_000_000 - 33) }]);
    await refused(large, ErrorCode.MESSAGE_TOO_LARGE);
    assert.equal((await upConvert(large.subarray(0), { ...LIMITS, maxMessageBytes: large.length })).recordCount, 1);
    await refused(messageSet(1, [{ timestampMs: -2 }]), ErrorCode.INVALID_TIMESTAMP);
    await refused(messageSet(1, [{ timestampMs: 2 ** 52 }]), ErrorCode.INVALID_TIMESTAMP);
  });
});

/** With the checksum that its bytes have. */
function resealed(message: Buffer): Buffer {
  const again = Buffer.from(message);
  again.writeUInt32BE(crc32(again.subarray(16)), 12);
  return again;
}

describe('down-conversion', () => {
  for (const line of golden.filter((text) => text.startsWith('down '))) {
    const [, magic, first, codec, type, batches = '', expected = ''] = line.split(' ');
    test(`makes v${magic} of codec ${codec} and timestamp type ${type} from offset ${first} as Kafka does`, async () => {
      const options = { magic: Number(magic) as 0 | 1, firstOffset: Number(first) };
      const set = await downConvert(Buffer.from(batches, 'hex'), options);
      // Compressors differ in the bytes they find.
      if (codec === '0') assert.equal(set.toString('hex'), expected);
      assert.deepEqual(await readMessageSet(set), await readMessageSet(Buffer.from(expected, 'hex')));
      for (const pieceBytes of [1, 7, 50]) {
        assert.deepEqual(await downConvert(Buffer.from(batches, 'hex'), options, pieceBytes), set);
      }
    });
  }

  const record = (value: string): { key: null; value: Buffer; timestampMs: number } => {
    return { key: null, value: Buffer.from(value), timestampMs: 1 };
  };
  const three = buildBatch([record('one'), record('two'), record('three')], { baseOffset: 7 });
  const offsets = async (set: Buffer): Promise<number[]> => (await readMessageSet(set)).map(({ offset }) => offset);

  test('ends before the message that passes the bound', async () => {
    const whole = await downConvert(three, { magic: 1 });
    assert.deepEqual(await offsets(whole), [7, 8, 9]);
    for (const [maxBytes, expected] of [
      [whole.length, [7, 8, 9]],
      [whole.length - 1, [7, 8]],
      [80, [7, 8]],
      [70, [7]],
    ] as const) {
      const set = await downConvert(Buffer.concat([three, three]), { magic: 1, maxBytes });
      assert.deepEqual(await offsets(set), expected);
    }
  });

  test('sends uncompressed what is too much to be held, and asks for no more than it takes', async () => {
    const values = Array.from({ length: 30 }, (_, i) => record(String(i % 10).repeat(1_000_000)));
    const large = await buildCompressedBatch(values, { compression: 1, baseOffset: 5 });
    const records = await recordBytes(large, 0);
    for (const [firstOffset, expected] of [
      [5, [5, 6]],
      [20, [20, 21]],
      [34, [34]],
    ] as const) {
      const converter = new DownConverter({ ...WHOLE, pause, magic: 1, firstOffset, maxBytes: 2_500_000 });
      let takenBytes = 0;
      await converter.add(large, async (take) => {
        while (takenBytes < records.length) {
          const piece = Buffer.from(records.subarray(takenBytes, takenBytes + 300_000));
          takenBytes += piece.length;
          const goesOn = await take(piece);
          piece.fill(0xee);
          if (!goesOn) return;
        }
      });
      const messages = await readMessageSet(Buffer.concat(converter.finish()));
      assert.deepEqual(
        messages.map(({ offset, value }) => [offset, value]),
        expected.map((offset) => [offset, String((offset - 5) % 10).repeat(1_000_000)]),
      );
      const lastTaken = Math.max(8_700_000, 1_000_000 * (firstOffset - 5 + 3.7));
      assert.ok(takenBytes < lastTaken, `${takenBytes} of ${records.length} bytes were taken`);
    }
  });

  test('sends times that pass 64 bits as Java has them: they begin anew at the other end', async () => {
    const last = 2n ** 63n - 1n;
    for (const [base, second] of [
      [last - 10n, last],
      [last - 4n, -last + 4n],
      [-last - 1n, -last + 9n],
    ] as const) {
      const far = buildBatch([record('one'), { ...record('two'), timestampMs: 11 }]);
      far.writeBigInt64BE(base, BatchField.BASE_TIMESTAMP);
      const set = await downConvert(far, { magic: 1 });
      const secondAt = 12 + set.readInt32BE(8);
      assert.deepEqual([set.readBigInt64BE(18), set.readBigInt64BE(secondAt + 18)], [base, second]);
      far.writeBigInt64BE(base, BatchField.MAX_TIMESTAMP);
      far.writeInt16BE(8, BatchField.ATTRIBUTES);
      const appended = await downConvert(far, { magic: 1 });
      assert.deepEqual([appended.readBigInt64BE(18), appended.readBigInt64BE(secondAt + 18)], [base, base]);
    }
  });

  test('sends uncompressed what is little until it is messages', async () => {
    const many = await buildCompressedBatch(Array<ReturnType<typeof record>>(300_000).fill(record('')), {
      compression: 1,
    });
    const set = await downConvert(many, { magic: 1, maxBytes: 1000 }, 100_000);
    assert.deepEqual(
      await offsets(set),
      Array.from({ length: 29 }, (_, i) => i),
    );
  });

  test('refuses a batch with more or fewer records than it states, wherever its pieces end', async () => {
    for (const stated of [2, 4]) {
      const wrong = Buffer.from(three);
      wrong.writeInt32BE(stated, 57);
      for (const pieceBytes of [1, 11, Infinity]) {
        await assert.rejects(downConvert(wrong, { magic: 1 }, pieceBytes), { code: ErrorCode.INVALID_RECORD });
      }
    }
  });

  test('sends a first message that is larger than the bound whole, or cut off there', async () => {
    assert.deepEqual(await offsets(await downConvert(three, { magic: 0, maxBytes: 10 })), [7]);
    const cut = await downConvert(three, { magic: 0, maxBytes: 20, cutsFirst: true });
    assert.equal(cut.length, 20);
    assert.deepEqual(await offsets(cut), []);
    assert.equal((await downConvert(three, { magic: 0, maxBytes: -1, cutsFirst: true })).length, 0);
  });

  test('leaves out a first message for which the answer has no room, where others come before it', async () => {
    assert.deepEqual(await offsets(await downConvert(three, { magic: 0, roomBytes: 10 })), [7]);
    assert.deepEqual(await offsets(await downConvert(three, { magic: 0, roomBytes: 10, cutsFirst: true })), [7]);
    for (const cutsFirst of [false, true]) {
      const rest = { roomBytes: 10, mayBeEmpty: true, cutsFirst };
      assert.equal((await downConvert(three, { magic: 0, ...rest })).length, 0);
      assert.equal((await downConvert(three, { magic: 0, maxBytes: 20, ...rest })).length, 0);
      assert.deepEqual(await offsets(await downConvert(three, { magic: 0, ...rest, roomBytes: 40 })), [7]);
    }
  });

  test('refuses zstd where the set begins, and ends before it where it has begun', async () => {
    const zstd = await buildCompressedBatch([record('z')], { baseOffset: 10, compression: 4 });
    await assert.rejects(downConvert(zstd, { magic: 1 }), { code: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE });
    assert.deepEqual(await offsets(await downConvert(Buffer.concat([three, zstd, three]), { magic: 1 })), [7, 8, 9]);
  });

  test('goes over chunks and turns with many records', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => record(`${i}`.padEnd(i % 100)));
    for (const compression of [0, 3] as const) {
      const batch = compression === 0 ? buildBatch(many) : await buildCompressedBatch(many, { compression });
      for (const magic of [0, 1] as const) {
        const messages = await readMessageSet(await downConvert(batch, { magic }));
        assert.deepEqual(
          messages.map(({ offset, value }) => [offset, value]),
          many.map(({ value }, i) => [i, value.toString()]),
        );
      }
    }
  });

  test('sends what expands very far uncompressed, up to the bound', async () => {
    const many = Array.from({ length: 100 }, () => record('x'.repeat(100_000)));
    const batch = await buildCompressedBatch(many, { compression: 1 });
    const set = await downConvert(batch, { magic: 1, maxBytes: 1_000_000, firstOffset: 50 });
    assert.deepEqual(await offsets(set), [50, 51, 52, 53, 54, 55, 56, 57, 58]);
  });
});

test('others have their turn within a few thousand records, however small, and of those passed over, too', async () => {
  const many = Array.from({ length: 50_000 }, () => ({ key: null, value: null, timestampMs: 5 }));
  const turnsOf = async (work: () => Promise<unknown>): Promise<number> => {
    pauses = 0;
    await work();
    return pauses;
  };
  const set = messageSet(0, many);
  const limits = { ...LIMITS, maxBytes: set.length };
  assert.ok((await turnsOf(() => upConvert(set, limits))) >= 6);
  assert.ok((await turnsOf(() => downConvert(buildBatch(many), { magic: 0 }))) >= 12);
  assert.ok((await turnsOf(() => downConvert(buildBatch(many), { magic: 0, firstOffset: 49_999 }))) >= 12);
  const compressed = await buildCompressedBatch(many, { compression: 3 });
  assert.ok((await turnsOf(() => downConvert(compressed, { magic: 0 }))) >= 12);
});

describe('lz4 of format v0', () => {
  test('has a header checksum of its own, with and without a content size', async () => {
    const frame = await (await codecNumbered(3)).compress(Buffer.from('text'));
    assert.notDeepEqual(toV0(frame), frame);
    assert.deepEqual(fromV0(toV0(frame)), frame);
    assert.equal(fromV0(Buffer.from([4, 34, 77, 24, 0x68])).length, 5);
  });
});
