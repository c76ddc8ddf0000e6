/** Partitions over a disk that is full or slow: what is known after a crash, and when deletions are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { StreamPartitionLog } from '../../src/partition/partition-log.ts';
import { type Engine, openEngine } from '../../src/storage/open-engine.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { CLIENT, batch, produce, sequenced, partitionSettings } from '../support/partitions.ts';
import { runUntil, turns } from '../support/run-clock.ts';

const STREAM = 4;

function openEngineOn(files: FaultyDisk, clock: ManualClock): Promise<Engine> {
  return openEngine({ dataDir: '/data', clusterId: 'snapshots', files, clock });
}

function openLog(engine: Engine, clock: ManualClock): StreamPartitionLog {
  engine.createStream(STREAM);
  const identity = { topicName: 't', topicId: 'id', index: 0, stream: STREAM, leaderEpoch: 0 };
  return new StreamPartitionLog(identity, partitionSettings(), engine, clock);
}

/** A log of two committed batches, the first with a sequence, on a disk that has them. */
async function setUp() {
  const clock = new ManualClock();
  const disk = new FaultyDisk(seededRandom(1));
  const engine = await openEngineOn(disk, clock);
  const log = openLog(engine, clock);
  await runUntil(clock, produce(log, sequenced(0)));
  await runUntil(clock, produce(log, batch()));
  await runUntil(clock, engine.flush());
  return { clock, disk, engine, log };
}

/** The log as the next start finds it after a crash. */
async function restart(disk: FaultyDisk, clock: ManualClock) {
  const again = await openEngineOn(disk.afterKill(), clock);
  const restarted = openLog(again, clock);
  await runUntil(clock, Promise.resolve(restarted.ready()));
  return { again, restarted };
}

test('producers of deleted records are known after a crash though the disk was full for their snapshot', async () => {
  const { clock, disk, engine, log } = await setUp();

  disk.failing.set('write', 'ENOSPC');
  log.producers.writeSnapshot(log.logEndOffset);
  await turns(10);
  assert.equal(engine.refusal?.code, 'DISK_FULL');
  disk.failing.clear();
  for (let turn = 0; turn < 100 && engine.refusal !== null; turn++) {
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(engine.refusal, null);

  await runUntil(clock, log.deleteRecords(-1));
  const { again, restarted } = await restart(disk, clock);
  assert.equal(restarted.append(sequenced(0), CLIENT).duplicate, true);
  for (const each of [engine, again]) await runUntil(clock, each.close());
});

for (const when of ['before', 'just then'] as const) {
  test(`producers of records deleted on a disk that was full ${when} are known after a crash`, async () => {
    const { clock, disk, engine, log } = await setUp();

    disk.failing.set('write', 'ENOSPC');
    if (when === 'before') {
      log.producers.writeSnapshot(log.logEndOffset);
      await turns(10);
      disk.failing.clear();
    }
    const deleted = log.deleteRecords(-1);
    await turns(10);
    assert.equal(engine.refusal?.code, 'DISK_FULL');
    disk.failing.clear();
    await runUntil(clock, deleted);
    const { again, restarted } = await restart(disk, clock);
    assert.equal(restarted.logStartOffset, 2);
    assert.equal(restarted.append(sequenced(0), CLIENT).duplicate, true);
    for (const each of [engine, again]) await runUntil(clock, each.close());
  });
}

test('producers of records deleted while appends are refused by a full disk are known after a crash', async () => {
  const { clock, disk, engine, log } = await setUp();
  disk.failing.set('write', 'ENOSPC');
  log.append(batch(), CLIENT);
  const deleted = log.deleteRecords(2);
  await turns(10);
  assert.equal(engine.refusal?.code, 'DISK_FULL');
  disk.failing.clear();
  await runUntil(clock, deleted);
  const { again, restarted } = await restart(disk, clock);
  assert.equal(restarted.logStartOffset, 2);
  assert.equal(restarted.append(sequenced(0), CLIENT).duplicate, true);
  for (const each of [engine, again]) await runUntil(clock, each.close());
});

test('producers of records deleted on a full disk are known after a crash though the reserve was given away', async () => {
  const { clock, disk, engine, log } = await setUp();
  disk.failing.set('write', 'ENOSPC');
  log.append(batch(), CLIENT);
  await turns(10);
  assert.equal(engine.refusal?.code, 'DISK_FULL');
  while (await engine.makeRoom(true)) await turns(1);
  const deleted = log.deleteRecords(2);
  await turns(10);
  disk.failing.clear();
  await runUntil(clock, deleted);
  const { again, restarted } = await restart(disk, clock);
  assert.equal(restarted.logStartOffset, 2);
  assert.equal(restarted.append(sequenced(0), CLIENT).duplicate, true);
  for (const each of [engine, again]) await runUntil(clock, each.close());
});

test('a partition is not given up on the word of a snapshot that the disk may still refuse', async () => {
  const { clock, disk, engine, log } = await setUp();
  disk.failing.set('write', 'ENOSPC');
  for (let i = 0; i < 3; i++) assert.equal(log.evictIfIdle(), false);
  await turns(10);
  assert.equal(engine.refusal?.code, 'DISK_FULL');
  disk.failing.clear();
  await runUntil(clock, log.deleteRecords(2));
  const { again, restarted } = await restart(disk, clock);
  assert.equal(restarted.append(sequenced(0), CLIENT).duplicate, true);
  for (const each of [engine, again]) await runUntil(clock, each.close());
});

test('a snapshot that the disk has not taken yet does not stand for producers of deleted records', async () => {
  const { clock, disk, engine, log } = await setUp();

  disk.failing.set('write', 'ENOSPC');
  log.producers.writeSnapshot(log.logEndOffset);
  const deleted = log.deleteRecords(-1); // the snapshot is on its way still
  await turns(10);
  disk.failing.clear();
  await runUntil(clock, deleted);
  const { again, restarted } = await restart(disk, clock);
  assert.equal(restarted.append(sequenced(0), CLIENT).duplicate, true);
  for (const each of [engine, again]) await runUntil(clock, each.close());
});

test('records that somebody else is just deleting are told to be deleted when they are', async () => {
  const clock = new ManualClock();
  const disk = new FaultyDisk(seededRandom(1));
  const engine = await openEngine({ dataDir: '/data', clusterId: 'trims', files: disk, clock, durability: 'fsync' });
  const log = openLog(engine, clock);
  await runUntil(clock, produce(log, batch()));
  await runUntil(clock, engine.flush());
  disk.stall();
  let told = 0;
  const first = log.deleteRecords(1).then(() => (told += 1));
  await turns(5);
  assert.equal(log.logStartOffset, 1);
  const second = log.deleteRecords(1).then(() => (told += 1));
  await turns(5);
  assert.equal(told, 0);
  disk.unstall();
  await runUntil(clock, Promise.all([first, second]));
  await runUntil(clock, engine.close());
});
