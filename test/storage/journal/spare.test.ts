/** A dead journal file that becomes the next one: who may see its old bytes (nobody), and when it goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Engine, EngineOptions } from '../../../src/storage/open-engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { entrySeed, journalFileName } from '../../../src/storage/format/format.ts';
import { JournalFile } from '../../../src/storage/index/journal-file.ts';
import { SpareFile } from '../../../src/storage/journal/spare.ts';
import { append, readAll } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { runUntil } from '../../support/run-clock.ts';

const FOLDER = '/data/journal';
const SPARE = `${FOLDER}/spare.recycled`;
const SEGMENT_BYTES = 8 * 1024;
/** Entries of 264 bytes: in a file full of them every place of a sector's end in an entry occurs. */
const BODY_BYTES = 147;
const FILE_BATCHES = 30;

function pathOf(sequence: number): string {
  return `${FOLDER}/${journalFileName(sequence)}`;
}

function open(disk: FaultyDisk, clock: ManualClock, options: Partial<EngineOptions> = {}): Promise<Engine> {
  return openEngine({
    dataDir: '/data',
    clusterId: 'spare',
    maxSegmentSize: SEGMENT_BYTES,
    cacheBytes: 0,
    deleteGraceMs: 0,
    files: disk,
    clock,
    random: seededRandom(3),
    ...options,
  });
}

async function turns(clock: ManualClock, count = 60): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    clock.advance(10);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** An engine, what it has of stream 1, and the number of the file being written. */
class Rig {
  readonly disk: FaultyDisk;
  readonly clock = new ManualClock();
  readonly batches: Buffer[] = [];
  engine!: Engine;

  constructor(disk = new FaultyDisk(seededRandom(1))) {
    this.disk = disk;
  }

  async open(options: Partial<EngineOptions> = {}): Promise<this> {
    this.engine = await runUntil(this.clock, open(this.disk, this.clock, options));
    if (!this.engine.has(1)) this.engine.createStream(1);
    return this;
  }

  /** Time stands still meanwhile: nothing is synced, and no file goes. */
  async append(count: number, bodyBytes = BODY_BYTES): Promise<void> {
    for (let i = 0; i < count; i++) this.batches.push(await append(this.engine, 1, { bodyBytes }));
  }

  /** Lets go of everything and waits for the files to go. */
  async trim(): Promise<void> {
    await runUntil(this.clock, this.engine.trim(1, this.batches.length));
    await turns(this.clock);
  }

  get journalFiles(): string[] {
    return this.disk.paths().filter((path) => path.endsWith('.wal'));
  }

  /** Comes to the point where a dead file full of batches is the spare, and the file being written is about to end. */
  async makeSpare(): Promise<Buffer> {
    await runUntil(this.clock, this.engine.seal()); // file 1 is too small to be kept
    await this.append(3 * FILE_BATCHES);
    await this.trim();
    return Buffer.from(this.disk.contents(SPARE));
  }

  /** Appends until the spare is the file being written; gives the path. */
  async takeSpare(): Promise<string> {
    const { journalFiles } = this;
    while (this.disk.paths().includes(SPARE)) await this.append(1);
    const path = this.journalFiles.at(-1) as string; // made ahead
    assert.ok(!journalFiles.includes(path));
    do await this.append(1);
    while (!this.disk.contents(path).includes(this.batches.at(-1) as Buffer));
    return path;
  }
}

/** A disk on which something happens while a file gets another name or goes. */
class BusyDisk extends FaultyDisk {
  onRename = async (): Promise<void> => {};
  onUnlink: (path: string) => void = () => {};

  override async rename(from: string, to: string): Promise<void> {
    await this.onRename();
    await super.rename(from, to);
  }

  override async unlink(path: string): Promise<void> {
    await super.unlink(path);
    this.onUnlink(path);
  }
}

/** A sealed file that no stream needs. */
function deadFile(disk: FaultyDisk, salt: number): JournalFile {
  const file = new JournalFile({ sequence: 7, path: pathOf(7), salt, createdMs: 0, startLsn: 0 });
  file.seal = { checkpointPosition: 5000, checkpointEnd: 5000, indexPosition: 5000, indexLength: 100 };
  file.written = 6000;
  disk.put(file.path, Buffer.alloc(6000, 1));
  return file;
}

