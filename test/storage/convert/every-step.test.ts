/**
 * A small log that is sealed, converted, compacted and published, with a power cut at every single step that the disk does for
 * it: whatever was acknowledged is there afterwards, and all of it can be done again.
 */
import assert from 'node:assert/strict';
import { sizeInBytes } from '../../../protocol/records/batch.ts';
import { buildBatch } from '../../../protocol/records/build.ts';
import { batchPositions, decodeRecordsSync } from '../../../protocol/records/iterate.ts';
import { plainSlice } from '../../../src/base/counted.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { Engine } from '../../../src/storage/open-engine.ts';
import { readAll } from '../../support/batches.ts';
import { NO_PRODUCERS } from '../../support/compact-log.ts';
import { ConvertingEngine } from '../../support/converting-engine.ts';
import { CopiedCatalog } from '../../support/copied-catalog.ts';
import { FaultyDisk } from '../../support/faulty-disk.ts';
import { testInOwnThread } from '../../support/own-thread.ts';

/** Keys of the compacted stream come back every so many offsets. */
const KEYS = 2;
const [PLAIN, COMPACTED] = [1, 2];
const OPTIONS = { maxSegmentSize: 4096 };

/** What was asked for; all offsets of a stream are batches of one record. */
class Asked {
  readonly catalog = new CopiedCatalog(10);
  /** Records of each stream that were acknowledged as on the device. */
  readonly acknowledged = new Map([
    [PLAIN, 0],
    [COMPACTED, 0],
  ]);
  compactedTo = 0;
  trimmedTo = 0;
}

function valueOf(stream: number, offset: number): Buffer {
  return Buffer.alloc(stream === PLAIN ? 700 : 300, `${stream}/${offset};`);
}

function append(engine: Engine, stream: number): Promise<void> {
  const offset = engine.state(stream).logEndOffset;
  const record = { key: Buffer.from(`key-${offset % KEYS}`), value: valueOf(stream, offset), timestampMs: 1000 };
  return new Promise((resolve, reject) => {
    engine.append({
      stream,
      baseOffset: offset,
      offsetCount: 1,
      leaderEpoch: 0,
      maxTimestampMs: 1000,
      payload: plainSlice(buildBatch([record], { baseOffset: offset, leaderEpoch: 0 })),
      durability: 'fsync',
      onCommit: (error) => (error === null ? resolve() : reject(error)),
    });
  });
}

async function appendSome(rig: ConvertingEngine, asked: Asked, rounds: number): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    for (const stream of [PLAIN, COMPACTED]) {
      await rig.until(append(rig.engine, stream));
      asked.acknowledged.set(stream, rig.engine.state(stream).logEndOffset);
    }
  }
}

/** Fills some files, has them converted, compacts, trims, and has what is dead dropped; then an orderly stop. */
async function live(rig: ConvertingEngine, asked: Asked): Promise<void> {
  for (const stream of [PLAIN, COMPACTED]) rig.engine.createStream(stream);
  await appendSome(rig, asked, 16);
  await rig.pass(10_000);
  asked.compactedTo = rig.engine.state(COMPACTED).logEndOffset - 1;
  const request = { stream: COMPACTED, endOffset: asked.compactedTo, nowMs: rig.clock.now(), deleteRetentionMs: 1000 };
  const limits = { producers: NO_PRODUCERS, worthBytes: 1e9, mapBytes: 24 * 64, mapLoadFactor: 0.9 };
  const outcome = await rig.until(rig.engine.compact({ ...request, ...limits }));
  assert.ok(outcome !== null && outcome.counts.recordsAfter < outcome.counts.recordsBefore);
  asked.trimmedTo = rig.engine.state(PLAIN).logEndOffset - 3;
  await rig.until(rig.engine.trim(PLAIN, asked.trimmedTo));
  await appendSome(rig, asked, 2);
  await rig.pass(10_000);
  const { merges } = rig.engine.stats().counters;
  assert.ok(merges.conversion > 0 && merges.compaction > 0 && rig.engine.stats().counters.segmentsDropped > 0);
  await rig.close();
}

async function check({ engine }: ConvertingEngine, asked: Asked): Promise<void> {
  for (const [stream, acknowledged] of asked.acknowledged) {
    if (!engine.has(stream)) {
      assert.equal(acknowledged, 0);
      continue;
    }
    const { logStartOffset, logEndOffset } = engine.state(stream);
    assert.ok(logEndOffset >= acknowledged, `stream ${stream} ends at ${logEndOffset}`);
    assert.ok(logStartOffset <= (stream === PLAIN ? asked.trimmedTo : 0));
    const bytes = await readAll(engine, stream);
    const found = new Set<number>();
    for (const at of batchPositions(bytes)) {
      for (const { offset, value } of decodeRecordsSync(bytes.subarray(at, at + sizeInBytes(bytes, at)))) {
        assert.deepEqual(value, valueOf(stream, offset));
        found.add(offset);
      }
    }
    for (let offset = logStartOffset; offset < logEndOffset; offset++) {
      const mayBeGone = stream === COMPACTED && offset + KEYS < asked.compactedTo;
      assert.ok(found.has(offset) || mayBeGone, `stream ${stream} lost ${offset}`);
    }
    asked.acknowledged.set(stream, logEndOffset);
  }
}

/** A start on what a power cut left, the same work once more, and another start. */
async function goOn(disk: FaultyDisk, asked: Asked): Promise<void> {
  const rig = await ConvertingEngine.open(disk, asked.catalog, OPTIONS);
  await check(rig, asked);
  await live(rig, asked);
  assert.equal(disk.openFiles, 0);
  const last = await ConvertingEngine.open(disk.afterKill(), asked.catalog, OPTIONS);
  await check(last, asked);
  await last.close();
}

testInOwnThread(
  import.meta.url,
  'a power cut at every step of seal, conversion, compaction and publication',
  async () => {
    const whole = new FaultyDisk(seededRandom(1));
    const first = new Asked();
    await live(await ConvertingEngine.open(whole, first.catalog, OPTIONS), first);
    const { steps } = whole;
    assert.ok(steps > 100, `${steps} steps`);
    for (let crashAt = 1; crashAt <= steps; crashAt++) {
      const disk = new FaultyDisk(seededRandom(crashAt));
      disk.crashAt = crashAt;
      const asked = new Asked();
      try {
        await live(await ConvertingEngine.open(disk, asked.catalog, OPTIONS), asked);
      } catch (error) {
        if (!disk.hasCrashed) throw error;
      }
      try {
        await goOn(disk.afterPowerCut(), asked);
      } catch (error) {
        throw new Error(`step ${crashAt} of ${steps}: ${(error as Error).message}`, { cause: error });
      }
    }
  },
);
