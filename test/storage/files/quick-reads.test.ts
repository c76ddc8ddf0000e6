/** Which file reads are made at once, and which on a thread. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainSlice } from '../../../src/base/counted.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { type Engine, openEngine } from '../../../src/storage/open-engine.ts';
import { PART_BYTES } from '../../../src/storage/runs/journal/file-part.ts';
import { QuickReads } from '../../../src/storage/files/quick-reads.ts';
import { EngineStats } from '../../../src/storage/stats.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';

const STREAM = 1;
const BATCH_BYTES = 20_000;

function open(disk: FaultyDisk, pageCacheBytes: number): Promise<Engine> {
  return openEngine({
    dataDir: '/data',
    clusterId: 'quick',
    cacheBytes: 0,
    pageCacheBytes,
    files: disk,
    clock: new ManualClock(),
    random: seededRandom(1),
  });
}

async function append(engine: Engine, count: number, byteLength = BATCH_BYTES): Promise<void> {
  engine.createStream(STREAM);
  for (let i = 0; i < count; i++) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    engine.append({
      stream: STREAM,
      baseOffset: engine.state(STREAM).logEndOffset,
      offsetCount: 1,
      leaderEpoch: 0,
      maxTimestampMs: 0,
      payload: plainSlice(Buffer.alloc(byteLength, i)),
      durability: 'os',
      onCommit: (error) => (error === null ? resolve() : reject(error)),
    });
    await promise;
  }
}

/** Loads all of the stream from `offset` on; gives its bytes and whether a thread read them. */
async function read(engine: Engine, offset: number): Promise<{ readonly bytes: Buffer; readonly onThread: boolean }> {
  const reading = engine.read({ stream: STREAM, offset, endOffset: 1000, maxBytes: 1e9, atLeastOne: true });
  const { parts } = reading instanceof Promise ? await reading : reading;
  const chunks: Buffer[] = [];
  let onThread = false;
  for (const part of parts) {
    const loading = part.load();
    onThread ||= loading instanceof Promise;
    for (const { bytes, owner } of await loading) {
      chunks.push(Buffer.from(bytes));
      owner.release();
    }
    part.release();
  }
  return { bytes: Buffer.concat(chunks), onThread };
}

test('what this process wrote lately is read at once, what lies further back on a thread', async () => {
  const engine = await open(new FaultyDisk(seededRandom(1)), 5 * BATCH_BYTES);
  await append(engine, 10);
  const expected = Buffer.concat(Array.from({ length: 10 }, (_, i) => Buffer.alloc(BATCH_BYTES, i)));
  const late = await read(engine, 6);
  assert.deepEqual(late, { bytes: expected.subarray(6 * BATCH_BYTES), onThread: false });
  const all = await read(engine, 0);
  assert.deepEqual(all, { bytes: expected, onThread: true });
  await engine.close();
});

test('what an earlier process wrote is read on a thread until it has turned out that no disk is asked for it', async () => {
  const disk = new FaultyDisk(seededRandom(1));
  const first = await open(disk, 1e9);
  await append(first, 10);
  await first.close();
  const engine = await open(disk.afterKill(), 1e9);
  const { bytes, onThread } = await read(engine, 0);
  assert.equal(bytes.length, 10 * BATCH_BYTES);
  assert.ok(onThread);
  // Other files that this process reads meanwhile may come from the disk.
  let again: { readonly onThread: boolean } = { onThread };
  for (let reads = 0; again.onThread && reads < 1000; reads++) again = await read(engine, 0);
  assert.ok(!again.onThread);
  await engine.close();
});

test('a read at once that fails is told as one on a thread is', async () => {
  const disk = new FaultyDisk(seededRandom(1));
  const engine = await open(disk, 1e9);
  await append(engine, 2);
  disk.failing.set('read', 'EIO');
  await assert.rejects(read(engine, 0), { code: 'IO' });
  disk.failing.delete('read');
  assert.equal((await read(engine, 0)).bytes.length, 2 * BATCH_BYTES);
  await engine.close();
});

