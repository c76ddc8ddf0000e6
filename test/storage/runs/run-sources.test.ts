/**
 * Whatever holds the runs, readers find the same: over journal files, over sources in memory that have no entry headers
 * and leave out offsets, and over both, also while sources are merged under them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Part } from '../../../src/base/counted.ts';
import { seededRandom, type Random } from '../../../src/base/random.ts';
import { Liveness } from '../../../src/storage/retention/liveness.ts';
import { retentionPoint } from '../../../src/storage/retention/retention.ts';
import type { Pins } from '../../../src/storage/runs/run-source.ts';
import { NeedsIndex } from '../../../src/storage/runs/run-source.ts';
import type { StreamRead } from '../../../src/storage/types.ts';
import { SCANNED_BYTES } from '../../../src/storage/types.ts';
import type { SourceBatch } from '../../support/run-sources.ts';
import { type SourceKind, SourceWorld, STREAMS, type WorldOptions } from '../../support/source-world.ts';

const SEEDS = 40;
const FOREVER = Number.MAX_SAFE_INTEGER;

/** Runs a check over random worlds; a failure names the seed. */
async function overWorlds(
  kind: SourceKind,
  check: (world: SourceWorld, random: Random) => Promise<void>,
  options: Partial<WorldOptions> = {},
): Promise<void> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seededRandom(seed);
    const shape = { sources: 2 + random.int(10), batches: 25, stepMs: 1000, runBatches: 1 + random.int(6) };
    const world = new SourceWorld(random, { kind, ...shape, ...options });
    try {
      await check(world, random);
    } catch (error) {
      throw new Error(`${kind}, seed ${seed}`, { cause: error });
    }
    for (const source of world.sources.all) assert.equal(source.isReferenced, false, 'nothing is held any more');
  }
}

function byteLength(batches: readonly SourceBatch[]): number {
  return batches.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

async function load({ parts }: Pick<StreamRead, 'parts'>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (const part of parts) {
    for (const { bytes, owner } of await part.load()) {
      chunks.push(Buffer.from(bytes));
      owner.release();
    }
    part.release();
  }
  return Buffer.concat(chunks);
}

/** Reads from `offset` to the end, read by read, with `between` called after each. */
async function readAll(
  { readers }: SourceWorld,
  stream: number,
  offset: number,
  maxBytes: number,
  between: () => void,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let at = offset; ; ) {
    const read = await readers.reader.read({ stream, offset: at, endOffset: FOREVER, maxBytes, atLeastOne: true });
    if (read.parts.length === 0) return Buffer.concat(chunks);
    assert.ok(read.endOffset > at && read.startOffset < read.endOffset);
    between();
    chunks.push(await load(read));
    at = read.endOffset;
  }
}

async function checkReads(world: SourceWorld, random: Random): Promise<void> {
  const between = (): void => {
    if (random.int(4) === 0) world.merge();
  };
  for (const stream of STREAMS) {
    const end = world.logEnd(stream);
    for (let i = 0; i < 4; i++) {
      const offset = random.int(end + 2);
      const all = Buffer.concat(world.live(stream, offset).map(({ bytes }) => bytes));
      assert.ok((await readAll(world, stream, offset, 1 + random.int(3000), between)).equals(all));
    }
    for (let i = 0; i < 30; i++) {
      const offset = random.int(end + 2);
      const endOffset = random.int(end + 2);
      const maxBytes = random.int(2000);
      const read = await world.readers.reader.read({ stream, offset, endOffset, maxBytes, atLeastOne: i % 2 === 0 });
      const all = world.live(stream, offset).filter((batch) => batch.endOffset <= endOffset);
      const [first] = world.live(stream, offset);
      const isNone = first === undefined || first !== all[0] || (i % 2 !== 0 && first.bytes.length > maxBytes);
      if (isNone) {
        assert.deepEqual(read, { parts: [], byteLength: 0, startOffset: offset, endOffset: offset });
        continue;
      }
      const count = all.findLastIndex((batch) => batch.endOffset <= read.endOffset) + 1;
      const expected = all.slice(0, count);
      assert.equal(read.startOffset, first.baseOffset);
      assert.equal(read.endOffset, expected.at(-1)?.endOffset);
      assert.ok(count === 1 || byteLength(expected) <= maxBytes);
      assert.ok((await load(read)).equals(Buffer.concat(expected.map(({ bytes }) => bytes))));
    }
  }
}

interface TakenBatches {
  readonly parts: Part[];
  readonly batches: SourceBatch[];
}

