/** What a reader of committed records is given: up to the last stable offset, with the aborted transactions in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamPartitionLog } from '../../src/partition/partition-log.ts';
import { IsolationLevel, type PartitionRead, type PartitionWaiter } from '../../src/partition/types.ts';
import { StorageError } from '../../src/storage/types.ts';
import { MemoryEngine } from '../support/memory-engine.ts';
import { NOW, batch, openPartition, produce } from '../support/partitions.ts';
import { abort, commit, write } from '../support/transactional-batches.ts';

const { READ_COMMITTED, READ_UNCOMMITTED } = IsolationLevel;

async function read(
  log: StreamPartitionLog,
  offset: number,
  options: { readonly isolation?: IsolationLevel; readonly maxBytes?: number } = {},
): Promise<PartitionRead> {
  const { isolation = READ_COMMITTED, maxBytes = 1_000_000 } = options;
  const bounds = { maxBytes, atLeastOne: true, currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
  const found = await log.read({ offset, isolation, ...bounds });
  for (const part of found.parts) part.release();
  return found;
}

async function aborted(log: StreamPartitionLog, offset: number, maxBytes?: number): Promise<[bigint, number][]> {
  const found = await read(log, offset, maxBytes === undefined ? {} : { maxBytes });
  return found.abortedTransactions.map(({ producerId, firstOffset }) => [producerId, firstOffset]);
}

/** A partition whose appends the test commits. */
function manual(): { engine: MemoryEngine; log: StreamPartitionLog } {
  return openPartition({ engine: new MemoryEngine({ autoCommit: false }) });
}

test('a read ends at the last stable offset, and there and behind it there is nothing', async () => {
  const { log } = openPartition();
  await produce(log, batch(1));
  await produce(log, batch(1));
  await write(log);
  await produce(log, batch(1));
  await Promise.resolve();
  assert.equal(log.lastStableOffset, 2);
  const [batchBytes] = [(await read(log, 0, { isolation: READ_UNCOMMITTED })).byteLength / 4];
  for (const [offset, batches] of [
    [0, 2],
    [1, 1],
    [2, 0],
    [3, 0],
    [4, 0],
  ] as const) {
    const found = await read(log, offset);
    assert.deepEqual(
      [Math.round(found.byteLength / batchBytes), found.abortedTransactions, found.lastStableOffset],
      [batches, [], 2],
      `at ${offset}`,
    );
  }
});

test('aborted transactions are listed in order of their markers, from the first offset to the marker', async () => {
  const { log } = openPartition();
  await write(log, { id: 1n }); // 0
  await write(log, { id: 2n }); // 1
  await write(log, { id: 3n }); // 2
  abort(log, 2n); // 3
  commit(log, 3n); // 4
  abort(log, 1n); // 5
  await produce(log, batch(1)); // 6
  await Promise.resolve();
  const both = [
    [2n, 1],
    [1n, 0],
  ];
  assert.deepEqual(await aborted(log, 0), both);
  assert.deepEqual(await aborted(log, 3), both, 'the marker itself still needs it');
  assert.deepEqual(await aborted(log, 4), [[1n, 0]]);
  assert.deepEqual(await aborted(log, 5), [[1n, 0]]);
  assert.deepEqual(await aborted(log, 6), []);
  assert.deepEqual(await aborted(log, 0, 1), [[1n, 0]], 'of what was not read nothing is told');
  assert.deepEqual((await read(log, 0, { isolation: READ_UNCOMMITTED })).abortedTransactions, []);
});

test('each of a producer’s transactions counts by itself, also after its epoch was fenced', async () => {
  const { log } = openPartition();
  await write(log, { id: 1n }); // 0
  commit(log, 1n); // 1
  await write(log, { id: 1n, sequence: 1 }); // 2
  abort(log, 1n, 1); // 3, with the epoch that fences
  await write(log, { id: 1n, epoch: 1 }); // 4
  commit(log, 1n, 1); // 5
  await Promise.resolve();
  assert.deepEqual(await aborted(log, 0), [[1n, 2]]);
  assert.deepEqual(await aborted(log, 2), [[1n, 2]]);
  assert.deepEqual(await aborted(log, 4), []);
});

test('a marker without a transaction aborts nothing', async () => {
  const { log } = openPartition();
  await produce(log, batch(1));
  abort(log, 1n);
  await Promise.resolve();
  assert.deepEqual(await aborted(log, 0), []);
});

