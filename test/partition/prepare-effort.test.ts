/** What it takes to prepare a batch counts for who sent it, also in later turns and on threads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompressionCodec } from '../../protocol/records/batch.ts';
import { buildCompressedBatch } from '../../protocol/records/build.ts';
import { plainSlice, type Slice } from '../../src/base/counted.ts';
import { Effort } from '../../src/base/effort.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { expansions } from '../../src/partition/expansions.ts';
import { longBatch } from '../support/batches.ts';
import { messageSet } from '../support/message-sets.ts';
import { CLIENT, NOW, openPartition, type OpenOptions } from '../support/partitions.ts';

const MIB = 1024 * 1024;

/** A millisecond goes by whenever somebody looks at it. */
class PassingClock extends ManualClock {
  #lookedAt = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.#lookedAt++;
  }
}

/** What preparing the batch counts. */
async function counted(slice: Slice, options: OpenOptions = {}, produceVersion = CLIENT.produceVersion) {
  const effort = new Effort(new PassingClock());
  const { log } = openPartition({ configs: { 'max.message.bytes': '100000000', ...options.configs } });
  const prepared = log.prepare(slice, { ...CLIENT, produceVersion, effort });
  effort.goesOn();
  await Promise.resolve(prepared).catch(() => undefined);
  return effort.ms;
}

function compressed(valueBytes: number, timestampMs = NOW): Promise<Buffer> {
  const made = [{ key: null, value: Buffer.alloc(valueBytes), timestampMs }];
  return buildCompressedBatch(made, { compression: CompressionCodec.GZIP });
}

test('a small batch that is expanded in a later turn', async () => {
  const batch = await compressed(1000);
  assert.equal(await counted(plainSlice(Buffer.from(batch))), 0, 'at once');
  expansions.spend(100 * MIB);
  assert.ok((await counted(plainSlice(batch))) >= 1);
});

test('a large batch, expanded on a thread', async () => {
  assert.ok((await counted(plainSlice(await compressed(3 * MIB)))) >= 1);
});

test('a large batch that is not compressed', async () => {
  const record = { key: null, value: Buffer.alloc(1000), timestampMs: NOW };
  assert.ok((await counted(plainSlice(longBatch(12 * MIB, record, record)))) >= 8);
});

test('a batch that is encoded anew', async () => {
  assert.ok((await counted(plainSlice(await compressed(1000)), { configs: { 'compression.type': 'zstd' } })) >= 1);
});

test('a batch whose refused records are named', async () => {
  assert.ok((await counted(plainSlice(await compressed(1000, NOW + 7_200_000)))) >= 1);
});

test('a message set of an old client', async () => {
  assert.ok((await counted(plainSlice(messageSet(1, [{ value: 'v', timestampMs: NOW }])), {}, 2)) >= 1);
});
