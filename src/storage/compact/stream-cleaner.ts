/**
 * The second pass: decides about each batch of a stream, from its start on, as Kafka's cleaner does (KIP-534 for
 * tombstones and markers). Where a batch cannot be read, it and all that comes after it stay as they are.
 */
import { isPromise } from '../../base/realms.ts';
import { inSteps, type Pause, type Steps } from '../../base/steps.ts';
import {
  attributes,
  BatchAttribute,
  baseOffset,
  baseTimestamp,
  hasDeleteHorizon,
  hasProducerId,
  isControl,
  nextOffset,
  producerEpoch,
  producerId,
  recordsCount,
} from '../../../protocol/records/batch.ts';
import { KafkaError } from '../../../protocol/errors.ts';
import { readMarker } from '../../../protocol/records/markers.ts';
import type { AbortedTransaction } from '../types.ts';
import { bodyOf, mustBeSound, problemOf, RECORDS_PER_STEP, recordsOf, soundDelta } from './batch-records.ts';
import type { KeyPass } from './key-pass.ts';
import type { OffsetMap } from './offset-map.ts';
import { BatchWriter, KeptRecords } from './rewrite.ts';
import { PassedTransactions } from './transactions.ts';
import type { CompactionOutcome } from '../compaction-types.ts';
import type { CompactionTask } from './types.ts';

/** What is known of a batch before its records are looked at. */
interface Verdict {
  /** All records go. */
  readonly discards: boolean;
  /** Without records it stays as an empty batch. */
  readonly staysEmpty: boolean;
  /** A marker of a transaction that is gone. */
  readonly isIdleMarker: boolean;
  /** Our own delete horizon in the batch, in ms, or null. */
  readonly horizonMs: number | null;
}

