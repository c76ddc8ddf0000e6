/** What a start makes of damaged, torn, foreign and reused files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Engine, EngineOptions } from '../../../src/storage/open-engine.ts';
import { openEngine } from '../../../src/storage/open-engine.ts';
import { append, readAll } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { runUntil, turns } from '../../support/run-clock.ts';
import { Witness } from '../../support/witness.ts';

const FIRST = '/data/journal/00000000000000000001.wal';
const SECOND = '/data/journal/00000000000000000002.wal';

const clock = new ManualClock();

function open(disk: FaultyDisk, options: Partial<EngineOptions> = {}): Promise<Engine> {
  return openEngine({
    dataDir: '/data',
    clusterId: 'recovery',
    files: disk,
    clock,
    maxSegmentSize: 64 * 1024,
    ...options,
  });
}

function run<T>(promise: Promise<T>): Promise<T> {
  return runUntil(clock, promise);
}

/** A disk on which a stream has `count` batches of 161 bytes, each written and (optionally) synced by itself. */
async function written(
  count: number,
  synced: boolean,
  options: Partial<EngineOptions> = {},
): Promise<[FaultyDisk, Buffer[]]> {
  const disk = new FaultyDisk(seededRandom(5));
  const engine = await open(disk, { ...options, durability: synced ? 'fsync' : 'os', flushIntervalMs: 1e9 });
  engine.createStream(1);
  const batches: Buffer[] = [];
  for (let i = 0; i < count; i++) batches.push(await run(append(engine, 1, { bodyBytes: 100 })));
  return [disk, batches];
}

function damage(disk: FaultyDisk, path: string, change: (bytes: Buffer) => Buffer | void): FaultyDisk {
  const after = disk.afterKill();
  const bytes = Buffer.from(after.contents(path));
  after.put(path, change(bytes) ?? bytes);
  return after;
}

/** Position of a batch's entry in a file, from its body. */
function positionOf(disk: FaultyDisk, path: string, batch: Buffer): number {
  const at = disk.contents(path).indexOf(batch);
  assert.ok(at > 0);
  return at - 56;
}

test('a torn last batch is cut off and saved aside', async () => {
  const [disk, batches] = await written(10, false);
  const at = positionOf(disk, FIRST, batches[9] as Buffer);
  const torn = damage(disk, FIRST, (bytes) => void bytes.fill(0, at + 100, at + 56 + 161));
  const engine = await open(torn);
  assert.ok((await readAll(engine, 1)).equals(Buffer.concat(batches.slice(0, 9))));
  const end = positionOf(disk, FIRST, batches[8] as Buffer) + 56 + 161;
  const aside = `${FIRST}.${end}.broken`;
  assert.deepEqual(
    torn.paths().filter((path) => path.endsWith('.broken')),
    [aside],
  );
  assert.deepEqual(
    torn.contents(aside).subarray(at - end, at - end + 100),
    disk.contents(FIRST).subarray(at, at + 100),
  );
  const next = await run(append(engine, 1));
  await run(engine.close());
  const again = await open(torn.afterKill());
  assert.ok((await readAll(again, 1)).equals(Buffer.concat([...batches.slice(0, 9), next])));
});

test('a file cut anywhere gives the batches before', async () => {
  const [disk, batches] = await written(3, false);
  const ends = batches.map((batch) => positionOf(disk, FIRST, batch) + 56 + 161);
  for (let length = 0; length <= (ends[2] as number) + 2; length += 3) {
    const engine = await open(damage(disk, FIRST, (bytes) => bytes.subarray(0, length)));
    const whole = batches.filter((_, i) => (ends[i] as number) <= length);
    const read = engine.has(1) ? await readAll(engine, 1) : Buffer.alloc(0);
    assert.ok(read.equals(Buffer.concat(whole)), `${read.length} bytes of a file cut to ${length}`);
  }
});

