/**
 * Our compaction beside Kafka's cleaner: random logs are written to Apache Kafka 4.4.0, whose cleaner makes a pass over
 * them; ours makes the same pass over the same batches; what is served afterwards must be the same, byte for byte, but
 * for how a codec packs. Several passes over each log, with more written between them.
 *
 * WALKA_COMPACTION_SEEDS: how many logs (default 12); WALKA_COMPACTION_SEED: only this one.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { seededRandom } from '../../../src/base/random.ts';
import { ProducerState } from '../../../src/partition/producer-state.ts';
import { DirtySegments } from '../../../src/storage/compact/due.ts';
import type { CompactionTask } from '../../../src/storage/compact/types.ts';
import type { ProducerEnds } from '../../../src/storage/compaction-types.ts';
import type { AbortedTransaction } from '../../../src/storage/types.ts';
import * as B from '../../../protocol/records/batch.ts';
import { decodeRecords } from '../../../protocol/records/iterate.ts';
import { readMarker } from '../../../protocol/records/markers.ts';
import { BrokerProcess, cacheDir } from '../../support/broker-process.ts';
import { compactLog } from '../../support/compact-log.ts';
import { missing } from '../client-suite.ts';
import { CleanedLog } from './cleaned-log.ts';
import { RandomLog } from './random-log.ts';
import { Session } from './session.ts';

const settings = { 'log.cleaner.backoff.ms': '100', 'log.retention.ms': '-1' };
const skip = missing({ files: [join(cacheDir, 'kafka')], component: 'kafka' });
const SEGMENT_BYTES = 2500;
const PASSES = 4;
const NEVER_MS = 86_400_000;

let kafka: BrokerProcess;

before(async () => {
  if (skip === false) kafka = await BrokerProcess.start({ target: 'kafka', settings });
});

after(async () => {
  await kafka?.[Symbol.asyncDispose]();
});

/** What compaction must be told about a log, gathered from its batches as they are appended. */
class LogState {
  readonly #producers = new ProducerState();
  aborted: readonly AbortedTransaction[] = [];
  #end = 0;

