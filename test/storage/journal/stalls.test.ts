/** A disk that is slow to take a write: the next ones use a thread, until that is quick again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { OpenFile, OpenMode } from '../../../src/storage/files/files.ts';
import { append } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { runUntil, turns } from '../../support/run-clock.ts';
import { openSmallEngine } from '../../support/small-engine.ts';

/** Takes time for each write that the event loop waits for, while told to. */
class SlowDisk extends FaultyDisk {
  readonly clock = new ManualClock();
  syncWriteMs = 0;
  /** What syncs wait for. */
  synced = Promise.resolve();

  override async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const file = await super.open(path, mode);
    return {
      read: (into, position) => file.read(into, position),
      readSync: (into, position) => file.readSync(into, position),
      writeSync: (buffers, position) => {
        if (this.syncWriteMs > 0) this.clock.advance(this.syncWriteMs);
        return file.writeSync(buffers, position);
      },
      write: (buffers, position) => file.write(buffers, position),
      datasync: () => this.synced.then(() => file.datasync()),
      datasyncSync: () => file.datasyncSync(),
      truncate: (length) => file.truncate(length),
      size: () => file.size(),
      close: () => file.close(),
    };
  }
}

/** An engine with stream 1. */
async function openOnSlowDisk() {
  const disk = new SlowDisk(seededRandom(1));
  const { clock } = disk;
  const engine = await openSmallEngine(disk, 'os', clock);
  engine.createStream(1);
  return { disk, clock, engine, counters: engine.stats().counters };
}

test('after a slow write eight quick ones on a thread bring the writes back, and twice as many when it comes again soon', async () => {
  const { disk, clock, engine, counters } = await openOnSlowDisk();
  const appendOne = async (): Promise<void> => {
    await append(engine, 1, { bodyBytes: 10 });
  };
  /** Appends until one is written at once again; gives how many went to the thread. */
  const threaded = async (): Promise<number> => {
    const before = counters.asyncCommits;
    for (let count = 0; count < 100; count++) {
      await appendOne();
      if (counters.asyncCommits === before + count) return count;
    }
    return Infinity;
  };
  await appendOne();
  assert.equal(counters.asyncCommits, 0);
  for (const expected of [8, 16, 32]) {
    disk.syncWriteMs = 6;
    await appendOne();
    disk.syncWriteMs = 0;
    assert.equal(await threaded(), expected);
  }
  clock.advance(5000);
  await turns(20); // the sync that this began
  disk.syncWriteMs = 6;
  await appendOne();
  disk.syncWriteMs = 0;
  assert.equal(await threaded(), 8, 'long ago it does not count');
  await runUntil(clock, engine.close());
});

test('while a sync takes long, no write is made on the event loop', async () => {
  const { disk, clock, engine, counters } = await openOnSlowDisk();
  await runUntil(clock, engine.flush());
  await append(engine, 1);
  disk.stall();
  clock.advance(10);
  await turns(3);
  await append(engine, 1);
  assert.equal(counters.asyncCommits, 0, 'a sync that has just begun says nothing');
  clock.advance(31);
  const stalled = append(engine, 1);
  await turns(3);
  assert.equal(counters.asyncCommits, 1);
  disk.unstall();
  await stalled;
  await turns(20);
  await append(engine, 1);
  assert.equal(counters.asyncCommits, 1);
  await runUntil(clock, engine.close());
});

test('while a sync takes long but writes do not, only one of them every few milliseconds is made on a thread', async () => {
  const { disk, clock, engine, counters } = await openOnSlowDisk();
  await runUntil(clock, engine.flush());
  await append(engine, 1);
  const { promise, resolve } = Promise.withResolvers<void>();
  disk.synced = promise;
  clock.advance(10);
  await turns(3);
  clock.advance(31);
  await append(engine, 1);
  assert.equal(counters.asyncCommits, 1, 'whether writes wait with the sync is not known');
  for (let count = 0; count < 5; count++) await append(engine, 1);
  clock.advance(4);
  await append(engine, 1);
  assert.equal(counters.asyncCommits, 1, 'they did not a moment ago');
  clock.advance(2);
  await append(engine, 1);
  assert.equal(counters.asyncCommits, 2, 'they may by now');
  await append(engine, 1);
  assert.equal(counters.asyncCommits, 2);
  resolve();
  await runUntil(clock, engine.close());
});
