/** What streams can do beyond append and read: trim, retention, searches, snapshots, deletion, and space coming back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { Engine, EngineOptions } from '../../src/storage/open-engine.ts';
import { openEngine } from '../../src/storage/open-engine.ts';
import { SCANNED_BYTES, type RetentionPolicy } from '../../src/storage/types.ts';
import type { AppendOptions } from '../support/batches.ts';
import { append, readAll, readOnce } from '../support/batches.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { runUntil } from '../support/run-clock.ts';

const SEGMENT_BYTES = 16 * 1024;
const KEEP_ALL: RetentionPolicy = {
  retentionMs: -1,
  retentionBytes: -1,
  segmentBytes: 1_000_000,
  segmentMs: 1_000_000_000,
};

class Fixture implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly disk: FaultyDisk;
  readonly options: Partial<EngineOptions>;
  engine!: Engine;

  constructor(options: Partial<EngineOptions>, disk = new FaultyDisk(seededRandom(1))) {
    this.options = options;
    this.disk = disk;
  }

  static async open(options: Partial<EngineOptions> = {}): Promise<Fixture> {
    const fixture = new Fixture(options);
    await fixture.start();
    return fixture;
  }

  async start(): Promise<void> {
    const { clock, disk, options } = this;
    this.engine = await openEngine({
      dataDir: '/data',
      clusterId: 'streams',
      maxSegmentSize: SEGMENT_BYTES,
      files: disk,
      clock,
      deleteGraceMs: 0,
      ...options,
    });
  }

  async restart(): Promise<void> {
    await this.run(this.engine.close());
    await this.start();
  }

  /** Lets the clock run until `promise` is settled. */
  run<T>(promise: Promise<T>): Promise<T> {
    return runUntil(this.clock, promise);
  }

  async turns(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async append(stream: number, count: number, options: AppendOptions = {}): Promise<Buffer[]> {
    return await this.run(Promise.all(Array.from({ length: count }, () => append(this.engine, stream, options))));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run(this.engine.close());
  }
}

test('a trim moves the log start at once, holds over a restart, and nothing below is read', async () => {
  await using f = await Fixture.open();
  f.engine.createStream(1);
  const batches = await f.append(1, 50, { records: 2, bodyBytes: 900 });
  const trimmed = f.engine.trim(1, 41);
  assert.equal(f.engine.state(1).logStartOffset, 41);
  await f.run(trimmed);
  const live = batches.slice(20).reduce((sum, batch) => sum + batch.length, 0);
  for (let round = 0; round < 2; round++) {
    assert.equal(f.engine.state(1).logStartOffset, 41);
    assert.equal(f.engine.state(1).liveBytes, live);
    assert.equal((await readOnce(f.engine, 1, 0)).startOffset, 40);
    await f.restart();
  }
  await f.run(f.engine.trim(1, 10));
  assert.equal(f.engine.state(1).logStartOffset, 41, 'it never goes back');
});

test('what is acknowledged while the engine closes is there at the next start', async () => {
  const seen = new Set<string>();
  for (let turns = 0; turns < 12; turns++) {
    const f = await Fixture.open();
    f.engine.createStream(1);
    f.engine.createStream(2);
    await f.append(1, 5, { bodyBytes: 100 });
    const outcomes: Array<Promise<boolean>> = [];
    const note = (done: Promise<void>): void => {
      outcomes.push(
        done.then(
          () => true,
          () => false,
        ),
      );
    };
    note(f.engine.trim(1, 3));
    for (let i = 0; i < turns; i++) await Promise.resolve();
    note(f.engine.deleteStream(2));
    await f.run(f.engine.close());
    const [isTrimmed, isDeleted] = await Promise.all(outcomes);
    seen.add(`trimmed ${isTrimmed}`).add(`deleted ${isDeleted}`);
    await f.start();
    if (isTrimmed === true) assert.equal(f.engine.state(1).logStartOffset, 3);
    if (isDeleted === true) assert.equal(f.engine.has(2), false);
    assert.equal(f.engine.state(1).logEndOffset, 5);
    await f.run(f.engine.close());
  }
  assert.ok(seen.has('trimmed true') && seen.has('deleted true'), [...seen].join(', '));
});