/** Batches go into several lists of parts, one after the other, by one cursor for each source. */
async function checkLists(world: SourceWorld, random: Random): Promise<void> {
  for (const stream of STREAMS) {
    for (const source of world.sources.all) {
      const pins: Pins = new Map();
      let cursor = source.find(stream, 0, pins);
      for (; cursor instanceof NeedsIndex; cursor = source.find(stream, 0, pins)) await cursor.load(pins);
      if (cursor === null) continue;
      const batches = world.batches(stream);
      let last: TakenBatches = { parts: [], batches: [] };
      const lists = [last];
      do {
        if (random.int(3) === 0) lists.push((last = { parts: [], batches: [] }));
        const { baseOffset } = cursor;
        cursor.take(last.parts);
        last.batches.push(batches.find((batch) => batch.baseOffset === baseOffset) as SourceBatch);
      } while (cursor.next());
      for (const list of lists) {
        const bytes = list.parts.reduce((sum, part) => sum + part.byteLength, 0);
        assert.equal(bytes, byteLength(list.batches));
        assert.ok((await load(list)).equals(Buffer.concat(list.batches.map(({ bytes }) => bytes))));
      }
    }
  }
}

async function checkSearches(world: SourceWorld, random: Random): Promise<void> {
  const { search } = world.readers;
  for (const stream of STREAMS) {
    const end = world.logEnd(stream);
    for (let i = 0; i < 12; i++) {
      if (i % 4 === 3) world.merge();
      const from = random.int(end + 1);
      const endOffset = random.int(end + 2);
      const within = world.live(stream, from).filter((batch) => batch.endOffset <= endOffset);
      const timestampMs = within[random.int(within.length)]?.maxTimestampMs ?? 0;
      const found = await search.findByTimestamp(stream, timestampMs + random.int(2), from, endOffset);
      assertLocation(
        found,
        within.find((batch) => batch.maxTimestampMs >= (found === null ? timestampMs + 1 : found.maxTimestampMs)),
      );
      const newest = world.live(stream).filter((batch) => batch.endOffset <= endOffset);
      const largestMs = Math.max(...newest.map(({ maxTimestampMs }) => maxTimestampMs));
      const expected = newest.find(({ maxTimestampMs }) => maxTimestampMs === largestMs);
      assertLocation(await search.findMaxTimestamp(stream, endOffset), expected);
      const counted = world.batches(stream).filter((batch) => batch.endOffset > from && batch.endOffset <= endOffset);
      assert.equal(await search.bytesBetween(stream, from, endOffset), byteLength(counted));
    }
    const epochs = new Map<number, number>();
    for (const { leaderEpoch, baseOffset } of world.live(stream)) {
      if (!epochs.has(leaderEpoch)) epochs.set(leaderEpoch, Math.max(baseOffset, world.logStart(stream)));
    }
    const expected = [...epochs].map(([leaderEpoch, startOffset]) => ({ leaderEpoch, startOffset }));
    assert.deepEqual(await search.leaderEpochs(stream), expected);
  }
}

function assertLocation(found: { readonly bytes: Buffer } | null, expected: SourceBatch | undefined): void {
  if (found === null || expected === undefined) {
    assert.equal(found, expected ?? null);
    return;
  }
  const { baseOffset, endOffset, maxTimestampMs, leaderEpoch, bytes } = expected;
  assert.deepEqual(found, { baseOffset, endOffset, maxTimestampMs, leaderEpoch, bytes });
}

async function checkScans(world: SourceWorld, random: Random): Promise<void> {
  for (const stream of STREAMS) {
    const from = random.int(world.logEnd(stream) + 1);
    const expected = world.live(stream, from).map(({ bytes }) => bytes.subarray(0, SCANNED_BYTES));
    const headers: Buffer[] = [];
    await world.readers.search.scanHeaders(stream, from, (header) => {
      headers.push(Buffer.from(header));
      if (random.int(10) === 0) world.merge();
    });
    assert.deepEqual(headers, expected);
  }
}

async function checkAborted(world: SourceWorld, random: Random): Promise<void> {
  for (const stream of STREAMS) {
    const end = world.logEnd(stream);
    const all = world.batches(stream).flatMap(({ aborted }) => (aborted === null ? [] : [aborted]));
    for (let i = 0; i < 30; i++) {
      const from = world.logStart(stream) + random.int(end - world.logStart(stream) + 1);
      const endOffset = from + random.int(20);
      const finding = Promise.resolve(world.readers.aborted.find(stream, from, endOffset));
      await meanwhile(finding, () => random.int(6) === 0 && world.merge());
      const expected = all.filter(({ lastOffset, firstOffset }) => lastOffset >= from && firstOffset < endOffset);
      assert.deepEqual(await finding, expected, `stream ${stream}, ${from} to ${endOffset}`);
    }
  }
}

