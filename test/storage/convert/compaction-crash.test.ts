/**
 * A machine that dies at every step while streams are compacted: afterwards each key has its latest acknowledged value,
 * at its offset, and compaction goes on.
 */
import assert from 'node:assert/strict';
import { sizeInBytes } from '../../../protocol/records/batch.ts';
import { buildBatch } from '../../../protocol/records/build.ts';
import { batchPositions, decodeRecordsSync } from '../../../protocol/records/iterate.ts';
import { plainSlice } from '../../../src/base/counted.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { type Engine, openEngine } from '../../../src/storage/open-engine.ts';
import { readAll } from '../../support/batches.ts';
import { NO_PRODUCERS } from '../../support/compact-log.ts';
import { CopiedCatalog } from '../../support/copied-catalog.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { testInOwnThread } from '../../support/own-thread.ts';
import { runUntil } from '../../support/run-clock.ts';
import { openSmallEngine } from '../../support/small-engine.ts';

const STREAMS = 3;
const APPENDS = 120;
const KEYS = 8;
const SEEDS = (process.env['SEEDS'] ?? '1').split(',').map(Number);

interface Appended {
  readonly key: string;
  readonly value: Buffer | null;
}

/** What was appended, promised and asked for; offsets are rows. */
class History {
  readonly catalog = new CopiedCatalog(1000);
  readonly appended = new Map<number, Appended[]>(Array.from({ length: STREAMS }, (_, i) => [i + 1, []]));
  readonly promised = new Map<number, number>();
  /** End of the farthest compaction of each stream. */
  readonly compacted = new Map<number, number>();

  of(stream: number): Appended[] {
    return this.appended.get(stream) as Appended[];
  }
}

interface Started {
  readonly engine: Engine;
  passes: number;
}

async function started(disk: FaultyDisk, clock: ManualClock, history: History): Promise<Started> {
  const engine = await openSmallEngine(disk, 'fsync', clock, history.catalog.witness);
  await history.catalog.start(engine);
  return { engine, passes: 0 };
}

function append(engine: Engine, stream: number, { key, value }: Appended): Promise<void> {
  const baseOffset = engine.state(stream).logEndOffset;
  const bytes = buildBatch([{ key: Buffer.from(key), value, timestampMs: 1000 }], { baseOffset, leaderEpoch: 0 });
  return new Promise((resolve, reject) => {
    engine.append({
      stream,
      baseOffset,
      offsetCount: 1,
      leaderEpoch: 0,
      maxTimestampMs: 1000,
      payload: plainSlice(bytes),
      durability: 'os',
      onCommit: (error) => (error === null ? resolve() : reject(error)),
    });
  });
}

/** Asks for the compaction of all but the last few batches. */
async function compact(opened: Started, clock: ManualClock, history: History, stream: number): Promise<void> {
  const { engine } = opened;
  const endOffset = engine.state(stream).logEndOffset - 2;
  if (endOffset <= 0) return;
  history.compacted.set(stream, Math.max(endOffset, history.compacted.get(stream) ?? 0));
  const outcome = await runUntil(
    clock,
    engine.compact({
      stream,
      endOffset,
      nowMs: clock.now(),
      deleteRetentionMs: 1000,
      producers: NO_PRODUCERS,
      worthBytes: 1e9,
      mapBytes: 24 * (4 + KEYS),
      mapLoadFactor: 0.5,
    }),
  );
  assert.equal(outcome?.problem ?? null, null);
  if (outcome !== null) opened.passes += 1;
}

async function work(opened: Started, clock: ManualClock, history: History, seed: number): Promise<void> {
  const { engine } = opened;
  const random = seededRandom(seed);
  for (let stream = 1; stream <= STREAMS; stream++) engine.createStream(stream);
  for (let i = 0; i < APPENDS && engine.refusal === null; i++) {
    const stream = 1 + random.int(STREAMS);
    const value = random.int(6) === 0 ? null : random.bytes(random.int(600));
    const record = { key: `key-${random.int(KEYS)}`, value };
    history.of(stream).push(record);
    const count = history.of(stream).length;
    await runUntil(clock, append(engine, stream, record));
    history.promised.set(stream, count);
    clock.advance(100);
    if (random.int(25) === 0) await compact(opened, clock, history, stream);
  }
}