test('journal files go when no stream needs them, and the directory shrinks', async () => {
  await using f = await Fixture.open();
  f.engine.createStream(1);
  f.engine.createStream(2);
  await f.append(2, 1, { bodyBytes: 100 });
  for (let i = 0; i < 20; i++) await f.append(1, 10, { bodyBytes: 900 });
  const before = f.engine.stats();
  assert.ok(before.journalFiles > 10);
  await f.run(f.engine.trim(1, 200));
  await f.turns(50);
  assert.ok(f.engine.stats().journalFiles < before.journalFiles, 'dead files went');
  assert.ok(f.engine.stats().journalFiles >= 3, 'the file with the live batch stays');
  const files = f.disk.paths().filter((path) => path.endsWith('.wal'));
  assert.equal(files.length, f.engine.stats().journalFiles);
  await f.restart();
  assert.equal((await readAll(f.engine, 2)).length, 161);
  assert.equal(f.engine.state(1).logStartOffset, 200);
  await f.run(f.engine.trim(2, 1));
  await f.append(1, 20, { bodyBytes: 900 });
  await f.turns(50);
  assert.ok(f.disk.paths().filter((path) => path.endsWith('.wal')).length <= 4);
});

test('a file is not deleted while a part of it is being sent', async () => {
  await using f = await Fixture.open({ cacheBytes: 0 });
  f.engine.createStream(1);
  const [first] = await f.append(1, 60, { bodyBytes: 900 });
  const read = await f.engine.read({ stream: 1, offset: 0, endOffset: 60, maxBytes: 900, atLeastOne: true });
  await f.run(f.engine.trim(1, 60));
  await f.append(1, 20, { bodyBytes: 900 });
  await f.turns(50);
  const [part] = read.parts;
  const slices = (await part?.load()) ?? [];
  assert.ok(Buffer.concat(slices.map(({ bytes }) => bytes)).equals(first as Buffer));
  const before = f.engine.stats().journalFiles;
  for (const { owner } of slices) owner.release();
  part?.release();
  await f.turns(100);
  assert.ok(f.engine.stats().journalFiles < before, 'it goes when the part is sent, whatever else happens');
});

test('what dies while dead files are being looked for is not forgotten', async () => {
  await using f = await Fixture.open();
  f.engine.createStream(1);
  f.engine.createStream(2);
  await f.append(1, 60, { bodyBytes: 900 });
  await f.append(2, 60, { bodyBytes: 900 });
  await f.turns(20);
  await f.run(f.engine.flush());
  f.disk.stall();
  await f.engine.trim(1, 60);
  await f.turns(10); // the first removal waits for the device
  void f.engine.trim(2, 60).then(() => f.disk.stall()); // and then the second
  f.disk.unstall();
  await f.turns(30);
  f.disk.unstall();
  await f.turns(50);
  assert.ok(f.engine.stats().journalFiles <= 3, `${f.engine.stats().journalFiles} files`);
});

test('a deleted stream is gone for good, and its space comes back', async () => {
  await using f = await Fixture.open();
  f.engine.createStream(1);
  f.engine.createStream(2);
  await f.append(1, 60, { bodyBytes: 900 });
  const [kept] = await f.append(2, 1);
  await f.run(f.engine.deleteStream(1));
  assert.throws(() => f.engine.state(1), { code: 'NOT_FOUND' });
  await f.append(2, 30, { bodyBytes: 900 });
  await f.turns(50);
  assert.ok(f.engine.stats().journalFiles <= 4);
  await f.restart();
  assert.throws(() => f.engine.state(1), { code: 'NOT_FOUND' });
  assert.ok((await readOnce(f.engine, 2, 0, { maxBytes: 1 })).bytes.equals(kept as Buffer));
});

test('snapshots are read back, the newest counts, and they survive the file they were in', async () => {
  await using f = await Fixture.open();
  f.engine.createStream(1);
  f.engine.createStream(2);
  assert.equal(await f.engine.readSnapshot(1), null);
  f.engine.writeSnapshot(1, 3, Buffer.from('old'));
  f.engine.writeSnapshot(1, 5, Buffer.from('new'));
  assert.equal((await f.engine.readSnapshot(1))?.bytes.toString(), 'new');
  await f.append(2, 60, { bodyBytes: 900 });
  await f.run(f.engine.trim(2, 60));
  await f.append(2, 40, { bodyBytes: 900 });
  await f.run(f.engine.trim(2, 100));
  await f.turns(100);
  assert.ok((await f.disk.list('/data/journal')).every((name) => !name.startsWith('00000000000000000001')));
  await f.restart();
  const snapshot = await f.engine.readSnapshot(1);
  assert.deepEqual([snapshot?.offset, snapshot?.bytes.toString()], [5, 'new']);
});

