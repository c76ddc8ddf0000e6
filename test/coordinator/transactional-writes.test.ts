/** What state machines write inside producers' transactions: it counts when they commit, whatever happens between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { decodeRecordsSync } from '../../protocol/records/iterate.ts';
import { isControl, isTransactional, producerEpoch, producerId } from '../../protocol/records/batch.ts';
import { buildMarker, markerOutcome } from '../../protocol/records/markers.ts';
import { REWRITE_AGE_MS } from '../../src/coordinator/rewrite.ts';
import { LedgerWorld } from '../support/ledger.ts';

const producer = { producerId: 7n, producerEpoch: 3 };
const other = { producerId: 8n, producerEpoch: 0 };

/** Until the log is as old as one that is written anew. */
async function rewritten(world: LedgerWorld): Promise<void> {
  const { log } = world;
  const before = log.logStartOffset;
  await world.pass(REWRITE_AGE_MS + 20_000);
  assert.ok(log.logStartOffset > before, 'the log was not written anew');
}

test('a marker is a control batch of one record, as Kafka writes it', () => {
  const bytes = buildMarker({ ...producer, coordinatorEpoch: 5, outcome: 'commit' }, 1000);
  assert.ok(isControl(bytes, 0) && isTransactional(bytes, 0));
  assert.deepEqual([producerId(bytes, 0), producerEpoch(bytes, 0)], [7n, 3]);
  const [record, ...more] = decodeRecordsSync(bytes);
  assert.equal(more.length, 0);
  assert.deepEqual(record?.key, Buffer.from([0, 0, 0, 1]));
  assert.deepEqual(record?.value, Buffer.from([0, 0, 0, 0, 0, 5]));
  assert.equal(record?.timestampMs, 1000);
  assert.equal(markerOutcome(Buffer.from([0, 0, 0, 0])), 'abort');
  assert.equal(markerOutcome(Buffer.from([0, 9, 0, 1])), 'commit');
  for (const foreign of [null, Buffer.alloc(0), Buffer.from([0, 0, 0, 2])]) assert.equal(markerOutcome(foreign), null);
});

test('records of a transaction count when it is committed', async () => {
  const world = await LedgerWorld.open();
  await world.put('a', 'old');
  await world.putInTransaction(producer, 'a', 'new');
  await world.putInTransaction(other, 'b', 'others');
  assert.deepEqual(world.entries, { a: 'old' });
  assert.deepEqual(world.pending, ['new', 'others']);
  await world.end(producer, 'commit');
  assert.deepEqual(world.entries, { a: 'new' });
  assert.deepEqual(world.pending, ['others']);
});

test('records of a transaction are dropped when it is aborted', async () => {
  const world = await LedgerWorld.open();
  await world.put('a', 'old');
  await world.putInTransaction(producer, 'a', 'new');
  await world.end(producer, 'abort');
  assert.deepEqual(world.entries, { a: 'old' });
  assert.deepEqual(world.pending, []);
});

test('a restart finds open, committed and aborted transactions as they were', async () => {
  const world = await LedgerWorld.open();
  await world.putInTransaction(producer, 'committed', 'yes');
  await world.end(producer, 'commit');
  await world.putInTransaction(producer, 'aborted', 'no');
  await world.end({ ...producer, producerEpoch: 4 }, 'abort');
  await world.putInTransaction(other, 'open', 'later');
  const restarted = await world.restart();
  assert.deepEqual(restarted.entries, { committed: 'yes' });
  assert.deepEqual(restarted.pending, ['later']);
  await restarted.end(other, 'commit');
  assert.deepEqual(restarted.entries, { committed: 'yes', open: 'later' });
});

test('a rewrite keeps open transactions, which end as they would have without it', async () => {
  for (const outcome of ['commit', 'abort'] as const) {
    const world = await LedgerWorld.open();
    await world.put('a', 'old');
    await world.putInTransaction(producer, 'a', 'new');
    await world.putInTransaction(producer, 'b', 'new');
    await world.put('b', 'newest');
    await rewritten(world);
    const restarted = await world.restart();
    assert.deepEqual(restarted.entries, { a: 'old', b: 'newest' });
    assert.deepEqual(restarted.pending, ['new', 'new']);
    await restarted.end(producer, outcome);
    const expected = { a: outcome === 'commit' ? 'new' : 'old', b: 'newest' };
    assert.deepEqual(restarted.entries, expected);
    assert.deepEqual(restarted.pending, []);
    assert.deepEqual((await restarted.restart()).entries, expected);
  }
});

test('a rewrite of which only the beginning was stored takes nothing from an open transaction', async () => {
  for (const stored of [0, 1, 2]) {
    const world = await LedgerWorld.open();
    await world.put('a', 'old');
    await world.putInTransaction(producer, 'a', 'new');
    world.engine.autoCommit = false;
    await world.pass(REWRITE_AGE_MS + 20_000);
    assert.equal(world.engine.queued.length, 2);
    world.engine.commit(stored);
    world.engine.fail();
    world.engine.autoCommit = true;
    const restarted = await world.restart();
    assert.deepEqual(restarted.entries, { a: 'old' });
    await restarted.end(producer, 'commit');
    assert.deepEqual(restarted.entries, { a: 'new' }, `with ${stored} batches of the rewrite`);
  }
});

test('a transaction that ends after its records were written anew is ended in memory, too', async () => {
  const world = await LedgerWorld.open();
  await world.put('a', 'old');
  await world.putInTransaction(producer, 'a', 'new');
  await rewritten(world);
  await world.end(producer, 'commit');
  assert.deepEqual(world.entries, { a: 'new' });
  assert.deepEqual((await world.restart()).entries, { a: 'new' });
});

test('what is lost is taken back: records of a transaction, and its end', async () => {
  const world = await LedgerWorld.open();
  await world.putInTransaction(producer, 'a', 'first');
  world.engine.autoCommit = false;
  const second = world.putInTransaction(producer, 'b', 'second');
  const ended = world.end(producer, 'commit');
  const read = world.runner.read(({ entries }) => entries);
  assert.deepEqual(world.entries, { a: 'first', b: 'second' });
  const lost = { code: ErrorCode.NOT_COORDINATOR };
  const refused = [second, ended, read].map((promise) => assert.rejects(promise, lost));
  world.engine.fail('IO');
  await Promise.all(refused);
  assert.deepEqual(world.entries, {});
  assert.deepEqual(world.pending, ['first']);
  world.engine.autoCommit = true;
  await world.end(producer, 'commit');
  assert.deepEqual(world.entries, { a: 'first' });
  assert.deepEqual((await world.restart()).entries, { a: 'first' });
});

test('the end of a transaction is waited for however long its commit takes', async () => {
  const world = await LedgerWorld.open();
  await world.putInTransaction(producer, 'a', 'new');
  world.engine.autoCommit = false;
  let isDone = false;
  const ended = world.end(producer, 'commit').then(() => {
    isDone = true;
  });
  await world.pass(60_000);
  assert.equal(isDone, false);
  world.engine.commit();
  await ended;
  assert.deepEqual(world.entries, { a: 'new' });
});

test('of the producer nothing is kept but its id and epoch', async () => {
  const world = await LedgerWorld.open();
  await world.putInTransaction(Object.assign({ request: 'a large one' }, producer), 'a', 'new');
  const [live] = [...world.runner.shard.liveRecords()].flat().filter((records) => records.producer !== null);
  assert.deepEqual(live?.producer, producer);
});