test('a transaction whose marker was lost is listed once, by the marker that came again', async () => {
  const { log, engine } = manual();
  await write(log, { id: 1n });
  engine.commit();
  abort(log, 1n);
  engine.fail();
  abort(log, 1n);
  engine.commit();
  assert.deepEqual(await aborted(log, 0), [[1n, 0]]);
});

test('a trim past the first offset of an aborted transaction changes nothing about it', async () => {
  const { log } = openPartition();
  await write(log, { id: 1n, count: 3 });
  await produce(log, batch(2));
  abort(log, 1n);
  await Promise.resolve();
  await log.deleteRecords(4);
  assert.deepEqual(await aborted(log, 4), [[1n, 0]]);
});

test('who waits for committed records is woken by the marker, and sees then what there is', async () => {
  const { log, engine } = manual();
  await write(log, { id: 1n });
  engine.commit();
  let told = 0;
  const waiter: PartitionWaiter = { onProgress: () => void told++ };
  log.addWaiter(waiter);
  assert.equal(log.availableBytes(0, READ_COMMITTED), 0);
  const data = log.availableBytes(0, READ_UNCOMMITTED);
  assert.ok(data > 0);
  commit(log, 1n);
  await Promise.resolve();
  assert.deepEqual([told, log.availableBytes(0, READ_COMMITTED)], [0, 0]);
  engine.commit();
  await Promise.resolve();
  assert.equal(told, 1);
  assert.ok(log.availableBytes(0, READ_COMMITTED) > data);
});

test('the bytes before an open transaction are counted exactly', async () => {
  const { log } = openPartition();
  await produce(log, batch(2));
  await Promise.resolve();
  const bytes = log.availableBytes(0, READ_COMMITTED);
  await write(log, { id: 1n });
  await produce(log, batch(5));
  await Promise.resolve();
  assert.equal(log.availableBytes(0, READ_COMMITTED), bytes);
  for (let i = 0; i < 200; i++) await produce(log, batch(1));
  await Promise.resolve();
  assert.ok(log.availableBytes(0, READ_COMMITTED) > 0, 'further back it is estimated');
  assert.equal(log.availableBytes(2, READ_COMMITTED), 0);
});

test('lookups by time find nothing beyond the last stable offset for readers of committed records', async () => {
  const { log } = openPartition();
  await produce(log, batch(1, {}, NOW));
  await write(log, { id: 1n, timestampMs: NOW + 10 });
  await produce(log, batch(1, {}, NOW + 5));
  await Promise.resolve();
  const found = async (timestampMs: number, isolation: IsolationLevel) =>
    (await log.offsetForTimestamp(timestampMs, isolation))?.offset ?? -1;
  assert.deepEqual([await found(NOW, READ_COMMITTED), await found(NOW + 1, READ_COMMITTED)], [0, -1]);
  assert.deepEqual([await found(NOW, READ_UNCOMMITTED), await found(NOW + 1, READ_UNCOMMITTED)], [0, 1]);
  assert.equal(await log.maxTimestamp(READ_COMMITTED), null, 'the largest one is not committed, others do not count');
  assert.equal((await log.maxTimestamp(READ_UNCOMMITTED))?.offset, 1);
});

test('after a restart the last stable offset is known before anything committed is read', async () => {
  const { log, engine } = openPartition();
  await produce(log, batch(1, {}, NOW));
  await write(log, { id: 1n, timestampMs: NOW + 10 });
  await Promise.resolve();
  const open = (): StreamPartitionLog => openPartition({ engine, leaderEpoch: 1 }).log;
  const found = await read(open(), 0);
  assert.deepEqual([found.lastStableOffset, found.highWatermark], [1, 2]);
  assert.equal((await read(open(), 0, { isolation: READ_UNCOMMITTED })).lastStableOffset, 1);
  assert.equal(await open().offsetForTimestamp(NOW + 10, READ_COMMITTED), null);
  assert.equal(await open().maxTimestamp(READ_COMMITTED), null);
});

test('where producers cannot be read, uncommitted records can', async () => {
  const { log, engine } = openPartition();
  await produce(log, batch(1));
  await Promise.resolve();
  const restarted = openPartition({ engine, leaderEpoch: 1 }).log;
  engine.scanHeaders = () => Promise.reject(new StorageError('IO', 'unreadable'));
  assert.ok((await read(restarted, 0, { isolation: READ_UNCOMMITTED })).byteLength > 0);
  await assert.rejects(read(restarted, 0));
});
