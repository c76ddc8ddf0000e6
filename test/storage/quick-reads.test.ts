/** Which file reads are made at once, and which on a thread. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainSlice } from '../../src/base/counted.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { type Engine, openEngine } from '../../src/storage/engine.ts';
import { QuickReads } from '../../src/storage/quick-reads.ts';
import { EngineStats } from '../../src/storage/stats.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';

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

async function append(engine: Engine, count: number): Promise<void> {
  engine.createStream(STREAM);
  for (let i = 0; i < count; i++) {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    engine.append({
      stream: STREAM,
      baseOffset: engine.state(STREAM).logEndOffset,
      offsetCount: 1,
      leaderEpoch: 0,
      maxTimestampMs: 0,
      payload: plainSlice(Buffer.alloc(BATCH_BYTES, i)),
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

test('what an earlier process wrote is read on a thread, however small it is', async () => {
  const disk = new FaultyDisk(seededRandom(1));
  const first = await open(disk, 1e9);
  await append(first, 10);
  await first.close();
  const engine = await open(disk.afterKill(), 1e9);
  const { bytes, onThread } = await read(engine, 0);
  assert.equal(bytes.length, 10 * BATCH_BYTES);
  assert.ok(onThread);
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

test('after a slow read a second passes before the next is made at once', () => {
  const clock = new ManualClock();
  const stats = new EngineStats();
  stats.bytesWritten = 1000;
  const quick = new QuickReads(clock, stats, 1000);
  const readFor = (ms: number): number =>
    quick.timed(() => {
      clock.advance(ms);
      return 7;
    });
  assert.equal(readFor(1), 7);
  assert.ok(quick.allows(1000));
  readFor(20);
  assert.ok(!quick.allows(10));
  clock.advance(999);
  assert.ok(!quick.allows(10));
  clock.advance(1);
  assert.ok(quick.allows(10));
});