/** Does something in every turn of the event loop until the promise is settled. */
async function meanwhile(promise: Promise<unknown>, work: () => unknown): Promise<void> {
  const state = { isSettled: false };
  void Promise.allSettled([promise]).then(() => (state.isSettled = true));
  while (!state.isSettled) {
    work();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What goes when the oldest segments of a stream go as long as one is too old or the rest is large enough. */
function expectedPoint(
  world: SourceWorld,
  stream: number,
  { retentionMs, retentionBytes, segmentBytes, segmentMs }: Parameters<typeof retentionPoint>[2]['policy'],
  nowMs: number,
): number {
  const segments: SourceBatch[][] = [];
  for (const batch of world.live(stream)) {
    const segment = segments.at(-1);
    const first = segment?.[0];
    const isDated = (first?.maxTimestampMs ?? -1) >= 0;
    const ageMs = isDated
      ? batch.maxTimestampMs - (first?.maxTimestampMs ?? 0)
      : batch.writtenMs - (first?.writtenMs ?? 0);
    if (segment === undefined || byteLength(segment) + batch.bytes.length > segmentBytes || ageMs > segmentMs) {
      segments.push([batch]);
    } else segment.push(batch);
  }
  let remaining = byteLength(segments.flat());
  let point = world.logStart(stream);
  for (const segment of segments) {
    const datedMs = Math.max(...segment.map(({ maxTimestampMs }) => maxTimestampMs));
    const newestMs = datedMs >= 0 ? datedMs : (segment.at(-1) as SourceBatch).writtenMs;
    const isOld = retentionMs >= 0 && nowMs - newestMs > retentionMs;
    const isTooMuch = retentionBytes >= 0 && remaining - byteLength(segment) >= retentionBytes;
    if (!isOld && !isTooMuch) break;
    remaining -= byteLength(segment);
    point = (segment.at(-1) as SourceBatch).endOffset;
  }
  return point;
}

async function checkRetention(world: SourceWorld, random: Random): Promise<void> {
  for (const stream of STREAMS) {
    for (let i = 0; i < 6; i++) {
      const policy = {
        retentionMs: i % 2 === 0 ? -1 : random.int(3_000_000),
        retentionBytes: i % 2 === 0 ? random.int(10_000) : -1,
        segmentBytes: 1 + random.int(3000),
        segmentMs: random.int(2) === 0 ? FOREVER : random.int(1_000_000),
      };
      const nowMs = 2_000_000 + random.int(3_000_000);
      const request = { stream, policy, nowMs, endOffset: FOREVER };
      const deciding = retentionPoint(world.directory, world.readers.locator, request);
      if (random.int(2) === 0) world.merge();
      assert.equal(await deciding, expectedPoint(world, stream, policy, nowMs));
    }
  }
}

async function checkLiveness(world: SourceWorld, random: Random): Promise<void> {
  const { directory } = world;
  const known = new Map(world.sources.all.map((source) => [source, new Liveness()]));
  for (let step = 0; step < 6; step++) {
    for (const [source, liveness] of known) {
      const isNeeded = world.contents.get(source)?.some(({ stream, endOffset }) => {
        const row = directory.find(stream);
        return row >= 0 && endOffset > directory.journaledStart.get(row);
      });
      assert.equal(await liveness.isDead(source, directory), !isNeeded);
    }
    const row = directory.find(STREAMS[random.int(STREAMS.length)] as number);
    if (row < 0) continue;
    directory.journaledStart.set(row, directory.journaledStart.get(row) + random.int(60));
    if (step === 4) directory.remove(directory.stream.get(row));
  }
}

for (const kind of ['journal', 'memory', 'segment', 'mixed'] as const) {
  test(`reads from any offset give the batches that are there (${kind})`, () => overWorlds(kind, checkReads));
  test(`a part takes in no batch once its list is given away (${kind})`, () => overWorlds(kind, checkLists));
  test(`searches by time, sums of bytes and leader epochs (${kind})`, () => overWorlds(kind, checkSearches));
  test(`scans show the header of every batch once, in order (${kind})`, () => overWorlds(kind, checkScans));
  test(`readers are told of the transactions aborted in a range (${kind})`, () => overWorlds(kind, checkAborted));
  // Further apart than a run of the journal reaches, so that each batch is a run: the times of a run are those of a batch.
  test(`retention cuts whole virtual segments from the front (${kind})`, () =>
    overWorlds(kind, checkRetention, { stepMs: 20_000, runBatches: 1 }));
  test(`a source is dead when no stream needs anything in it (${kind})`, () => overWorlds(kind, checkLiveness));
}