  learn(batches: readonly Buffer[]): void {
    for (const batch of batches) {
      if (B.baseOffset(batch, 0) < this.#end) continue;
      this.#end = B.nextOffset(batch, 0);
      const found =
        readMarker(batch)?.outcome === 'abort'
          ? this.#producers.abortedBy(B.producerId(batch, 0), B.baseOffset(batch, 0))
          : null;
      if (found !== null) this.aborted = [...this.aborted, found];
      this.#producers.replay(batch);
    }
  }

  ends(): ProducerEnds {
    const entries = [...this.#producers.entries()];
    return {
      producerId: BigInt64Array.from(entries, ([id]) => id),
      epoch: Int32Array.from(entries, ([, { epoch }]) => epoch),
      lastOffset: Float64Array.from(entries, ([, { batches }]) => (batches.at(-1)?.endOffset ?? 0) - 1),
    };
  }
}

/** A batch in words, all of it: the records of compressed ones expanded, since codecs pack differently. */
async function inWords(batch: Buffer): Promise<string> {
  const header = Buffer.from(batch.subarray(0, B.BATCH_OVERHEAD));
  const isCompressed = B.compressionCodec(batch, 0) !== 0;
  if (isCompressed) header.fill(0, B.BatchField.BATCH_LENGTH, B.BatchField.LEADER_EPOCH).fill(0, 17, 21);
  const records = isCompressed
    ? (await decodeRecords(batch)).map(({ offset, timestampMs, key, value, headers }) => {
        const plain = headers.map((header) => [
          header.key,
          header.value === null ? null : Buffer.from(header.value).toString('hex'),
        ]);
        return [offset, timestampMs, key?.toString('hex'), value?.toString('hex'), plain];
      })
    : batch.subarray(B.BATCH_OVERHEAD).toString('hex');
  const { length } = isCompressed ? [] : batch;
  return JSON.stringify({
    base: B.baseOffset(batch, 0),
    end: B.nextOffset(batch, 0),
    attributes: B.attributes(batch, 0),
    count: B.recordsCount(batch, 0),
    base_: B.baseTimestamp(batch, 0),
    max: B.maxTimestamp(batch, 0),
    producer: [String(B.producerId(batch, 0)), B.producerEpoch(batch, 0), B.baseSequence(batch, 0)],
    length,
    header: header.toString('hex'),
    records,
  });
}

/** When Kafka's pass began: it is in the horizons that it made. Else about now. */
function passTime(afterwards: readonly Buffer[], known: ReadonlySet<number>, deleteRetentionMs: number): number {
  for (const batch of afterwards) {
    const horizonMs = B.baseTimestamp(batch, 0);
    if (B.hasDeleteHorizon(batch, 0) && !known.has(horizonMs)) return horizonMs - deleteRetentionMs;
  }
  return Date.now();
}

function segmentBases(batches: readonly Buffer[], from: number): number[] {
  const bases: number[] = [];
  const segments = new DirtySegments({
    minCleanableDirtyRatio: 0,
    minCompactionLagMs: 0,
    maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
    segmentBytes: SEGMENT_BYTES,
    segmentMs: 604_800_000,
  });
  for (const batch of batches) {
    if (B.baseOffset(batch, 0) < from) continue;
    segments.add({
      baseOffset: B.baseOffset(batch, 0),
      endOffset: B.nextOffset(batch, 0),
      byteLength: batch.length,
      maxTimestampMs: B.maxTimestamp(batch, 0),
      writtenMs: 0,
    });
    const base = segments.activeBase(0);
    if (bases.at(-1) !== base) bases.push(base);
  }
  return bases;
}

const ALL_SEEDS = Array.from({ length: Number(process.env['WALKA_COMPACTION_SEEDS'] ?? 12) }, (_, seed) => seed);
const ONLY = process.env['WALKA_COMPACTION_SEED'];

for (const seed of ONLY === undefined ? ALL_SEEDS : [Number(ONLY)]) {
  test(`what is left of random log ${seed} is what Kafka's cleaner leaves`, { skip, timeout: 900_000 }, async () => {
    await using session = new Session(kafka.port, `c${seed}`);
    const random = seededRandom(seed);
    const deleteRetentionMs = seed % 2 === 0 ? 0 : NEVER_MS;
    const log = await CleanedLog.create(session, kafka, 'log', {
      'internal.segment.bytes': String(SEGMENT_BYTES),
      'delete.retention.ms': String(deleteRetentionMs),
      'message.timestamp.type': seed % 5 === 4 ? 'LogAppendTime' : 'CreateTime',
    });
    const writer = new RandomLog(session, random, log.topic, Date.now());
    await writer.begin();
    const state = new LogState();
    let firstDirtyOffset = 0;
    for (let pass = 0; pass < PASSES; pass++) {
      await writer.round();
      const batches = await log.batches();
      state.learn(batches);
      const predicted = segmentBases(batches, firstDirtyOffset);
      const segments = await log.segments();
      assert.deepEqual(segments.slice(-predicted.length), predicted, 'segments end where Kafka ends them');
      const endOffset = await log.clean();
      if (endOffset === firstDirtyOffset) continue; // an open transaction holds it up
      const expected = await log.batches();
      const known = new Set(batches.filter((batch) => B.hasDeleteHorizon(batch, 0)).map((b) => B.baseTimestamp(b, 0)));
      const task: CompactionTask = {
        stream: 1,
        firstDirtyOffset,
        endOffset,
        nowMs: passTime(expected, known, deleteRetentionMs),
        deleteRetentionMs,
        aborted: state.aborted,
        producers: state.ends(),
        worthBytes: 0,
        mapBytes: 1024 * 1024,
        mapLoadFactor: 0.9,
      };
      const ours = await compactLog(batches, task);
      assert.equal(ours.outcome.problem, null);
      assert.equal(ours.outcome.cleanedEnd, endOffset);
      const actual = await Promise.all(ours.batches.map(inWords));
      const wanted = await Promise.all(expected.map(inWords));
      const differing = [
        ...actual.filter((batch) => !wanted.includes(batch)).map((batch) => `ours: ${batch}`),
        ...wanted.filter((batch) => !actual.includes(batch)).map((batch) => `Kafka's: ${batch}`),
      ];
      assert.deepEqual(differing, [], `pass ${pass}, from ${firstDirtyOffset} to ${endOffset}`);
      const stableEnd = await log.end(1);
      const read = ours.aborted.filter(({ firstOffset }) => firstOffset < stableEnd);
      const told = read.map(({ producerId, firstOffset }) => `${producerId} from ${firstOffset}`);
      assert.deepEqual(
        [...(await log.aborted(stableEnd))].sort(),
        told.sort(),
        `aborted transactions after pass ${pass}`,
      );
      state.aborted = ours.aborted;
      firstDirtyOffset = endOffset;
    }
  });
}
