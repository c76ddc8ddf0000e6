/** A journal in memory at its limit while files of it are written anew: what goes then, and what does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchField, patchCrc } from '../../../protocol/records/batch.ts';
import { buildBatch } from '../../../protocol/records/build.ts';
import { plainSlice } from '../../../src/base/counted.ts';
import { type Engine, openEngine } from '../../../src/storage/open-engine.ts';
import { append } from '../../support/batches.ts';
import { NO_PRODUCERS } from '../../support/compact-log.ts';

const LIMIT_BYTES = 1024 * 1024;
const VALUE = Buffer.alloc(8000, 7);

/** Appends a value of the one key. */
function appendValue(engine: Engine, stream: number): Promise<void> {
  const baseOffset = engine.state(stream).logEndOffset;
  const bytes = Buffer.from(buildBatch([{ key: Buffer.from('k'), value: VALUE, timestampMs: 1000 }], { baseOffset }));
  bytes.writeInt32BE(0, BatchField.LEADER_EPOCH);
  patchCrc(bytes, 0);
  const place = { stream, baseOffset, offsetCount: 1, leaderEpoch: 0, maxTimestampMs: 1000 };
  return new Promise((resolve, reject) => {
    const onCommit = (error: Error | null): void => (error === null ? resolve() : reject(error));
    engine.append({ ...place, payload: plainSlice(bytes), durability: 'memory', onCommit });
  });
}

test('what was compacted and is being read goes before records that are not beyond the limit', async () => {
  const engine = await openEngine({ dataDir: null, clusterId: 'memory', maxMemoryBytes: LIMIT_BYTES });
  for (const stream of [1, 2]) engine.createStream(stream);
  await append(engine, 1, { bodyBytes: 8000 });
  while (engine.state(2).liveBytes < 0.7 * LIMIT_BYTES) await appendValue(engine, 2);
  const endOffset = engine.state(2).logEndOffset;
  const read = await engine.read({ stream: 2, offset: 0, endOffset, maxBytes: 1e9, atLeastOne: true });
  const outcome = await engine.compact({
    stream: 2,
    endOffset: endOffset - 1,
    nowMs: 2000,
    deleteRetentionMs: 1000,
    producers: NO_PRODUCERS,
    worthBytes: 1e9,
    mapBytes: 24 * 100,
    mapLoadFactor: 0.5,
  });
  assert.equal(outcome?.problem, null);
  assert.ok(engine.state(2).liveBytes < 0.3 * LIMIT_BYTES);
  for (let i = 0; i < 64; i++) await append(engine, 1, { bodyBytes: 8000 });
  assert.deepEqual([engine.state(1).logStartOffset, engine.state(2).logStartOffset], [0, 0]);
  await assert.rejects(async () => await read.parts[0]?.load(), { code: 'DROPPED' });
  for (const part of read.parts) part.release();
  await engine.close();
});