async function assertPrefix(disk: FaultyDisk, batches: readonly Buffer[], message: string): Promise<number> {
  const clock = new ManualClock();
  const engine = await runUntil(clock, open(disk, clock));
  const { logStartOffset, logEndOffset } = engine.state(1);
  const expected = Buffer.concat(batches.slice(logStartOffset, logEndOffset));
  assert.ok((await readAll(engine, 1)).equals(expected), message);
  await runUntil(clock, engine.close());
  return logEndOffset;
}

test('one dead file is kept and becomes the next journal file, with its length as ready space', async () => {
  const rig = await new Rig().open();
  const old = await rig.makeSpare();
  assert.ok(old.length > SEGMENT_BYTES / 2);
  assert.equal(rig.disk.paths().filter((path) => path.includes('spare')).length, 1);
  const path = await rig.takeSpare();
  const taken = rig.disk.contents(path);
  assert.equal(taken.length, old.length);
  assert.ok(taken.subarray(4096).equals(old.subarray(4096)), 'its old bytes are the ready space');
  await rig.append(2 * FILE_BATCHES);
  const sealed = rig.disk.contents(path);
  assert.ok(sealed.length < SEGMENT_BYTES * 2);
  assert.ok((await readAll(rig.engine, 1)).equals(Buffer.concat(rig.batches.slice(3 * FILE_BATCHES))));
  await runUntil(rig.clock, rig.engine.close());
  assert.equal(await assertPrefix(rig.disk.afterKill(), rig.batches, 'after a stop'), rig.batches.length);
});

test('a clean stop cuts a recycled file to what was written in its new life', async () => {
  const rig = await new Rig().open();
  await rig.makeSpare();
  const path = await rig.takeSpare();
  await runUntil(rig.clock, rig.engine.close());
  assert.ok(rig.disk.contents(path).length < 2048);
  assert.equal(await assertPrefix(rig.disk.afterKill(), rig.batches, 'after a stop'), rig.batches.length);
});

test('a start after a kill ends at the new entries, and saves nothing of the earlier life aside', async () => {
  const rig = await new Rig().open();
  await rig.makeSpare();
  await rig.takeSpare();
  for (let i = 0; i < 10; i++) {
    await rig.append(1);
    const disk = rig.disk.afterKill();
    assert.equal(await assertPrefix(disk, rig.batches, `after ${i}`), rig.batches.length);
    assert.ok(!disk.paths().some((path) => path.endsWith('.broken')), disk.paths().join(' '));
  }
});

test('where new bytes did not arrive, no batch of the earlier life passes for a new one', async () => {
  const rig = await new Rig().open({ flushIntervalMs: 1e9 });
  const old = await rig.makeSpare();
  const path = await rig.takeSpare();
  await rig.append(FILE_BATCHES - 10);
  assert.equal(rig.journalFiles.at(-1), path);
  for (let sector = 512; sector < old.length; sector += 512) {
    const disk = rig.disk.afterKill();
    const torn = Buffer.from(disk.contents(path));
    old.copy(torn, sector, sector);
    disk.put(path, torn);
    await assertPrefix(disk, rig.batches, `torn at ${sector}`);
    const holed = rig.disk.afterKill();
    const bytes = Buffer.from(holed.contents(path));
    old.copy(bytes, sector, sector, sector + 512);
    holed.put(path, bytes);
    await assertPrefix(holed, rig.batches, `hole at ${sector}`);
  }
});

