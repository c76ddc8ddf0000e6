/** Reads in order, from a disk whose bytes take a while the first time: what follows is read while the reader is busy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Part } from '../../../src/base/counted.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { OpenFile, OpenMode } from '../../../src/storage/files/files.ts';
import { type Engine, openEngine } from '../../../src/storage/open-engine.ts';
import { ReadAhead } from '../../../src/storage/runs/read-ahead.ts';
import type { BatchCursor } from '../../../src/storage/runs/run-source.ts';
import { append, makeBatch, readOnce } from '../../support/batches.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { MemorySource } from '../../support/memory-source.ts';
import { runUntil } from '../../support/run-clock.ts';

const MIB = 1024 * 1024;
const PAGE = 4096;
const READS = 20;

/** Remembers which pages of a file were read; others take ten milliseconds for a MiB. */
class SlowDisk extends FaultyDisk {
  readonly #clock: ManualClock;
  readonly #seen = new Set<string>();
  isSlow = false;
  byteLength = 0;

  constructor(clock: ManualClock) {
    super(seededRandom(1));
    this.#clock = clock;
  }

  override async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const file = await super.open(path, mode);
    const read = async (into: Buffer, position: number): Promise<number> => {
      let missing = 0;
      for (let at = Math.floor(position / PAGE); at * PAGE < position + into.length; at++) {
        if (!this.#seen.has(`${path} ${at}`)) missing += PAGE;
        this.#seen.add(`${path} ${at}`);
      }
      this.byteLength += into.length;
      if (this.isSlow && missing > 0) await this.#wait((missing / MIB) * 10);
      return await file.read(into, position);
    };
    return { ...file, read };
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.setTimer(ms, resolve));
  }
}

/** A stream of `READS` MiB on a disk of which nothing was read, by an engine that has it nowhere in memory. */
async function written(clock: ManualClock): Promise<{ disk: SlowDisk; engine: Engine }> {
  const disk = new SlowDisk(clock);
  const options = { dataDir: '/data', clusterId: 'ahead', files: disk, clock, cacheBytes: 0, pageCacheBytes: 0 };
  const first = await openEngine(options);
  first.createStream(1);
  for (let i = 0; i < READS * 16; i++) await append(first, 1, { bodyBytes: 64 * 1024 - 300 });
  await runUntil(clock, first.close());
  const engine = await openEngine(options);
  disk.isSlow = true;
  return { disk, engine };
}

/** Runs the clock in steps of a millisecond until the promise is settled; gives how many it took. */
async function msUntil(clock: ManualClock, promise: Promise<unknown>): Promise<number> {
  const state = { isDone: false };
  void promise.finally(() => (state.isDone = true));
  let ms = 0;
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  for (; !state.isDone; ms++) {
    clock.advance(1);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  await promise;
  return ms;
}

test('a reader who goes through a stream in order waits for the disk at the start only', async () => {
  const clock = new ManualClock();
  const { disk, engine } = await written(clock);
  disk.byteLength = 0;
  const waits: number[] = [];
  let at = 0;
  for (let i = 0; i < READS; i++) {
    const reading = readOnce(engine, 1, at, { maxBytes: MIB });
    waits.push(await msUntil(clock, reading));
    at = (await reading).endOffset;
    await msUntil(clock, new Promise<void>((resolve) => clock.setTimer(12, resolve)));
  }
  assert.equal(at, READS * 16);
  assert.ok((waits[0] as number) >= 10);
  assert.ok(
    waits.slice(3, -1).every((ms) => ms <= 1),
    `waited ${waits.join(', ')} ms`,
  );
  assert.ok(disk.byteLength < 2.5 * READS * MIB);
  await runUntil(clock, engine.close());
});

test('a part stays as it was given while what follows is read', async () => {
  const clock = new ManualClock();
  const { engine } = await written(clock);
  let at = 0;
  // Shorter than a part may be, so that the last of each read could take in more; a read of another length fails.
  while (at < 100) {
    const reading = readOnce(engine, 1, at, { maxBytes: MIB / 4 });
    await msUntil(clock, reading);
    at = (await reading).endOffset;
  }
  await runUntil(clock, engine.close());
});

test('nothing is read ahead of who reads here and there, nor where the bytes are in memory', async () => {
  const clock = new ManualClock();
  const { disk, engine } = await written(clock);
  disk.byteLength = 0;
  for (const i of [3, 17, 8, 1, 12]) {
    await msUntil(clock, readOnce(engine, 1, i * 16, { maxBytes: MIB }));
  }
  assert.ok(disk.byteLength < 5 * MIB, `${disk.byteLength} bytes were read`);
  disk.isSlow = false;
  await msUntil(clock, new Promise<void>((resolve) => clock.setTimer(2000, resolve)));
  disk.byteLength = 0;
  for (let at = 0; at < READS * 16; ) at = (await readOnce(engine, 1, at, { maxBytes: MIB })).endOffset;
  assert.ok(disk.byteLength < (READS + 1) * MIB, `${disk.byteLength} bytes were read`);
  await runUntil(clock, engine.close());
});

test('where a read may go on is kept until the read is released', () => {
  const clock = new ManualClock();
  const ahead = new ReadAhead(clock);
  const batches = [0, 1, 2].map((baseOffset) => {
    const bytes = makeBatch({ baseOffset, bodyBytes: 64 * 1024 });
    const fields = { leaderEpoch: 0, maxTimestampMs: 1, writtenMs: 1, aborted: null };
    return { stream: 1, baseOffset, endOffset: baseOffset + 1, bytes, ...fields };
  });
  const shape = { runBatches: 1, partBatches: 3, needsLoading: false };
  const sources = [
    new MemorySource([1, 1], batches.slice(0, 2), shape),
    new MemorySource([2, 2], batches.slice(2), shape),
  ];
  const reads = [0, 1].map((offset) => {
    const parts: Part[] = [];
    const cursor = sources[0]?.find(1, offset, null) as BatchCursor;
    const { byteLength } = cursor;
    cursor.take(parts);
    const isLast = !cursor.next();
    ahead.follow(parts, offset, byteLength, isLast ? (sources[1]?.find(1, 2, null) as BatchCursor) : cursor);
    return parts;
  });
  assert.deepEqual(
    sources.map(({ isReferenced }) => isReferenced),
    [true, true],
  );
  for (const part of reads.flat()) part.release();
  assert.deepEqual(
    sources.map(({ references }) => references),
    [0, 0],
  );
});