interface Timing {
  /** What the process has read from disks. */
  readonly disk: { blocks: number };
  readonly clock: ManualClock;
  readonly quick: QuickReads;
  readonly readFor: (ms: number) => number;
}

function timing(cachedBytes: number, writtenBytes = cachedBytes): Timing {
  const clock = new ManualClock();
  const stats = new EngineStats();
  stats.bytesWritten = writtenBytes;
  const disk = { blocks: 0 };
  const quick = new QuickReads(clock, stats, cachedBytes, () => disk.blocks);
  const readFor = (ms: number): number =>
    quick.timed(() => {
      clock.advance(ms);
      return 7;
    });
  return { disk, clock, quick, readFor };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('after a slow read from the disk a second passes before the next is made at once', async () => {
  const { disk, clock, quick, readFor } = timing(1000);
  assert.equal(readFor(1), 7);
  assert.ok(quick.allows(10, 1000));
  disk.blocks = 8;
  readFor(20);
  await nextTurn();
  assert.ok(!quick.allows(10, 10));
  clock.advance(999);
  assert.ok(!quick.allows(10, 10));
  clock.advance(1);
  assert.ok(quick.allows(10, 10));
});

test('a read that was slow although no disk was asked is not held against the next', async () => {
  const { quick, readFor } = timing(1000);
  for (const ms of [20, 1, 20]) {
    readFor(ms);
    await nextTurn();
    assert.ok(quick.allows(10, 10), `after ${ms} ms`);
  }
});

test('two slow reads in a row are taken for reads from a disk that nobody counts', async () => {
  const { quick, readFor } = timing(1000);
  readFor(20);
  readFor(20);
  await nextTurn();
  assert.ok(!quick.allows(10, 10));
});

test('one read from the disk, on a thread or not, has what an earlier process wrote read on threads again', async () => {
  const { disk, quick, readFor } = timing(1000, 0);
  const learn = (): void => {
    for (let i = 0; i < 32; i++) quick.onThread();
  };
  assert.ok(!quick.allows(10, 1000));
  learn();
  assert.ok(quick.allows(10, 1000));
  assert.ok(!quick.allows(10, 1001), 'what lies too far back');
  disk.blocks = 8;
  quick.onThread();
  assert.ok(!quick.allows(10, 1000));
  learn();
  readFor(1);
  assert.ok(quick.allows(10, 1000));
  disk.blocks = 16;
  readFor(1);
  await nextTurn();
  assert.ok(!quick.allows(10, 1000));
});

test('a slow read that fails counts as slow', async () => {
  const { disk, clock, quick } = timing(1000);
  disk.blocks = 8;
  const failing = (): number => {
    clock.advance(2000);
    throw new Error('EIO');
  };
  assert.throws(() => quick.timed(failing), /EIO/);
  await nextTurn();
  assert.ok(!quick.allows(10, 10));
});

test('many quick reads in one turn of the event loop leave the next ones to a thread', async () => {
  const { quick, readFor } = timing(1000);
  for (let i = 0; i < 5; i++) {
    assert.ok(quick.allows(10, 1000));
    readFor(1);
  }
  assert.ok(!quick.allows(10, 1000));
  await nextTurn();
  assert.ok(quick.allows(10, 1000));
});

test('a read of more than a part holds is left to a thread', () => {
  const { quick } = timing(1e9);
  assert.ok(quick.allows(PART_BYTES, 1e9));
  assert.ok(!quick.allows(PART_BYTES + 1, 1e9));
});

test('a search that meets a large batch reads it on a thread', async () => {
  const disk = new FaultyDisk(seededRandom(1));
  const lengths: number[] = [];
  const openFile = disk.open.bind(disk);
  disk.open = async (path, mode) => {
    const file = await openFile(path, mode);
    const readSync = (into: Buffer, position: number): number => {
      lengths.push(into.length);
      return file.readSync(into, position);
    };
    return { ...file, readSync };
  };
  const engine = await open(disk, 1e9);
  await append(engine, 1, 2 * PART_BYTES);
  const found = await engine.findByTimestamp(STREAM, 0, 0, 1);
  assert.equal(found?.baseOffset, 0);
  assert.deepEqual(lengths, []);
  await engine.close();
});
