/** Partitions over the real log engine, in memory and on disk, with restarts. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { batchPositions, decodeRecords } from '../../protocol/records/iterate.ts';
import { buildBatch, buildCompressedBatch } from '../../protocol/records/build.ts';
import { plainSlice } from '../../src/base/counted.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { StreamPartitionLog } from '../../src/partition/partition-log.ts';
import { IsolationLevel, type PartitionLog } from '../../src/partition/types.ts';
import { type Engine, openEngine } from '../../src/storage/open-engine.ts';
import { NOW, batch, committed, produce, sequenced, partitionSettings } from '../support/partitions.ts';

const STREAM = 4;

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'walka-partition-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function openOver(engine: Engine, leaderEpoch = 0): StreamPartitionLog {
  engine.createStream(STREAM);
  const identity = { topicName: 't', topicId: 'id', index: 0, stream: STREAM, leaderEpoch };
  const settings = partitionSettings();
  const log = new StreamPartitionLog(identity, settings, engine, new ManualClock());
  engine.onBeforeSeal(() => log.producers.writeSnapshot(log.logEndOffset));
  return log;
}

/** Offsets and values of all records from `offset` on, read batch by batch. */
async function contents(log: PartitionLog, offset = log.logStartOffset): Promise<[number, string][]> {
  const found: [number, string][] = [];
  for (let next = offset; next < log.highWatermark; ) {
    const read = await log.read({
      offset: next,
      maxBytes: 500,
      atLeastOne: true,
      isolation: IsolationLevel.READ_COMMITTED,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    });
    const chunks: Buffer[] = [];
    for (const part of read.parts) {
      for (const { bytes, owner } of await part.load()) {
        chunks.push(Buffer.from(bytes));
        owner.release();
      }
      part.release();
    }
    const bytes = Buffer.concat(chunks);
    for (const at of batchPositions(bytes)) {
      for (const record of await decodeRecords(bytes, at)) {
        if (record.offset >= next) found.push([record.offset, record.value?.toString() ?? '']);
      }
    }
    next = (found.at(-1)?.[0] ?? next) + 1;
  }
  return found;
}

for (const mode of ['memory', 'disk'] as const) {
  test(`what is produced is read back, found by time, and deleted (${mode})`, async (t) => {
    await using engine = await openEngine({ dataDir: mode === 'disk' ? folder(t) : null, clusterId: 'c' });
    const log = openOver(engine);
    const expected: [number, string][] = [];
    let last = 0;
    for (let i = 0; i < 40; i++) {
      const made = Array.from({ length: (i % 3) + 1 }, (_, k) => ({
        key: null,
        value: Buffer.from(`${i}.${k}`),
        timestampMs: NOW + i * 10 + k,
      }));
      const bytes = i % 5 === 0 ? await buildCompressedBatch(made, { compression: 3 }) : buildBatch(made);
      const result = await produce(log, plainSlice(bytes));
      made.forEach(({ value }, k) => expected.push([result.baseOffset + k, value.toString()]));
      last = result.endOffset;
    }
    await committed(log, last);
    assert.deepEqual(await contents(log), expected);
    assert.deepEqual(await contents(log, 31), expected.slice(31));
    const found = await log.offsetForTimestamp(NOW + 201, IsolationLevel.READ_UNCOMMITTED);
    assert.deepEqual(expected[found?.offset ?? -1]?.[1], '20.1');
    assert.deepEqual(await log.maxTimestamp(IsolationLevel.READ_UNCOMMITTED), {
      offset: last - 1,
      timestampMs: NOW + 390,
      leaderEpoch: 0,
    });
    assert.equal(await log.deleteRecords(20), 20);
    assert.deepEqual(await contents(log), expected.slice(20));
    assert.ok(log.sizeBytes > 0);
    assert.equal(await log.deleteRecords(-1), last);
    assert.equal(log.availableBytes(last, IsolationLevel.READ_UNCOMMITTED), 0);
  });
}

test('producer state, epochs and records survive restarts, with and without a seal between', async (t) => {
  const dataDir = folder(t);
  let sequence = 0;
  for (let start = 0; start < 4; start++) {
    await using engine = await openEngine({ dataDir, clusterId: 'c' });
    const log = openOver(engine, start);
    assert.equal(log.highWatermark, sequence);
    if (sequence > 0) {
      const again = await produce(log, sequenced(sequence - 1));
      assert.deepEqual([again.duplicate, again.baseOffset], [true, sequence - 1]);
      assert.equal(await log.epochForOffset(sequence - 1), start - 1);
      assert.deepEqual(await log.endOffsetForEpoch(start - 1), { leaderEpoch: start - 1, endOffset: sequence });
      await assert.rejects(produce(log, sequenced(sequence + 1)), { code: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
    }
    for (let i = 0; i < 7; i++) {
      const result = await produce(log, sequenced(sequence));
      await committed(log, result.endOffset);
      assert.equal(result.baseOffset, sequence++);
      if (start === 2 && i === 3) await engine.seal();
    }
    assert.equal((await contents(log)).length, sequence);
  }
});

test('many appends in one turn are committed together and wake a fetch once', async () => {
  await using engine = await openEngine({ dataDir: null, clusterId: 'c' });
  const log = openOver(engine);
  let told = 0;
  log.addWaiter({ onProgress: () => told++ });
  let end = 0;
  for (let i = 0; i < 100; i++) end = log.append(batch(1), { origin: 'client', produceVersion: 13 }).endOffset;
  await committed(log, end);
  await new Promise<void>((resolve) => setImmediate(resolve));
  assert.equal(log.highWatermark, 100);
  assert.equal(told, 1);
});

test('producers of deleted records are known after a crash', async (t) => {
  const dataDir = folder(t);
  const copy = folder(t);
  {
    await using engine = await openEngine({ dataDir, clusterId: 'c' });
    const log = openOver(engine);
    for (let sequence = 0; sequence < 4; sequence++)
      await committed(log, (await produce(log, sequenced(sequence))).endOffset);
    await log.deleteRecords(4);
    await committed(log, (await produce(log, sequenced(4))).endOffset);
    // What a kill would leave behind.
    cpSync(dataDir, copy, { recursive: true });
  }
  await using engine = await openEngine({ dataDir: copy, clusterId: 'c' });
  const log = openOver(engine, 1);
  for (const sequence of [0, 3, 4]) {
    const again = await produce(log, sequenced(sequence));
    assert.deepEqual([again.duplicate, again.baseOffset], [true, sequence]);
  }
  assert.equal((await produce(log, sequenced(5))).baseOffset, 5);
});