test('batches are found by timestamp, also those that came late', async () => {
  await using f = await Fixture.open();
  f.engine.createStream(1);
  f.engine.createStream(2);
  const times = [1000, 1500, 1200, 90_000, 91_000, 50_000, 200_000];
  for (const [i, maxTimestampMs] of times.entries()) {
    await f.append(1, 1, { maxTimestampMs, records: 2, bodyBytes: 3000 });
    await f.append(2, 1, { maxTimestampMs: 300_000 + i, bodyBytes: 3000 });
  }
  const find = async (timestampMs: number, from = 0, end = 14): Promise<number | undefined> =>
    (await f.engine.findByTimestamp(1, timestampMs, from, end))?.baseOffset;
  for (let round = 0; round < 2; round++) {
    assert.equal(await find(0), 0);
    assert.equal(await find(1001), 2);
    assert.equal(await find(1501), 6);
    assert.equal(await find(1501, 7), 6, 'the batch that holds the offset counts');
    assert.equal(await find(1501, 8), 8);
    assert.equal(await find(95_000), 12);
    assert.equal(await find(95_000, 0, 13), undefined, 'a batch must end before the bound');
    assert.equal(await find(200_001), undefined);
    assert.equal((await f.engine.findMaxTimestamp(1, 14))?.baseOffset, 12);
    assert.equal((await f.engine.findMaxTimestamp(1, 12))?.baseOffset, 8);
    assert.equal((await f.engine.findMaxTimestamp(1, 4))?.baseOffset, 2);
    assert.equal(await f.engine.findMaxTimestamp(1, 1), null);
    await f.restart();
  }
});

test('the largest timestamp is one of what is left', async () => {
  await using f = await Fixture.open();
  f.engine.createStream(1);
  for (const maxTimestampMs of [3000, 1000, 2000, 1500]) await f.append(1, 1, { maxTimestampMs });
  await f.engine.trim(1, 1);
  for (let round = 0; round < 2; round++) {
    assert.equal((await f.engine.findMaxTimestamp(1, 4))?.baseOffset, 2);
    assert.equal((await f.engine.findMaxTimestamp(1, 2))?.baseOffset, 1);
    await f.restart();
  }
});

test('leader epochs and batch headers are told for the data that is there', async () => {
  await using f = await Fixture.open({ indexCacheBytes: 1 });
  f.engine.createStream(1);
  await f.append(1, 30, { leaderEpoch: 1, bodyBytes: 900 });
  await f.append(1, 30, { leaderEpoch: 4, bodyBytes: 900 });
  await f.append(1, 5, { leaderEpoch: 5, bodyBytes: 70_000 });
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(await f.engine.leaderEpochs(1), [
      { leaderEpoch: 1, startOffset: 0 },
      { leaderEpoch: 4, startOffset: 30 },
      { leaderEpoch: 5, startOffset: 60 },
    ]);
    const offsets: number[] = [];
    await f.engine.scanHeaders(1, 25, (header) => {
      assert.equal(header.length, SCANNED_BYTES);
      offsets.push(Number(header.readBigInt64BE(0)));
    });
    assert.deepEqual(
      offsets,
      Array.from({ length: 40 }, (_, i) => 25 + i),
    );
    await f.restart();
  }
  await f.run(f.engine.trim(1, 35));
  assert.deepEqual(await f.engine.leaderEpochs(1), [
    { leaderEpoch: 4, startOffset: 35 },
    { leaderEpoch: 5, startOffset: 60 },
  ]);
});

test('a stream that is deleted before its creation is written does not come back with it', async () => {
  await using f = await Fixture.open({ maxSegmentSize: 64 * 1024 });
  f.engine.createStream(1);
  await f.append(1, 1);
  f.disk.stall();
  const appends = [append(f.engine, 1, { bodyBytes: 300_000 })]; // on a thread
  f.engine.createStream(2);
  appends.push(append(f.engine, 2));
  for (let i = 0; i < 3; i++) appends.push(append(f.engine, 1, { bodyBytes: 40_000 })); // files of their own
  const deleted = f.engine.deleteStream(2);
  f.disk.unstall();
  await appends[1];
  assert.equal(f.engine.has(2), false);
  await f.run(Promise.all([...appends, deleted]));
});