export class StreamCleaner {
  readonly #task: CompactionTask;
  readonly #map: OffsetMap;
  readonly #pause: Pause;
  /** Exclusive end of what the map knows. */
  readonly #end: number;
  readonly #transactions: PassedTransactions;
  readonly #producers: ReadonlyMap<bigint, { readonly lastOffset: number; readonly epoch: number }>;
  readonly #writer = new BatchWriter();
  readonly #kept = new KeptRecords();
  #problem: string | null;
  readonly #counts = {
    bytesBefore: 0,
    bytesAfter: 0,
    recordsBefore: 0,
    recordsAfter: 0,
    keylessRecords: 0,
    largeBatches: 0,
    keys: 0,
    mapCapacity: 0,
  };

  /** @param keys the first pass, which is done; its map must stay as it left it */
  constructor(keys: KeyPass) {
    const { task, map, pause } = keys;
    this.#task = task;
    this.#pause = pause;
    this.#map = map;
    this.#end = keys.end;
    this.#problem = keys.problem;
    this.#transactions = new PassedTransactions(task.aborted);
    this.#counts.keys = map.size;
    this.#counts.mapCapacity = map.capacity;
    const { producerId: ids, epoch, lastOffset } = task.producers;
    const producers = new Map<bigint, { readonly lastOffset: number; readonly epoch: number }>();
    for (const [row, id] of ids.entries()) {
      producers.set(id, { lastOffset: lastOffset[row] as number, epoch: epoch[row] as number });
    }
    this.#producers = producers;
  }

  /**
   * What to write for the next whole batch of the stream: the same one, another (valid until the next call), or null for
   * nothing.
   */
  take(batch: Buffer): Buffer | null | Promise<Buffer | null> {
    this.#counts.bytesBefore += batch.length;
    if (this.#problem !== null || baseOffset(batch, 0) >= this.#end) return this.#written(batch);
    try {
      mustBeSound(batch);
      const verdict = this.#judge(batch);
      if (verdict.discards) {
        this.#counts.recordsBefore += recordsCount(batch, 0);
        return this.#written(verdict.staysEmpty ? this.#writer.empty(batch) : null);
      }
      const body = bodyOf(batch, this.#pause);
      const decide = (records: Buffer | null): Buffer | null | Promise<Buffer | null> =>
        records === null
          ? this.#keepLarge(batch, verdict)
          : inSteps(this.#decide(batch, records, verdict), this.#pause);
      const decided = isPromise(body) ? body.then(decide) : decide(body);
      return isPromise(decided) ? decided.catch((error: unknown) => this.#copyDamaged(batch, error)) : decided;
    } catch (error) {
      return this.#copyDamaged(batch, error);
    }
  }

  /** False for an aborted transaction of which nothing was left but a marker: no reader can meet its records. */
  keepsAborted(aborted: AbortedTransaction): boolean {
    return this.#problem !== null || aborted.lastOffset >= this.#end || this.#transactions.hasSeen(aborted);
  }

  /** All batches of the stream have come. */
  finish(): CompactionOutcome {
    return {
      stream: this.#task.stream,
      cleanedEnd: this.#problem === null ? this.#end : this.#task.firstDirtyOffset,
      problem: this.#problem,
      counts: this.#counts,
    };
  }

  #judge(batch: Buffer): Verdict {
    const isOurs = nextOffset(batch, 0) <= this.#task.firstDirtyOffset;
    const horizonMs = isOurs && hasDeleteHorizon(batch, 0) ? baseTimestamp(batch, 0) : null;
    const staysEmpty = this.#isLastOfProducer(batch);
    const lastOffset = nextOffset(batch, 0) - 1;
    if (isControl(batch, 0)) {
      const marker = readMarker(batch);
      // One without records is the trace of a marker that is gone; one of another kind is none of ours.
      const isIdleMarker =
        marker === null
          ? recordsCount(batch, 0) === 0
          : this.#transactions.endsNothing(producerId(batch, 0), lastOffset, marker.outcome);
      const discards = isIdleMarker && horizonMs !== null && horizonMs <= this.#task.nowMs;
      return { discards: discards || recordsCount(batch, 0) === 0, staysEmpty, isIdleMarker, horizonMs };
    }
    const isTransactional = (attributes(batch, 0) & BatchAttribute.TRANSACTIONAL) !== 0;
    const isAborted = isTransactional && this.#transactions.isAborted(producerId(batch, 0), lastOffset);
    return { discards: isAborted || recordsCount(batch, 0) === 0, staysEmpty, isIdleMarker: false, horizonMs };
  }

  /** True if a restart would not know its producer, or where that has got to, without this batch. */
  #isLastOfProducer(batch: Buffer): boolean {
    if (!hasProducerId(batch, 0)) return false;
    const known = this.#producers.get(producerId(batch, 0));
    if (known === undefined) return false;
    if (known.lastOffset >= 0) return nextOffset(batch, 0) - 1 === known.lastOffset;
    return isControl(batch, 0) && producerEpoch(batch, 0) === known.epoch;
  }

  #keepLarge(batch: Buffer, verdict: Verdict): Buffer | null {
    this.#counts.largeBatches++;
    return this.#written(this.#unchanged(batch, verdict));
  }

  *#decide(batch: Buffer, body: Buffer, verdict: Verdict): Steps<Buffer | null | Promise<Buffer | null>> {
    const { hasTombstone, count } = yield* this.#choose(batch, body, verdict);
    const kept = this.#kept;
    this.#counts.recordsBefore += count;
    this.#counts.recordsAfter += kept.count;
    if (kept.count === 0) return this.#written(verdict.staysEmpty ? this.#writer.empty(batch) : null);
    const needsHorizon = (hasTombstone || verdict.isIdleMarker) && verdict.horizonMs === null;
    if (kept.count === count && !needsHorizon) return this.#written(this.#unchanged(batch, verdict));
    const { nowMs, deleteRetentionMs } = this.#task;
    const horizonMs = needsHorizon ? nowMs + deleteRetentionMs : verdict.horizonMs;
    const written = yield* this.#writer.rewrite(batch, body, kept, horizonMs);
    return isPromise(written) ? written.then((done) => this.#written(done)) : this.#written(written);
  }

  /** Goes over the records of a batch; those that stay are in `#kept` then. */
  *#choose(batch: Buffer, body: Buffer, verdict: Verdict): Steps<{ hasTombstone: boolean; count: number }> {
    const kept = this.#kept;
    const isMarker = isControl(batch, 0);
    const base = baseOffset(batch, 0);
    const mayDropTombstones = verdict.horizonMs !== null && verdict.horizonMs <= this.#task.nowMs;
    const records = recordsOf(batch, body);
    let hasTombstone = false;
    let count = 0;
    let recordStart = 0;
    kept.begin(recordsCount(batch, 0));
    for (; records.next(); recordStart = records.end) {
      if (count++ % RECORDS_PER_STEP === 0 && count > 1) yield;
      const offset = base + soundDelta(records.offsetDelta, batch);
      if (!isMarker && offset < this.#end) {
        if (records.keyLength < 0) {
          this.#counts.keylessRecords++;
          continue;
        }
        if (records.valueLength < 0 && mayDropTombstones) continue;
        if (offset < this.#map.get(body, records.keyStart, records.keyLength)) continue;
      }
      if (records.valueLength < 0) hasTombstone = true;
      kept.add(records, recordStart);
    }
    return { hasTombstone, count };
  }

  /** The batch as it is, but for a mark that only we may make. */
  #unchanged(batch: Buffer, { horizonMs }: Verdict): Buffer {
    return horizonMs === null && hasDeleteHorizon(batch, 0) ? this.#writer.withoutHorizon(batch) : batch;
  }

  #copyDamaged(batch: Buffer, error: unknown): Buffer {
    if (!(error instanceof KafkaError)) throw error;
    this.#problem = problemOf(batch, error);
    return this.#written(batch) as Buffer;
  }

  #written(batch: Buffer | null): Buffer | null {
    if (batch !== null) this.#counts.bytesAfter += batch.length;
    return batch;
  }
}
