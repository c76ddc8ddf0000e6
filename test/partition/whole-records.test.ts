/** How many compressed batches are held expanded at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompressionCodec } from '../../protocol/records/batch.ts';
import { buildBatch, buildCompressedBatch } from '../../protocol/records/build.ts';
import { withWholeRecords } from '../../src/partition/whole-records.ts';

const RECORDS = [{ key: null, value: Buffer.from('v'), timestampMs: 1 }];
const MAX_BYTES = 1024;

/** Lets everything go on that can go on without us. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

test('of compressed batches only two are held expanded at a time, and each gets its turn, in order', async () => {
  const batch = await buildCompressedBatch(RECORDS, { compression: CompressionCodec.ZSTD });
  const begun: number[] = [];
  const ends: Array<() => void> = [];
  const uses = Array.from({ length: 5 }, (_, i) =>
    withWholeRecords(batch, MAX_BYTES, null, async (records) => {
      assert.ok(records.length > 0);
      begun.push(i);
      await new Promise<void>((resolve) => void ends.push(resolve));
      return i;
    }),
  );
  await settle();
  assert.deepEqual(begun, [0, 1]);
  ends.shift()?.();
  await settle();
  assert.deepEqual(begun, [0, 1, 2]);
  while (ends.length > 0) {
    ends.shift()?.();
    await settle();
  }
  assert.deepEqual(await Promise.all(uses), [0, 1, 2, 3, 4]);
});

test('a batch that cannot be expanded, or whose use fails, leaves its place to others', async () => {
  const batch = await buildCompressedBatch(RECORDS, { compression: CompressionCodec.ZSTD });
  const damaged = Buffer.from(batch.subarray(0, batch.length - 4));
  for (let i = 0; i < 3; i++) {
    await assert.rejects(
      withWholeRecords(damaged, MAX_BYTES, null, () => assert.fail('nothing to use')),
      { name: 'KafkaError' },
    );
    await assert.rejects(
      withWholeRecords(batch, MAX_BYTES, null, () => Promise.reject(new Error('used badly'))),
      /used badly/,
    );
  }
  assert.equal(await withWholeRecords(batch, MAX_BYTES, null, () => 'its turn'), 'its turn');
});

test('uncompressed records wait for nobody', async () => {
  const batch = await buildCompressedBatch(RECORDS, { compression: CompressionCodec.ZSTD });
  const ends: Array<() => void> = [];
  const held = [1, 2].map(() =>
    withWholeRecords(batch, MAX_BYTES, null, () => new Promise<void>((resolve) => void ends.push(resolve))),
  );
  await settle();
  assert.equal(ends.length, 2);
  assert.equal(await withWholeRecords(buildBatch(RECORDS), MAX_BYTES, null, () => 'at once'), 'at once');
  for (const end of ends) end();
  await Promise.all(held);
});

test('many small batches that wait let others have their turn in between', async () => {
  const batch = await buildCompressedBatch(RECORDS, { compression: CompressionCodec.ZSTD });
  const done: number[] = [];
  let turns = 0;
  const uses = Array.from({ length: 100 }, (_, i) => withWholeRecords(batch, MAX_BYTES, null, () => done.push(i)));
  while (done.length < uses.length) {
    turns += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(uses);
  assert.ok(turns > 40, `${turns} turns`);
});
