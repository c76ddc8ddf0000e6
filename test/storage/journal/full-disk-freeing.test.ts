/**
 * Deletions and trims on a disk without a free byte: they are taken, and space comes back within seconds of the clock,
 * whatever state the disk was found in, and after a kill or a clean stop in any of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { type Engine, openEngine } from '../../../src/storage/open-engine.ts';
import { CATALOG_STREAM, StorageError } from '../../../src/storage/types.ts';
import { append, readAll } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { runUntil } from '../../support/run-clock.ts';

const KEEP = 1;
const BIG = 2;
const RESERVE = '/data/journal/reserve';
/** What the neighbour takes at a time. */
const GREEDY_BYTES = 1024;
/** Time in which space must be back: a pass over the files, two seals, a retry. */
const SOON_MS = 6000;

/** A disk of which a neighbour takes a piece whenever there is room, in every turn. */
class SharedDisk extends FaultyDisk {
  isGreedy = false;

  fill(): void {
    if (this.isGreedy) this.foreignBytes += Math.max(0, Math.min(GREEDY_BYTES, this.freeBytes));
  }
}

class Rig {
  readonly disk: SharedDisk;
  readonly clock = new ManualClock();
  readonly kept: Buffer[] = [];
  engine!: Engine;

  constructor(disk = new SharedDisk(seededRandom(1)), kept: readonly Buffer[] = []) {
    this.disk = disk;
    this.kept.push(...kept);
  }

  async open(maxSegmentSize = 64 * 1024): Promise<this> {
    const options = { dataDir: '/data', clusterId: 'full', cacheBytes: 0, deleteGraceMs: 100, maxSegmentSize };
    const { disk: files, clock } = this;
    this.engine = await runUntil(clock, openEngine({ ...options, files, clock, random: seededRandom(3) }));
    return this;
  }

  /** Appends to a stream until the disk is full; then takes the last free bytes. */
  async fill(stream: number): Promise<void> {
    this.engine.createStream(stream);
    for (let batches = 0; this.engine.refusal === null; batches++) {
      assert.ok(batches < 2000, 'the disk gets full');
      const appended = runUntil(this.clock, append(this.engine, stream, { bodyBytes: 1000 }));
      await appended.catch((error: unknown) => {
        if (!(error instanceof StorageError) || error.code !== 'DISK_FULL') throw error;
      });
    }
    await this.pass(1000);
    this.disk.foreignBytes += Math.max(0, this.disk.freeBytes);
  }

  async keep(count: number): Promise<void> {
    if (!this.engine.has(KEEP)) this.engine.createStream(KEEP);
    for (let i = 0; i < count; i++) this.kept.push(await runUntil(this.clock, append(this.engine, KEEP)));
  }

  /** Fills a disk of `capacityBytes` with a little to keep and a lot to delete. */
  async fillAll(capacityBytes = 700_000): Promise<this> {
    this.disk.capacityBytes = capacityBytes;
    await this.keep(2);
    await this.fill(BIG);
    return this;
  }

