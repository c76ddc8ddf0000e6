/** Records of an answer to a share group, read piece by piece. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBatch } from '../../protocol/records/build.ts';
import { batchPositions, decodeRecordsSync } from '../../protocol/records/iterate.ts';
import type { Counted, Part, Slice } from '../../src/base/counted.ts';
import { LoadedRecords } from '../../src/handlers/share-fetch/records.ts';

class Count implements Counted {
  references = 1;

  retain(): void {
    assert.ok(this.references > 0);
    this.references++;
  }

  release(): void {
    assert.ok(this.references > 0);
    this.references--;
  }
}

/** Parts of some slices each, and who holds them. */
class Pieces {
  readonly counts: Count[] = [];
  readonly parts: Part[];
  loads = 0;
  released = 0;

  constructor(bytes: Buffer, sliceBytes: number, slicesPerPart: number, failsAt = Infinity) {
    const slices: Slice[] = [];
    for (let at = 0; at < bytes.length; at += sliceBytes) {
      const owner = new Count();
      this.counts.push(owner);
      slices.push({ bytes: bytes.subarray(at, at + sliceBytes), owner });
    }
    this.parts = Array.from({ length: Math.ceil(slices.length / slicesPerPart) }, (_, i) => {
      const own = slices.slice(i * slicesPerPart, (i + 1) * slicesPerPart);
      return {
        byteLength: own.reduce((sum, slice) => sum + slice.bytes.length, 0),
        load: () => {
          if (this.loads++ === failsAt) throw new Error('damaged');
          for (const { owner } of own) owner.retain();
          return own;
        },
        release: () => {
          this.released++;
          for (const { owner } of own) owner.release();
        },
      };
    });
  }

  get held(): number {
    return this.counts.filter(({ references }) => references > 0).length;
  }
}

/** Batches of two records each, back to back from offset 10 on. */
function batches(count: number): Buffer {
  const records = ['one', 'two'].map((value) => ({ key: null, value: Buffer.from(value), timestampMs: 1 }));
  return Buffer.concat(Array.from({ length: count }, (_, i) => buildBatch(records, { baseOffset: 10 + 2 * i })));
}

async function offsetsOf(parts: { take(): Part | undefined }): Promise<number[]> {
  const bytes: Buffer[] = [];
  for (let part = parts.take(); part !== undefined; part = parts.take()) {
    for (const slice of await part.load()) {
      bytes.push(Buffer.from(slice.bytes));
      slice.owner.release();
    }
    part.release();
  }
  const all = Buffer.concat(bytes);
  return [...batchPositions(all)].flatMap((at) => decodeRecordsSync(all, at).map(({ offset }) => offset));
}

for (const sliceBytes of [7, 61, 100, 1000]) {
  test(`batches are found and cut wherever slices of ${sliceBytes} bytes end`, async () => {
    const pieces = new Pieces(batches(5), sliceBytes, 3);
    const records = await LoadedRecords.load(pieces.parts, 0, 500);
    assert.deepEqual(
      records.batches.map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset]),
      [10, 12, 14, 16, 18].map((offset) => [offset, offset + 1]),
    );
    assert.equal(pieces.released, pieces.parts.length);
    assert.deepEqual(await offsetsOf(records.take(13, 16)), [12, 13, 14, 15, 16, 17]);
    assert.equal(pieces.held, 0);
  });
}

test('what cannot matter is not loaded', async () => {
  const pieces = new Pieces(batches(20), batches(1).length, 1);
  const records = await LoadedRecords.load(pieces.parts, 9, 6);
  assert.equal(pieces.loads, 4);
  assert.equal(pieces.released, 20);
  assert.equal(records.batches.at(-1)?.lastOffset, 17);
  records.release();
  assert.equal(pieces.held, 0);
});

test('a batch that was not loaded to its end does not count', async () => {
  const whole = batches(2);
  const pieces = new Pieces(whole.subarray(0, whole.length - 1), 50, 2);
  const records = await LoadedRecords.load(pieces.parts, 0, 500);
  assert.deepEqual(
    records.batches.map(({ baseOffset }) => baseOffset),
    [10],
  );
  records.release();
  assert.equal(pieces.held, 0);
});

test('nothing is held when something cannot be read', async () => {
  const pieces = new Pieces(batches(4), 60, 1, 2);
  await assert.rejects(LoadedRecords.load(pieces.parts, 0, 500), /damaged/);
  assert.equal(pieces.released, pieces.parts.length);
  assert.equal(pieces.held, 0);
});