test('starts agree about a stream that was made while a file was sealed, however soon the process died', async () => {
  for (let crashAt = 0; crashAt < 40; crashAt++) {
    const f = await Fixture.open();
    f.engine.createStream(1);
    await f.append(1, 1);
    f.disk.crashAt = f.disk.steps + crashAt;
    const left = Promise.allSettled([f.engine.seal(), append(f.engine, 1)]);
    f.engine.createStream(2);
    await f.turns(20);
    await f.run(left);
    await f.run(f.engine.close()).catch(() => undefined);
    const known: boolean[] = [];
    let { disk } = f;
    for (let life = 0; life < 3; life++) {
      await using next = new Fixture({}, (disk = disk.afterKill()));
      await next.start();
      known.push(next.engine.has(2));
      await next.append(1, 1); // by which the seal is known to be on the device
    }
    assert.deepEqual(new Set(known).size, 1, `died at step ${crashAt}: ${known.join()}`);
  }
});

test('retention by size drops whole virtual segments while what is left is enough', async () => {
  await using f = await Fixture.open();
  f.engine.createStream(1);
  const batches = await f.append(1, 100, { bodyBytes: 939 }); // 1000 bytes each
  assert.equal(batches[0]?.length, 1000);
  const point = (retentionBytes: number, segmentBytes: number, endOffset = 100): Promise<number> =>
    f.engine.retentionPoint(1, { ...KEEP_ALL, retentionBytes, segmentBytes }, 0, endOffset);
  assert.equal(await point(-1, 10_000), 0);
  assert.equal(await point(100_000, 10_000), 0);
  assert.equal(await point(50_000, 10_000), 50);
  assert.equal(await point(45_000, 10_000), 50);
  assert.equal(await point(55_000, 10_000), 40);
  assert.equal(await point(55_000, 10_500), 40, 'a batch is never split');
  assert.equal(await point(0, 10_000), 100);
  assert.equal(await point(0, 10_000, 95), 90, 'nothing beyond the bound goes');
  assert.equal(await point(0, 1_000_000), 100);
  assert.equal(await point(1, 1_000_000), 0);
});

test('retention by time drops segments whose newest record is too old, up to the first that is not', async () => {
  await using f = await Fixture.open();
  f.engine.createStream(1);
  for (let i = 0; i < 10; i++) await f.append(1, 10, { bodyBytes: 939, maxTimestampMs: 100_000 * (i + 1) });
  const point = (retentionMs: number, segmentBytes: number, nowMs: number, segmentMs = 1e12): Promise<number> =>
    f.engine.retentionPoint(1, { ...KEEP_ALL, retentionMs, segmentBytes, segmentMs }, nowMs, 100);
  assert.equal(await point(50_000, 10_000, 450_000), 30);
  assert.equal(await point(50_000, 10_000, 450_001), 40);
  assert.equal(await point(50_000, 20_000, 450_001), 40);
  assert.equal(await point(50_000, 1e9, 450_001), 0, 'one large segment is as new as its newest record');
  assert.equal(await point(50_000, 1e9, 450_001, 150_000), 40, 'segment.ms cuts it');
  assert.equal(await point(50_000, 10_000, 10_000_000), 100);
});

test('a journal in memory drops the oldest data of ordinary streams when it is full, not that of internal ones', async () => {
  await using f = await Fixture.open({ dataDir: null, maxMemoryBytes: 1024 * 1024, maxSegmentSize: 1024 * 1024 });
  f.engine.createStream(1);
  f.engine.createStream(2, { internal: true });
  const internal: Buffer[] = [];
  const all: Buffer[] = [];
  for (let i = 0; i < 100; i++) {
    internal.push(...(await f.append(2, 1, { bodyBytes: 100 })));
    all.push(...(await f.append(1, 20, { bodyBytes: 2000 })));
    if (i % 10 === 0) all.push(...(await f.append(1, 1, { bodyBytes: 300_000 })));
  }
  const { logStartOffset, logEndOffset, liveBytes } = f.engine.state(1);
  assert.ok(logStartOffset > 0 && logStartOffset < logEndOffset);
  const expected = Buffer.concat(all.slice(logStartOffset));
  assert.ok((await readAll(f.engine, 1)).equals(expected));
  assert.equal(liveBytes, expected.length);
  assert.ok((await readAll(f.engine, 2)).equals(Buffer.concat(internal)));
  const { memoryBytes } = f.engine.stats();
  assert.ok(memoryBytes.cache <= 1.4 * 1024 * 1024, `${memoryBytes.cache} bytes`);
  assert.ok(memoryBytes.staging <= 10 * 1024 * 1024, `${memoryBytes.staging} bytes`);
});