for (const death of ['kill', 'power'] as const) {
  test(`a ${death} at any step of making, taking and filling spares leaves one prefix`, async () => {
    const cycles = async (crashAt: number): Promise<Rig> => {
      const rig = new Rig(new FaultyDisk(seededRandom(crashAt)));
      rig.disk.crashAt = crashAt;
      try {
        await rig.open({ flushIntervalMs: 50 });
        for (let cycle = 0; cycle < 3 && !rig.disk.hasCrashed; cycle++) {
          await rig.append(cycle === 0 ? 3 * FILE_BATCHES : FILE_BATCHES);
          await rig.trim();
        }
      } catch (error) {
        if (!rig.disk.hasCrashed) throw error;
      }
      return rig;
    };
    const whole = await cycles(Number.MAX_SAFE_INTEGER);
    assert.ok((whole.disk.counts.get('rename') ?? 0) >= 4, 'spares are made and taken');
    for (let crashAt = 1; crashAt <= whole.disk.steps; crashAt++) {
      const { disk, batches } = await cycles(crashAt);
      const left = death === 'kill' ? disk.afterKill() : disk.afterPowerCut();
      const rig = await new Rig(left).open();
      const { logStartOffset, logEndOffset } = rig.engine.state(1);
      // The one that was being appended is not among those acknowledged.
      if (death === 'kill') assert.ok(logEndOffset >= batches.length, `step ${crashAt}`);
      const bytes = await readAll(rig.engine, 1);
      const expected = Buffer.concat(whole.batches.slice(logStartOffset, logEndOffset));
      assert.ok(bytes.equals(expected), `step ${crashAt}`);
      assert.ok(!left.paths().includes(SPARE), 'a start knows no spare');
      rig.batches.push(...whole.batches.slice(0, logEndOffset));
      await rig.append(2);
      await assertPrefix(left.afterKill(), rig.batches, `step ${crashAt}, again`);
      await runUntil(rig.clock, rig.engine.close());
    }
  });
}

test('no entry of the earlier life has the seed of a new one at its place', async () => {
  const random = seededRandom(11);
  for (let i = 0; i < 100; i++) {
    const disk = new FaultyDisk(random);
    const dead = deadFile(disk, random.int(2 ** 32));
    const spare = new SpareFile({ files: disk, folder: FOLDER, maxSegmentSize: SEGMENT_BYTES }, () => true);
    await spare.keep(dead);
    for (const drawn of [dead.salt, dead.salt ^ 0x8000_0000, random.int(2 ** 32), random.int(2 ** 32)]) {
      const salt = spare.saltApart(drawn >>> 0);
      for (let n = 0; n < 200; n++) {
        const position = 128 + 8 * random.int(2 ** 28);
        assert.notEqual(entrySeed(salt, position), entrySeed(dead.salt, position));
      }
    }
  }
});

test('a file that is too small, or was made for one large entry, is not kept', async () => {
  const rig = await new Rig().open();
  for (const bodyBytes of [10, 3 * SEGMENT_BYTES]) {
    await rig.append(1, bodyBytes);
    await runUntil(rig.clock, rig.engine.seal());
    await rig.append(1);
    await runUntil(rig.clock, rig.engine.seal());
    await rig.trim();
    assert.ok(!rig.disk.paths().includes(SPARE));
  }
  await runUntil(rig.clock, rig.engine.close());
});

test('a file that a reader still holds, or opens by its old name meanwhile, is left as it was', async () => {
  const rig = await new Rig().open();
  await runUntil(rig.clock, rig.engine.seal());
  await rig.append(FILE_BATCHES);
  const read = await rig.engine.read({ stream: 1, offset: 0, endOffset: 10, maxBytes: 4000, atLeastOne: true });
  await rig.append(FILE_BATCHES);
  const held = rig.journalFiles.find((path) => rig.disk.contents(path).includes(rig.batches[0] as Buffer)) as string;
  await rig.trim();
  assert.ok(rig.disk.paths().includes(held));
  const [part] = read.parts;
  const slices = (await part?.load()) ?? [];
  assert.ok(Buffer.concat(slices.map(({ bytes }) => bytes)).includes(rig.batches[0] as Buffer));
  for (const { owner } of slices) owner.release();
  for (const each of read.parts) each.release();
  await rig.append(1);
  await rig.trim();
  assert.ok(!rig.disk.paths().includes(held));
  await runUntil(rig.clock, rig.engine.close());

  const disk = new BusyDisk(seededRandom(1));
  const file = deadFile(disk, 1);
  const spare = new SpareFile({ files: disk, folder: FOLDER, maxSegmentSize: SEGMENT_BYTES }, () => true);
  disk.onRename = async () => {
    file.handle = await disk.open(file.path, 'read');
  };
  assert.equal(await spare.keep(file), true);
  assert.deepEqual(disk.paths(), []);
});

