/** What counts as being on the device. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { append, readAll } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { runUntil, turns } from '../../support/run-clock.ts';

function open(files: FaultyDisk, clock: ManualClock): Promise<Engine> {
  const small = { maxSegmentSize: 4096, flushIntervalMs: 1e9, cacheBytes: 0 };
  return openEngine({ dataDir: '/data', clusterId: 'syncs', files, clock, ...small });
}

test('a file is synced also when very many others were sealed after it', async () => {
  const clock = new ManualClock();
  const disk = new FaultyDisk(seededRandom(1));
  const engine = await open(disk, clock);
  engine.createStream(1);
  const batches: Buffer[] = [];
  while (engine.stats().journalFiles < 300) batches.push(await append(engine, 1, { bodyBytes: 3000 }));
  await runUntil(clock, engine.flush());
  const again = await open(disk.afterPowerCut(), clock);
  assert.ok((await readAll(again, 1)).equals(Buffer.concat(batches)));
  await runUntil(clock, again.close());
  await runUntil(clock, engine.close());
});

test('a flush ends when the engine is closed on a full disk before the sync', async () => {
  const clock = new ManualClock();
  const disk = new FaultyDisk(seededRandom(1));
  const engine = await open(disk, clock);
  engine.createStream(1);
  await append(engine, 1);
  await runUntil(clock, engine.flush());
  disk.stall();
  await append(engine, 1);
  const first = engine.flush();
  await append(engine, 1);
  const flushes = Promise.allSettled([first, engine.flush()]);
  const given = engine.makeRoom();
  await turns(5);
  assert.equal(engine.refusal?.code, 'DISK_FULL');
  const closed = engine.close();
  await turns(5);
  disk.unstall();
  await runUntil(clock, closed);
  assert.equal(await given, true);
  const outcomes = await runUntil(clock, flushes);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
});

test('a flush right after a seal has nothing to wait for', async () => {
  const clock = new ManualClock();
  const disk = new FaultyDisk(seededRandom(1));
  const engine = await openEngine({ dataDir: '/data', clusterId: 'syncs', files: disk, clock });
  engine.createStream(1);
  await runUntil(clock, append(engine, 1));
  await runUntil(clock, engine.seal());
  await runUntil(clock, engine.flush());
  await runUntil(clock, engine.close());
});

test('a batch is synced within the time it asks for, where that is less than the flush interval', async () => {
  const clock = new ManualClock();
  const disk = new FaultyDisk(seededRandom(1));
  const engine = await openEngine({ dataDir: '/data', clusterId: 'syncs', files: disk, clock, flushIntervalMs: 1000 });
  engine.createStream(1);
  await runUntil(clock, engine.flush());
  clock.advance(5000); // what a start looks for, and syncs for, is done then
  await turns(20);
  const { counters } = engine.stats();
  /** Syncs that begin when so much time has passed. */
  const after = async (ms: number): Promise<number> => {
    const before = counters.syncs;
    clock.advance(ms);
    await turns(20);
    return counters.syncs - before;
  };
  await append(engine, 1, { flushMs: 5000 });
  assert.equal(await after(900), 0);
  await append(engine, 1, { flushMs: 300 });
  assert.equal(await after(99), 0);
  assert.equal(await after(1), 1, 'the flush interval of the first comes sooner');
  await append(engine, 1, { flushMs: 50 });
  assert.equal(await after(30), 0);
  await append(engine, 1, { flushMs: 50 });
  assert.equal(await after(20), 1);
  assert.equal(await after(2000), 0, 'and then all is synced');

  disk.stall();
  await append(engine, 1, { flushMs: 0 });
  await after(1);
  await append(engine, 1, { flushMs: 50 }); // comes while a sync is under way, which may not cover it
  disk.unstall();
  await turns(20);
  assert.equal(await after(49), 0);
  assert.equal(await after(1), 1);
  await runUntil(clock, engine.close());
});
