/** Records of batches that expand to much, for those who read them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompressionCodec } from '../../protocol/records/batch.ts';
import { buildCompressedBatch } from '../../protocol/records/build.ts';
import { recordsInPieces } from '../../src/partition/expansions.ts';
import { turns } from '../support/run-clock.ts';

test('of large batches that are read only two are expanded at a time: a record of each may be held whole', async () => {
  const records = [{ key: null, value: Buffer.alloc(3_000_000), timestampMs: 1 }];
  const batch = await buildCompressedBatch(records, { compression: CompressionCodec.ZSTD });
  const open = new Set<number>();
  let most = 0;
  const reads = [1, 2, 3, 4, 5].map(async (i) => {
    await recordsInPieces(batch, async () => {
      open.add(i);
      most = Math.max(most, open.size);
      await turns(20);
      return true;
    });
    open.delete(i);
  });
  await Promise.all(reads);
  assert.equal(most, 2);
});