test('a file that is cut before a place that was noted to be on the device refuses the start after a kill', async () => {
  const witness = new Witness(null);
  const disk = new FaultyDisk(seededRandom(5));
  const engine = await open(disk, { witness, flushIntervalMs: 10 });
  engine.createStream(1);
  const batches: Buffer[] = [];
  for (let i = 0; i < 10; i++) batches.push(await run(append(engine, 1, { bodyBytes: 100 })));
  await run(engine.flush());
  assert.equal(witness.end, null, 'not noted each time');
  clock.advance(1000);
  await turns(1);
  const noted = engine.end;
  assert.deepEqual(witness.end, noted);
  batches.push(await run(append(engine, 1, { bodyBytes: 100 })));
  const position = noted.position as number;

  const behind = damage(disk, FIRST, (bytes) => bytes.subarray(0, position));
  const cutBehind = await open(behind, { witness: new Witness(noted) });
  assert.ok((await readAll(cutBehind, 1)).equals(Buffer.concat(batches.slice(0, 10))));
  const before = damage(disk, FIRST, (bytes) => bytes.subarray(0, position - 1));
  await assert.rejects(open(before, { witness: new Witness(noted) }), {
    code: 'CORRUPT',
    message: new RegExp(`${FIRST} ends at position \\d+, but the journal went on to ${position} of`),
  });
  assert.equal(before.contents(FIRST).length, position - 1, 'a refused start changes nothing');
});

test('a hole in what was never synced ends the journal there, even with sound entries behind it', async () => {
  const [disk, batches] = await written(10, false);
  const at = positionOf(disk, FIRST, batches[4] as Buffer);
  const holed = damage(disk, FIRST, (bytes) => void bytes.fill(0, at, at + 56 + 161));
  const engine = await open(holed);
  assert.ok((await readAll(engine, 1)).equals(Buffer.concat(batches.slice(0, 4))));
  // The batches behind the hole must not come back when the hole is filled with one of the same size.
  await run(append(engine, 1, { bodyBytes: 100 }));
  const again = await open(holed.afterKill());
  assert.equal(again.state(1).logEndOffset, 5);
});

for (const part of ['header', 'payload'] as const) {
  test(`a damaged ${part} in what was synced refuses the start, with file and position`, async () => {
    const [disk, batches] = await written(10, true);
    const at = positionOf(disk, FIRST, batches[4] as Buffer);
    const damaged = damage(disk, FIRST, (bytes) => {
      const target = part === 'header' ? at + 20 : at + 56 + 90;
      bytes[target] = (bytes[target] as number) ^ 0x10;
    });
    await assert.rejects(open(damaged), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'CORRUPT');
      assert.match(error.message, /0001\.wal/);
      assert.match(error.message, /restore the file/);
      return true;
    });
    assert.ok(
      damaged.paths().every((path) => !path.endsWith('.broken')),
      'nothing was moved',
    );
  });
}

test('a sealed file that is missing is noticed at the start', async () => {
  const [disk] = await written(200, true, { maxSegmentSize: 8192 });
  const missing = disk.afterKill();
  await missing.unlink(FIRST);
  await assert.rejects(open(missing, { maxSegmentSize: 8192 }), /0001\.wal is missing/);
});

test('bytes of a file’s earlier life never parse', async () => {
  const [disk, batches] = await written(20, false);
  const old = Buffer.from(disk.contents(FIRST));
  const reused = new FaultyDisk(seededRandom(99));
  const engine = await open(reused, { random: seededRandom(1234) });
  engine.createStream(1);
  // As long as two entries of the earlier life, so that the third begins where the next one is looked for.
  const fresh = await run(append(engine, 1, { bodyBytes: 331 }));
  const after = damage(reused, FIRST, (bytes) => {
    const recycled = Buffer.from(old);
    bytes.copy(recycled, 0, 0, 128 + 64 + 56 + fresh.length);
    return recycled;
  });
  const end = positionOf(reused, FIRST, fresh) + 56 + fresh.length;
  assert.equal(positionOf(after, FIRST, batches[2] as Buffer), end);
  const again = await open(after);
  assert.ok((await readAll(again, 1)).equals(fresh));
  assert.ok(!after.paths().some((path) => path.endsWith('.broken')), 'nor are they taken for the end of a journal');
});

test('a file of another cluster or of a newer format is refused with a clear line', async () => {
  const [disk] = await written(3, false);
  await assert.rejects(
    open(disk.afterKill(), { clusterId: 'other' }),
    /is of cluster recovery, catalog.db of cluster other/,
  );
  const newer = damage(disk, FIRST, (bytes) => void bytes.writeUInt16LE(9, 8));
  await assert.rejects(open(newer), /written by a newer version/);
  const broken = damage(disk, FIRST, (bytes) => void bytes.fill(0x55, 0, 64));
  await assert.rejects(open(broken), /file header is damaged/);
});

