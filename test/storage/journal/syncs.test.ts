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
