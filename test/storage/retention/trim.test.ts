/** Trims that overlap or fail: what is left is counted right, also after a crash between them. */
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
  const small = { maxSegmentSize: 8192, cacheBytes: 0, indexCacheBytes: 1 };
  return openEngine({ dataDir: '/data', clusterId: 'trim', files, clock, ...small });
}

/** With 60 batches over several files. */
async function openFilled() {
  const clock = new ManualClock();
  const disk = new FaultyDisk(seededRandom(1));
  const engine = await open(disk, clock);
  engine.createStream(1);
  for (let i = 0; i < 60; i++) await append(engine, 1, { bodyBytes: 900 });
  return { clock, disk, engine };
}

async function assertCounted(engine: Engine, logStartOffset: number): Promise<void> {
  const state = engine.state(1);
  assert.equal(state.logStartOffset, logStartOffset);
  assert.equal(state.liveBytes, (await readAll(engine, 1)).length);
}

test('two trims at once are journaled in order, and what a crash leaves of them is counted right', async () => {
  const { clock, disk, engine } = await openFilled();
  // The first has to load indexes of files, the second only that of the last.
  const trims = [engine.trim(1, 50), engine.trim(1, 59)];
  await runUntil(clock, Promise.race(trims));
  const crashed = await open(disk.afterKill(), clock);
  await assertCounted(crashed, crashed.state(1).logStartOffset);
  await runUntil(clock, Promise.all(trims));
  await assertCounted(engine, 59);
  const again = await open(disk.afterKill(), clock);
  await assertCounted(again, 59);
  for (const each of [engine, crashed, again]) await runUntil(clock, each.close());
});

test('a trim that failed to count is counted by the next', async () => {
  const { clock, disk, engine } = await openFilled();
  disk.failing.set('read', 'EIO');
  await assert.rejects(runUntil(clock, engine.trim(1, 30)), { code: 'IO' });
  disk.failing.clear();
  await runUntil(clock, engine.trim(1, 30));
  await assertCounted(engine, 30);
  await runUntil(clock, engine.close());
});

test('a trim to where another one has just got to is acknowledged no sooner than that', async () => {
  const clock = new ManualClock();
  const disk = new FaultyDisk(seededRandom(1));
  const engine = await openEngine({ dataDir: '/data', clusterId: 'trim', files: disk, clock, durability: 'fsync' });
  engine.createStream(1);
  for (let i = 0; i < 3; i++) await runUntil(clock, append(engine, 1));
  disk.stall();
  const acknowledged: number[] = [];
  const trim = async (to: number): Promise<void> => {
    await engine.trim(1, to);
    acknowledged.push(to);
  };
  const trims = [trim(3)];
  await turns(5);
  trims.push(trim(3), trim(2));
  await turns(5);
  assert.deepEqual(acknowledged, []);
  disk.unstall();
  await runUntil(clock, Promise.all(trims));
  assert.deepEqual(acknowledged, [3, 3, 2]);
  await runUntil(clock, engine.close());
});