test('a file that was only being made is made again', async () => {
  const [disk, batches] = await written(3, false);
  const torn = Buffer.alloc(8192);
  disk.contents(FIRST).copy(torn, 0, 0, 40);
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(50), Buffer.alloc(8192), torn]) {
    const after = disk.afterKill();
    after.put(SECOND, bytes);
    const engine = await open(after);
    assert.ok((await readAll(engine, 1)).equals(Buffer.concat(batches)));
    assert.ok(!after.paths().some((path) => path.endsWith('.broken')));
    await run(engine.close());
    assert.equal(after.openFiles, 0);
  }
});

test('a clean stop seals a large last file, and the next start goes by its checkpoint', async () => {
  const [disk, batches] = await written(3, false);
  const stopped = disk.afterKill();
  const engine = await open(stopped, { maxSegmentSize: 1e8 });
  for (let i = 0; i < 20; i++) batches.push(await run(append(engine, 1, { bodyBytes: 1_000_000 })));
  await run(engine.close());
  assert.equal(engine.refusal?.code, 'CLOSED');
  assert.throws(() => engine.createStream(9), { code: 'CLOSED' });
  const damaged = damage(stopped, FIRST, (bytes) => void bytes.fill(0, 1000, 1100));
  const again = await open(damaged);
  assert.equal(again.state(1).logEndOffset, 23, 'the sealed file was not read');
  const whole = await open(stopped.afterKill());
  assert.ok((await readAll(whole, 1)).equals(Buffer.concat(batches)));
});

test('many starts in a row leave few files', async () => {
  let disk = new FaultyDisk(seededRandom(3));
  const batches: Buffer[] = [];
  for (let i = 0; i < 30; i++) {
    const engine = await open(disk);
    engine.createStream(1);
    batches.push(await run(append(engine, 1)));
    if (i % 3 > 0) await run(engine.close());
    disk = disk.afterKill();
  }
  const engine = await open(disk);
  assert.ok((await readAll(engine, 1)).equals(Buffer.concat(batches)));
  assert.ok(disk.paths().length <= 3, disk.paths().join(' '));
});

const SIXTEEN_KIB = { maxSegmentSize: 16 * 1024, flushIntervalMs: 1e9 };

const pathOf = (sequence: number): string => FIRST.replace('1.wal', `${sequence}.wal`);

/** Four files of which the first alone has a checkpoint, and what is written first into the second. */
async function fourFiles(): Promise<{ disk: FaultyDisk; second: Buffer }> {
  const disk = new FaultyDisk(seededRandom(5));
  const engine = await open(disk, SIXTEEN_KIB);
  // So many, and files so short, that only the first seal has a checkpoint, and a start reads all files behind it.
  for (let stream = 1; stream <= 200; stream++) engine.createStream(stream);
  // Time stands still meanwhile, so that nothing is synced.
  await append(engine, 1);
  await engine.seal();
  const second = await append(engine, 1);
  await engine.seal();
  await append(engine, 1);
  await engine.seal();
  await append(engine, 1);
  await run(engine.flush());
  // Only now, in the fourth file, the journal says that it is on the device.
  await append(engine, 1);
  return { disk, second };
}

/** Refused with these words, and without a file moved. */
async function assertRefused(damaged: FaultyDisk, message: RegExp): Promise<void> {
  const before = damaged.paths();
  await assert.rejects(open(damaged, SIXTEEN_KIB), { code: 'CORRUPT', message });
  assert.deepEqual(damaged.paths(), before);
  assert.equal(damaged.openFiles, 0);
}

test('a start that is refused for what a later file says moves no file before it', async () => {
  const { disk, second } = await fourFiles();
  const at = positionOf(disk, SECOND, second);
  const damaged = damage(disk, SECOND, (bytes) => void bytes.fill(0xaa, at, at + 56));
  await assertRefused(damaged, /Acknowledged records would be lost/);
});

test('a journal without its beginning, or with a gap, is refused and names the file', async () => {
  const { disk } = await fourFiles();
  for (const [gone, message] of [
    [
      FIRST,
      /starts with file 2 and none has a sound checkpoint; restore 0+2\.wal, if its end is cut off, or the older files/,
    ],
    [SECOND, /0002\.wal is missing/],
    [pathOf(3), /0003\.wal is missing/],
  ] as const) {
    const left = disk.afterKill();
    await left.unlink(gone);
    await assertRefused(left, message);
  }
});