async function check({ engine }: Started, history: History): Promise<void> {
  for (let stream = 1; stream <= STREAMS; stream++) {
    const appended = history.of(stream);
    if (!engine.has(stream)) {
      assert.equal(history.promised.get(stream) ?? 0, 0);
      appended.length = 0;
      continue;
    }
    const { logEndOffset } = engine.state(stream);
    assert.ok(logEndOffset >= (history.promised.get(stream) ?? 0), `stream ${stream} ends at ${logEndOffset}`);
    const bytes = await readAll(engine, stream);
    const found = new Set<number>();
    for (const at of batchPositions(bytes)) {
      const batch = bytes.subarray(at, at + sizeInBytes(bytes, at));
      for (const { offset, key, value, timestampMs } of decodeRecordsSync(batch)) {
        assert.equal(key?.toString(), appended[offset]?.key);
        assert.deepEqual(value, appended[offset]?.value);
        assert.equal(timestampMs, 1000);
        assert.equal(found.has(offset), false);
        found.add(offset);
      }
    }
    appended.length = logEndOffset;
    history.promised.set(stream, logEndOffset);
    const compactedEnd = history.compacted.get(stream) ?? 0;
    appended.forEach(({ key, value }, offset) => {
      if (found.has(offset)) return;
      const later = appended.findIndex((other, at) => at > offset && at < compactedEnd && other.key === key);
      assert.ok(offset < compactedEnd && (later >= 0 || value === null), `stream ${stream} lost ${key} at ${offset}`);
    });
  }
}

interface Life {
  readonly disk: FaultyDisk;
  readonly history: History;
  readonly steps: number;
  readonly passes: number;
}

/** A first run, which dies at step `crashAt`, or is looked at after its end. */
async function live(seed: number, crashAt: number): Promise<Life> {
  const disk = new FaultyDisk(seededRandom(seed * 7919 + Math.min(crashAt, 1e6)));
  disk.crashAt = crashAt;
  const clock = new ManualClock();
  const history = new History();
  let passes = 0;
  try {
    const opened = await started(disk, clock, history);
    await work(opened, clock, history, seed);
    passes = opened.passes;
    if (!disk.hasCrashed) await check(opened, history);
  } catch (error) {
    if (!disk.hasCrashed) throw error;
  }
  return { disk, history, steps: disk.steps, passes };
}

/** A start on what was left, more work, a compaction of all, an orderly stop, and another start. */
async function startAgain(disk: FaultyDisk, history: History, seed: number): Promise<void> {
  const clock = new ManualClock();
  const opened = await started(disk, clock, history);
  await check(opened, history);
  await work(opened, clock, history, seed + 1);
  for (let stream = 1; stream <= STREAMS; stream++) await compact(opened, clock, history, stream);
  await check(opened, history);
  const { engine } = opened;
  for (let stream = 1; stream <= STREAMS; stream++) {
    const live = (await readAll(engine, stream)).length;
    assert.equal(engine.state(stream).liveBytes, live, 'what a crash kept from being noted is put right');
  }
  await runUntil(clock, engine.close());
  assert.equal(disk.openFiles, 0);
  history.catalog.witness.end = engine.end;
  const last = await started(disk.afterKill(), clock, history);
  await check(last, history);
  await runUntil(clock, last.engine.close());
}

for (const death of ['kill', 'power cut'] as const) {
  testInOwnThread(import.meta.url, `a ${death} at any step of compaction loses no latest value`, async () => {
    for (const seed of SEEDS) {
      const whole = await live(seed, Number.POSITIVE_INFINITY);
      assert.ok(whole.passes > 3, `${whole.passes} passes`);
      const stride = process.env['EVERY_STEP'] === undefined ? 37 : 1;
      for (let crashAt = 1 + (seed % stride); crashAt <= whole.steps; crashAt += stride) {
        const { disk, history } = await live(seed, crashAt);
        try {
          await startAgain(death === 'kill' ? disk.afterKill() : disk.afterPowerCut(), history, seed);
        } catch (error) {
          throw new Error(`seed ${seed}, step ${crashAt}: ${(error as Error).message}`, { cause: error });
        }
      }
    }
  });
}

testInOwnThread(import.meta.url, 'a journal in memory is compacted to the same', async () => {
  for (const seed of SEEDS) {
    const clock = new ManualClock();
    const random = seededRandom(seed);
    const engine = await openEngine({ dataDir: null, clusterId: 'small', clock, random, maxSegmentSize: 8 * 1024 });
    const opened: Started = { engine, passes: 0 };
    const history = new History();
    for (let round = 0; round < 4; round++) {
      await work(opened, clock, history, seed * 100 + round);
      await check(opened, history);
    }
    for (let stream = 1; stream <= STREAMS; stream++) await compact(opened, clock, history, stream);
    await check(opened, history);
    assert.ok(opened.passes > 8, `${opened.passes} passes`);
    for (let stream = 1; stream <= STREAMS; stream++) {
      assert.equal(engine.state(stream).liveBytes, (await readAll(engine, stream)).length);
    }
    await runUntil(clock, engine.close());
  }
});