  async pass(ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 50) {
      this.disk.fill();
      this.clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** There is space soon, what is kept is there, and appends are taken. */
  async assertSpace(): Promise<void> {
    await this.pass(SOON_MS);
    assert.equal(this.engine.refusal?.message ?? null, null, this.disk.paths().join(' '));
    await this.keep(1);
    assert.ok((await readAll(this.engine, KEEP)).equals(Buffer.concat(this.kept)));
    await runUntil(this.clock, this.engine.close());
  }
}

test('a deleted stream frees its files although the newest sealed one holds the checkpoint', async () => {
  const rig = await (await new Rig().open()).fillAll();
  await runUntil(rig.clock, rig.engine.deleteStream(BIG));
  await rig.assertSpace();
  assert.ok(rig.disk.usedBytes < 350_000, `${rig.disk.usedBytes} bytes are used`);
});

test('a journal with nothing to keep is freed whole, the file being written with it', async () => {
  const rig = await new Rig().open(512 * 1024);
  rig.disk.capacityBytes = rig.disk.usedBytes + 400_000;
  await rig.fill(BIG);
  await runUntil(rig.clock, rig.engine.trim(BIG, rig.engine.state(BIG).logEndOffset));
  await rig.assertSpace();
  assert.ok(rig.disk.usedBytes < 300_000, `${rig.disk.usedBytes} bytes are used`);
});

test('snapshots in dead files are carried on, also the largest that fits the journal', async () => {
  const rig = await new Rig().open();
  rig.disk.capacityBytes = 900_000;
  await rig.keep(1);
  const snapshot = Buffer.alloc(20_000, 7);
  rig.engine.writeSnapshot(KEEP, 1, snapshot);
  await rig.fill(BIG);
  await runUntil(rig.clock, rig.engine.trim(KEEP, 1));
  await runUntil(rig.clock, rig.engine.deleteStream(BIG));
  rig.kept.splice(0);
  await rig.pass(SOON_MS);
  assert.ok(snapshot.equals((await rig.engine.readSnapshot(KEEP))?.bytes ?? Buffer.alloc(0)));
  await rig.assertSpace();
});

test('the copy of the catalog in a dead file is moved as soon as the reserve has room for it', async () => {
  const rig = await new Rig().open(512 * 1024);
  const { engine } = rig;
  engine.createStream(CATALOG_STREAM, { internal: true });
  await runUntil(rig.clock, append(engine, CATALOG_STREAM, { bodyBytes: 2000 }));
  let refused = 0;
  engine.onCatalogPins(async () => {
    if (!engine.takesWhileFull(2000)) {
      refused += 1;
      return;
    }
    await append(engine, CATALOG_STREAM, { bodyBytes: 1900 });
    await engine.trim(CATALOG_STREAM, engine.state(CATALOG_STREAM).logEndOffset - 1);
  });
  rig.disk.capacityBytes = rig.disk.usedBytes + 400_000;
  await rig.fill(BIG);
  await runUntil(rig.clock, engine.deleteStream(BIG));
  await rig.pass(SOON_MS);
  await rig.assertSpace();
  assert.ok(refused > 0, 'the seal has taken all of the reserve at first');
  assert.ok(rig.disk.usedBytes < 300_000, `${rig.disk.usedBytes} bytes are used`);
});

test('a neighbour who takes every free byte does not keep deletions from being written, nor files from going', async () => {
  const rig = await (await new Rig().open()).fillAll();
  const files = rig.disk.paths().length;
  rig.disk.isGreedy = true;
  await runUntil(rig.clock, rig.engine.deleteStream(BIG));
  await rig.pass(SOON_MS);
  assert.ok(rig.disk.paths().length < files / 2, rig.disk.paths().join(' '));
  rig.disk.isGreedy = false;
  rig.disk.foreignBytes = 0;
  await rig.assertSpace();
});

test('a quota is a full disk, and the refusal says that there is room that may not be used', async () => {
  const rig = new Rig();
  rig.disk.isQuota = true;
  await (await rig.open()).fillAll();
  assert.match(
    rig.engine.refusal?.message ?? '',
    /0\.7 MB are free, but may not be used \(a quota\?\), 0\.1 MB must be/,
  );
  await runUntil(rig.clock, rig.engine.deleteStream(BIG));
  await rig.assertSpace();
});

test('a disk with room for less than the next writes need is full, without an end', async () => {
  const rig = await (await new Rig().open()).fillAll();
  rig.disk.foreignBytes -= 30_000;
  await rig.pass(20_000);
  assert.match(rig.engine.refusal?.message ?? '', /0\.0 MB are free, 0\.1 MB must be/);
  await runUntil(rig.clock, rig.engine.deleteStream(BIG));
  await rig.assertSpace();
});

test('the reserve grows with the streams, so that all of them can be deleted and their file be sealed', async () => {
  const rig = await new Rig().open();
  rig.disk.capacityBytes = 2_000_000;
  const streams = Array.from({ length: 2000 }, (_, i) => 10 + i);
  for (const stream of streams) rig.engine.createStream(stream);
  await rig.pass(1000);
  assert.ok(rig.disk.contents(RESERVE).length > 2000 * 56, 'a deletion has 56 bytes');
  await rig.fillAll(2_000_000);
  await runUntil(rig.clock, Promise.all([BIG, ...streams].map((stream) => rig.engine.deleteStream(stream))));
  await rig.assertSpace();
  assert.deepEqual([...rig.engine.streamIds()], [KEEP]);
});

test('the disk gets full and free again many times', async () => {
  const rig = await new Rig().open();
  await rig.keep(1);
  rig.disk.capacityBytes = 700_000;
  for (let round = 0; round < 5; round++) {
    await rig.fill(BIG + round);
    await runUntil(rig.clock, rig.engine.deleteStream(BIG + round));
    await rig.pass(SOON_MS);
    rig.disk.foreignBytes = 0;
    await rig.pass(1000);
    assert.equal(rig.engine.refusal, null, `round ${round}`);
  }
  await rig.assertSpace();
});

/** Brings a full disk to where it is freed, `turns` turns on. */
async function freeingFor(turns: number, isGreedy: boolean): Promise<Rig> {
  const rig = await (await new Rig().open()).fillAll();
  rig.disk.isGreedy = isGreedy;
  void rig.engine.deleteStream(BIG).catch(() => undefined);
  for (let turn = 0; turn < turns; turn++) await rig.pass(50);
  return rig;
}

/** Opens what a process has left, on a disk as full, and deletes again what a catalog would. */
async function assertFreedAfter(left: Rig, what: string): Promise<void> {
  const files = left.disk.afterKill();
  const disk = Object.assign(new SharedDisk(seededRandom(2)), { capacityBytes: left.disk.capacityBytes });
  for (const path of files.paths()) disk.put(path, files.contents(path));
  disk.foreignBytes = left.disk.foreignBytes;
  disk.isGreedy = left.disk.isGreedy;
  const rig = await new Rig(disk, left.kept).open();
  assert.ok((await readAll(rig.engine, KEEP)).equals(Buffer.concat(rig.kept)), what);
  if (rig.engine.has(BIG)) await runUntil(rig.clock, rig.engine.deleteStream(BIG));
  await rig.pass(SOON_MS);
  // Whatever the neighbour took in between stays taken: the files are gone, which is all we can do.
  assert.ok(rig.disk.paths().length < 9, `${what}: ${rig.disk.paths().join(' ')}`);
  disk.isGreedy = false;
  disk.foreignBytes = 0;
  await rig.assertSpace();
}

for (const isGreedy of [false, true]) {
  const how = isGreedy ? ', while a neighbour takes some of it' : '';
  test(`a kill at any moment of freeing leaves a disk that can be freed${how}`, async () => {
    for (let turns = 0; turns < 60; turns += 4) {
      const rig = await freeingFor(turns, isGreedy);
      await assertFreedAfter(rig, `killed after ${turns} turns`);
      rig.disk.foreignBytes = 0;
      await runUntil(rig.clock, rig.engine.close());
    }
  });

  test(`a clean stop at any moment of freeing leaves a disk that can be freed${how}`, async () => {
    for (let turns = 0; turns < 60; turns += 4) {
      const rig = await freeingFor(turns, isGreedy);
      await runUntil(rig.clock, rig.engine.close());
      await assertFreedAfter(rig, `stopped after ${turns} turns`);
    }
  });
}
