/** A stream whose data lies far back: what others wrote since is not looked through. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Engine } from '../../src/storage/open-engine.ts';
import { openEngine } from '../../src/storage/open-engine.ts';
import type { OpenFile, OpenMode } from '../../src/storage/files/files.ts';
import { append, readAll } from '../support/batches.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { runUntil } from '../support/run-clock.ts';

class CountingDisk extends FaultyDisk {
  reads = 0;

  override async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const file = await super.open(path, mode);
    const read = (into: Buffer, position: number): Promise<number> => {
      this.reads += 1;
      return file.read(into, position);
    };
    return { ...file, read };
  }
}

const FILES = 40;

/** Stream 1 has a batch in the first file and one in the third; all others hold stream 2 alone. */
async function written(clock: ManualClock, disk: FaultyDisk): Promise<Buffer[]> {
  const engine = await open(clock, disk);
  engine.createStream(1);
  engine.createStream(2);
  const batches: Buffer[] = [];
  for (let file = 0; file < FILES; file++) {
    if (file === 0 || file === 2) batches.push(await append(engine, 1, { leaderEpoch: file }));
    await append(engine, 2);
    await runUntil(clock, engine.seal());
  }
  await append(engine, 2);
  await runUntil(clock, engine.close());
  return batches;
}

function open(clock: ManualClock, files: FaultyDisk): Promise<Engine> {
  return openEngine({ dataDir: '/data', clusterId: 'idle', files, clock, cacheBytes: 0, indexCacheBytes: 1 });
}

test('reads, searches and leader epochs of an idle stream load no index of a file behind its newest', async () => {
  const clock = new ManualClock();
  const disk = new CountingDisk(seededRandom(1));
  const batches = await written(clock, disk);
  const engine = await open(clock, disk);
  const readsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = disk.reads;
    await work();
    return disk.reads - before;
  };
  assert.ok((await readsOf(() => engine.leaderEpochs(1))) <= 6);
  assert.deepEqual(await engine.leaderEpochs(1), [
    { leaderEpoch: 0, startOffset: 0 },
    { leaderEpoch: 2, startOffset: 1 },
  ]);
  assert.ok((await readsOf(() => engine.findByTimestamp(1, 1e12, 1, 2))) <= 6);
  assert.ok((await readsOf(async () => assert.deepEqual(await readAll(engine, 1, 1), batches[1]))) <= 6);
  assert.ok((await readAll(engine, 1)).equals(Buffer.concat(batches)));
  await append(engine, 1);
  assert.equal((await readAll(engine, 1)).length, Buffer.concat(batches).length + 101);
  await runUntil(clock, engine.close());
});

test('once indexes had to go, readers of a stream in few files load those of few', async () => {
  const clock = new ManualClock();
  const disk = new CountingDisk(seededRandom(1));
  const engine = await open(clock, disk);
  engine.createStream(1);
  const batches: Buffer[] = [];
  for (let file = 0; file < FILES; file++) {
    engine.createStream(100 + file);
    for (let stream = 100; stream <= 100 + file; stream++) await append(engine, stream);
    if (file === 3 || file === FILES - 4) batches.push(await append(engine, 1, { leaderEpoch: file }));
    await runUntil(clock, engine.seal());
  }
  for (let offset = 0; offset < 2; offset++) {
    const before = disk.reads;
    assert.deepEqual(await readAll(engine, 1, offset), Buffer.concat(batches.slice(offset)));
    assert.ok(disk.reads - before <= 6, `${disk.reads - before} reads from offset ${offset}`);
  }
  const before = disk.reads;
  assert.equal((await engine.leaderEpochs(1)).length, 2);
  assert.ok(disk.reads - before <= 6, `${disk.reads - before} reads for the epochs`);
  await runUntil(clock, engine.close());
});
