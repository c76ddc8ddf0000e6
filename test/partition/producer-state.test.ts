/** Idempotent producers (KIP-98): duplicates, sequences, epochs, expiry, and state that outlives a restart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { decodeProducerState, encodeProducerState } from '../../src/partition/producer-snapshot.ts';
import { ProducerState } from '../../src/partition/producer-state.ts';
import { StorageError } from '../../src/storage/types.ts';
import { MemoryEngine } from '../support/memory-engine.ts';
import {
  CLIENT,
  COORDINATOR,
  NOW,
  batch,
  committed,
  evict,
  openPartition,
  produce,
  sequenced,
} from '../support/partitions.ts';

const outOfOrder = { code: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER };
const MAX_SEQUENCE = 2 ** 31 - 1;

test('each of the last five batches, sent again, is answered with its original offset; the sixth is out of order', async () => {
  const { log } = openPartition();
  for (let i = 0; i < 6; i++) await produce(log, sequenced(i * 2, 2));
  await committed(log, 12);
  for (let i = 1; i < 6; i++) {
    const again = await produce(log, sequenced(i * 2, 2));
    assert.deepEqual([again.duplicate, again.baseOffset, again.endOffset], [true, i * 2, i * 2 + 2]);
    assert.equal(again.logAppendTimeMs, NOW);
  }
  await assert.rejects(produce(log, sequenced(0, 2)), outOfOrder);
  assert.equal(log.logEndOffset, 12);
});

test('a gap, a part of an old batch and a batch beyond one are out of order', async () => {
  const { log } = openPartition();
  await produce(log, sequenced(0, 4));
  await assert.rejects(produce(log, sequenced(5)), outOfOrder);
  await assert.rejects(produce(log, sequenced(0, 2)), outOfOrder);
  await assert.rejects(produce(log, sequenced(2, 2)), outOfOrder);
  await assert.rejects(produce(log, sequenced(0, 5)), outOfOrder);
  assert.equal((await produce(log, sequenced(4))).baseOffset, 4);
});

test('sequences go on from 2^31 - 1 at 0, inside a batch too', async () => {
  const { log } = openPartition();
  await produce(log, sequenced(MAX_SEQUENCE - 1, 2));
  await produce(log, sequenced(0, 2));
  assert.equal((await produce(log, sequenced(MAX_SEQUENCE - 1, 2))).duplicate, true);
  const wrapping = openPartition().log;
  await produce(wrapping, sequenced(MAX_SEQUENCE, 3));
  assert.equal((await produce(wrapping, sequenced(MAX_SEQUENCE, 3))).duplicate, true);
  assert.equal((await produce(wrapping, sequenced(2))).baseOffset, 3);
});

test('a new epoch starts at 0 and forgets the old batches; an older epoch is fenced', async () => {
  const { log } = openPartition();
  await produce(log, sequenced(0, 1, 3));
  await produce(log, sequenced(1, 1, 3));
  await assert.rejects(produce(log, sequenced(2, 1, 4)), outOfOrder);
  assert.equal((await produce(log, sequenced(0, 1, 4))).baseOffset, 2);
  await assert.rejects(produce(log, sequenced(1, 1, 3)), { code: ErrorCode.INVALID_PRODUCER_EPOCH });
  await assert.rejects(produce(log, sequenced(5, 1, 4)), outOfOrder);
});

test('a producer that is not known starts with any sequence, and producers do not touch each other', async () => {
  const { log } = openPartition();
  await produce(log, sequenced(17, 1, 2, 1n));
  await produce(log, sequenced(4, 1, 0, 2n ** 62n));
  await produce(log, sequenced(18, 1, 2, 1n));
  await produce(log, sequenced(5, 1, 0, 2n ** 62n));
  assert.equal(log.logEndOffset, 4);
});

test('a batch without a producer id never is a duplicate', async () => {
  const { log } = openPartition();
  for (let i = 0; i < 3; i++) assert.equal((await produce(log, batch(1))).baseOffset, i);
});

test('producer state is rebuilt from the log after a restart, and an append before that is refused', async () => {
  const { log, engine } = openPartition();
  await produce(log, sequenced(0, 2));
  await produce(log, sequenced(2, 2));
  const { log: restarted } = openPartition({ engine, leaderEpoch: 1 });
  assert.throws(() => restarted.append(sequenced(4), CLIENT), { code: ErrorCode.KAFKA_STORAGE_ERROR });
  assert.ok(restarted.ready() instanceof Promise);
  assert.equal((await produce(restarted, sequenced(0, 2))).duplicate, true);
  assert.equal(restarted.ready(), null);
  await assert.rejects(produce(restarted, sequenced(9)), outOfOrder);
  assert.equal((await produce(restarted, sequenced(4))).baseOffset, 4);
});

test('a snapshot stands for the log below it, the rest is scanned', async () => {
  const { log, engine } = openPartition();
  await produce(log, sequenced(0, 2));
  log.producers.writeSnapshot(log.logEndOffset);
  await produce(log, sequenced(2, 2));
  await engine.trim(1, 2);
  const restarted = openPartition({ engine }).log;
  assert.equal((await produce(restarted, sequenced(0, 2))).duplicate, true, 'known from the snapshot only');
  assert.equal((await produce(restarted, sequenced(2, 2))).duplicate, true, 'known from the log');
});

test('without producers a snapshot is kept only of a log that takes long to read, and it is given up without one', async () => {
  const { log, engine } = openPartition();
  await log.ready();
  const snapshotOffset = (): number | undefined => {
    log.producers.writeSnapshot(log.logEndOffset);
    return engine.streams.get(1)?.snapshot?.offset;
  };
  assert.equal(snapshotOffset(), undefined);
  await produce(log, batch(8));
  assert.equal(snapshotOffset(), undefined);
  const restarted = openPartition({ engine }).log;
  await restarted.ready();
  assert.ok(evict(restarted));
  assert.equal(engine.streams.get(1)?.snapshot, null);
  await produce(log, batch(1));
  assert.equal(snapshotOffset(), 9);
});

test('a log whose producers have expired has a snapshot of none instead of theirs', async () => {
  const { log, engine, clock } = openPartition();
  await produce(log, sequenced(0));
  log.producers.writeSnapshot(log.logEndOffset);
  clock.advance(1000);
  log.producers.expire(clock.now(), 1000);
  log.producers.writeSnapshot(log.logEndOffset);
  assert.equal(decodeProducerState(engine.streams.get(1)?.snapshot?.bytes ?? Buffer.alloc(0))?.size, 0);
});

test('a snapshot from beyond the end of the log is not believed', async () => {
  const { log, engine } = openPartition();
  await produce(log, sequenced(0));
  engine.writeSnapshot(1, 99, encodeProducerState(new ProducerState()));
  const restarted = openPartition({ engine }).log;
  assert.equal((await produce(restarted, sequenced(0))).duplicate, true);
  assert.equal((await produce(log, sequenced(1))).baseOffset, 1);
});

test('a snapshot taken over appends that then fail is replaced', async () => {
  const engine = new MemoryEngine({ autoCommit: false });
  const { log } = openPartition({ engine });
  await log.ready();
  log.append(sequenced(0), CLIENT);
  engine.commit();
  log.append(sequenced(1), CLIENT);
  log.producers.writeSnapshot(log.logEndOffset);
  engine.fail();
  // Another batch takes the lost one's offset; the snapshot must not say otherwise.
  await produce(log, batch(1));
  engine.commit();
  const restarted = openPartition({ engine }).log;
  assert.equal((await produce(restarted, sequenced(1))).duplicate, false);
});

test('a failure while the state is being read makes it be read again', async () => {
  const engine = new MemoryEngine({ autoCommit: false });
  const first = openPartition({ engine }).log;
  await produce(first, sequenced(0));
  engine.commit();
  const { log } = openPartition({ engine });
  const loading = log.ready();
  log.append(batch(1), CLIENT);
  engine.fail();
  await loading;
  assert.equal(log.ready(), null);
  assert.equal((await produce(log, sequenced(0))).duplicate, true);
  assert.equal((await produce(log, sequenced(1))).baseOffset, 1);
});

test('a state that could not be read is read again by the next who needs it', async () => {
  const { log, engine } = openPartition();
  await produce(log, sequenced(0));
  const restarted = openPartition({ engine }).log;
  const scanHeaders = engine.scanHeaders.bind(engine);
  engine.scanHeaders = () => Promise.reject(new StorageError('IO', 'unreadable for once'));
  await assert.rejects(produce(restarted, sequenced(0)), { code: ErrorCode.KAFKA_STORAGE_ERROR });
  engine.scanHeaders = scanHeaders;
  assert.equal((await produce(restarted, sequenced(0))).duplicate, true);
});

test('a marker of a coordinator leaves the sequence of its producer as it is', async () => {
  const { log } = openPartition();
  await produce(log, sequenced(0, 3));
  const marker = { isControl: true, isTransactional: true, producerId: 7n, producerEpoch: 0 };
  await produce(log, batch(1, marker), COORDINATOR);
  assert.equal((await produce(log, sequenced(0, 3))).duplicate, true);
  assert.equal((await produce(log, sequenced(3))).baseOffset, 4);
});

test('producers are forgotten when their newest timestamp is old enough, by the next snapshot, too', async () => {
  const { log, engine } = openPartition();
  await produce(log, sequenced(0));
  log.producers.expire(NOW + 999, 1000);
  await assert.rejects(produce(log, sequenced(7)), outOfOrder);
  const stored = (): number | undefined => {
    log.producers.writeSnapshot(log.logEndOffset);
    return decodeProducerState(engine.streams.get(1)?.snapshot?.bytes ?? Buffer.alloc(0))?.size;
  };
  assert.equal(stored(), 1);
  log.producers.expire(NOW + 1000, 1000);
  assert.equal(stored(), 0);
  assert.equal((await produce(log, sequenced(7))).baseOffset, 1);
});

test('a snapshot gives back what it was made of, and damaged bytes give null', () => {
  const state = new ProducerState();
  for (let i = 0; i < 9; i++) {
    const { bytes } = sequenced(i, 1, i % 2, BigInt(i % 3));
    state.replay(bytes);
  }
  const bytes = encodeProducerState(state);
  const decoded = decodeProducerState(bytes);
  assert.deepEqual([...(decoded?.entries() ?? [])], [...state.entries()]);
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(decodeProducerState(bytes.subarray(0, length)), null);
  }
  assert.equal(decodeProducerState(Buffer.concat([Buffer.from([3]), bytes.subarray(1)])), null);
});