test('a full disk takes the spare first, and then there is space', async () => {
  const disk = new BusyDisk(seededRandom(1));
  const rig = await new Rig(disk).open();
  await rig.makeSpare();
  disk.failing.set('write', 'ENOSPC');
  disk.onUnlink = (path) => {
    if (path === SPARE) disk.failing.clear();
  };
  const { engine, clock } = rig;
  await assert.rejects(append(engine, 1), { code: 'DISK_FULL' });
  assert.equal(engine.refusal?.code, 'DISK_FULL');
  assert.deepEqual(
    disk.paths().filter((path) => !path.endsWith('.wal')),
    [`${FOLDER}/reserve`],
  );
  await turns(clock);
  assert.equal(engine.refusal, null);
  await rig.append(5);
  assert.equal(await assertPrefix(disk.afterKill(), rig.batches, 'after a kill'), rig.batches.length);
});

test('who else finds the disk full gets the spare, then what the reserve has, then nothing', async () => {
  const rig = await new Rig().open();
  await rig.makeSpare();
  const { disk, engine, clock } = rig;
  const others = (): string[] => disk.paths().filter((path) => !path.endsWith('.wal'));
  assert.equal(await engine.makeRoom(), true);
  assert.deepEqual(others(), [`${FOLDER}/reserve`]);
  assert.equal(engine.refusal, null, 'the journal itself has room');
  await rig.append(1);

  disk.capacityBytes = 0;
  assert.equal(await engine.makeRoom(), true);
  assert.equal(disk.contents(`${FOLDER}/reserve`).length, 0);
  await assert.rejects(append(engine, 1), { code: 'DISK_FULL' }, 'until the reserve can be made again');
  assert.equal(await engine.makeRoom(), false);
  disk.capacityBytes = Number.POSITIVE_INFINITY;
  await turns(clock);
  assert.equal(engine.refusal, null);
  assert.deepEqual(others(), [`${FOLDER}/reserve`]);
  await rig.append(5);
  assert.equal(await assertPrefix(disk.afterKill(), rig.batches, 'after a kill'), rig.batches.length);
});

test('no spare is kept while the disk is full', async () => {
  const rig = await new Rig().open();
  await runUntil(rig.clock, rig.engine.seal());
  await rig.append(3 * FILE_BATCHES);
  const { disk, engine, clock } = rig;
  disk.capacityBytes = disk.usedBytes;
  disk.failing.set('write', 'ENOSPC');
  await assert.rejects(append(engine, 1), { code: 'DISK_FULL' });
  disk.failing.clear();
  const files = rig.journalFiles.length;
  await runUntil(clock, engine.trim(1, rig.batches.length));
  await turns(clock, 20);
  assert.equal(engine.refusal?.code, 'DISK_FULL');
  assert.ok(rig.journalFiles.length < files);
  assert.ok(!disk.paths().includes(SPARE));
});

test('a start deletes a spare and needs none, also where everything else it could use is gone', async () => {
  const rig = await new Rig().open();
  await rig.makeSpare();
  for (const isFull of [false, true]) {
    const disk = rig.disk.afterKill();
    if (isFull) disk.capacityBytes = disk.usedBytes;
    assert.equal(await assertPrefix(disk, rig.batches, 'opened'), rig.batches.length);
    assert.ok(!disk.paths().includes(SPARE));
  }
});

test('a spare that somebody deleted is not missed', async () => {
  const rig = await new Rig().open();
  await rig.makeSpare();
  await rig.disk.unlink(SPARE);
  await rig.append(2 * FILE_BATCHES);
  assert.equal(rig.engine.refusal, null);
  assert.equal(await assertPrefix(rig.disk.afterKill(), rig.batches, 'after a kill'), rig.batches.length);
});
