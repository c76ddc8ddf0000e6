/**
 * Which of the records that were read a member gets. Batches that have been delivered before keep their borders. A
 * record limit is exact in mode 1; in mode 0 it ends with the batch of the log that reaches it. Records that failed
 * often come in ever smaller pieces, and alone at last, so that one bad record does not take others with it.
 */
import { countOf, InFlightBatch, type OffsetRange } from './in-flight-batch.ts';
import type { InFlight } from './in-flight.ts';
import type { Lock } from './locks.ts';
import { acquired, isAvailable, statusOf, RecordState } from './record-status.ts';

/** A batch of the log as it was read; offsets are inclusive. */
export interface ReadBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** -1n for none. */
  readonly producerId: bigint;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
}

/** Kafka's share acquire modes on the wire. */
export const AcquireMode = { BATCH_OPTIMIZED: 0, RECORD_LIMIT: 1 } as const;
export type AcquireMode = (typeof AcquireMode)[keyof typeof AcquireMode];

export interface Acquisition {
  readonly memberId: string;
  readonly mode: AcquireMode;
  /** Wanted size of acquired batches. */
  readonly batchSize: number;
  readonly maxRecords: number;
  /** Where the read began. */
  readonly fetchOffset: number;
  /** What was read; a read in the middle of a batch gives all of it. */
  readonly batches: readonly ReadBatch[];
}

/** Records that belong to the member now; offsets are inclusive. */
export interface AcquiredRecords {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly deliveryCount: number;
}

export interface AcquireLimits {
  readonly deliveryCountLimit: number;
  /** Most offsets in flight. */
  readonly maxRecordLocks: number;
  /** For ranges in order. */
  lock(memberId: string, ranges: readonly OffsetRange[]): Lock;
}

/** Limits too low for single deliveries to make sense. */
const LEAST_THROTTLE_LIMIT = 2;

/** Acquires what may be acquired of the read. */
export function acquire(inFlight: InFlight, wanted: Acquisition, limits: AcquireLimits): readonly AcquiredRecords[] {
  const first = wanted.batches[0];
  const last = wanted.batches.at(-1);
  if (first === undefined || last === undefined || last.lastOffset < inFlight.startOffset) return [];
  const bounds = boundsOf(inFlight, wanted, limits, last.lastOffset);
  if (bounds.maxRecords <= 0) return [];
  archiveMissing(inFlight, wanted.fetchOffset, first.baseOffset);
  return new Acquirer(inFlight, { ...wanted, maxRecords: bounds.maxRecords }, limits).run(
    first.baseOffset,
    bounds.lastOffset,
  );
}

/** Last offset and most records to acquire: beyond the limit of locks only what is in flight already. */
function boundsOf(
  inFlight: InFlight,
  { maxRecords, fetchOffset }: Acquisition,
  { maxRecordLocks }: AcquireLimits,
  lastOffset: number,
): { readonly maxRecords: number; readonly lastOffset: number } {
  const room = Math.min(maxRecords, maxRecordLocks - inFlight.count);
  if (room > 0 || fetchOffset > inFlight.endOffset) return { maxRecords: room, lastOffset };
  return {
    maxRecords: Math.min(maxRecords, inFlight.endOffset - fetchOffset + 1),
    lastOffset: Math.min(lastOffset, inFlight.endOffset),
  };
}

/** Available records that the read did not give are in the log no more. */
function archiveMissing(inFlight: InFlight, fetchOffset: number, baseOffset: number): void {
  if (fetchOffset >= baseOffset) return;
  if (inFlight.archive(fetchOffset, baseOffset - 1, RecordState.AVAILABLE)) inFlight.mayHaveAvailable = true;
}

class Acquirer {
  readonly #inFlight: InFlight;
  readonly #wanted: Acquisition;
  readonly #limits: AcquireLimits;
  readonly #result: AcquiredRecords[] = [];
  /** Records that may still be acquired. */
  #left: number;

  constructor(inFlight: InFlight, wanted: Acquisition, limits: AcquireLimits) {
    this.#inFlight = inFlight;
    this.#wanted = wanted;
    this.#limits = limits;
    this.#left = wanted.maxRecords;
  }

  /** Both ends inclusive. */
  run(readOffset: number, lastOffset: number): readonly AcquiredRecords[] {
    const { batches, startOffset } = this.#inFlight;
    const known = batches.overlapping(readOffset, lastOffset);
    const floor = batches.floor(readOffset);
    let nextOffset = floor === undefined ? Math.max(readOffset, startOffset) : readOffset;
    for (const batch of known) {
      if (this.#left <= 0) break;
      if (this.#inFlight.hasHoles) {
        if (nextOffset < batch.firstOffset) this.#acquireNew(nextOffset, batch.firstOffset - 1);
        nextOffset = batch.lastOffset + 1;
        if (this.#left <= 0) break;
      }
      this.#acquireAgain(batch, readOffset, lastOffset);
    }
    const lastKnown = known.at(-1);
    const freshOffset = lastKnown === undefined ? nextOffset : lastKnown.lastOffset + 1;
    if (this.#left > 0 && freshOffset <= lastOffset) this.#acquireNew(freshOffset, lastOffset);
    const lastAcquired = this.#result.at(-1);
    if (lastAcquired !== undefined) this.#inFlight.passHoles(lastAcquired.lastOffset + 1);
    return this.#result;
  }

  /** Acquires what is available of a batch that has been delivered before. */
  #acquireAgain(batch: InFlightBatch, firstOffset: number, lastOffset: number): void {
    const isThrottled = this.#isThrottled(batch, firstOffset, lastOffset);
    if (isThrottled && this.#result.length > 0) {
      // Comes alone, with the next fetch.
      this.#left = 0;
      return;
    }
    const isTooLarge = this.#wanted.mode === AcquireMode.RECORD_LIMIT && countOf(batch) > this.#left;
    const isWhole = batch.isWithin(firstOffset, lastOffset) && !batch.isSplit && !isTooLarge && !isThrottled;
    if (!batch.isSplit && !isAvailable(batch.status)) return;
    if (isWhole) {
      this.#take(batch, [batch]);
      return;
    }
    batch.isSplit = true;
    const count = this.#acquirePart(batch, firstOffset, lastOffset);
    if (isThrottled && count > 0) this.#left = 0;
  }

  /** Deliveries from which on records come in smaller pieces. */
  get #throttleLimit(): number {
    return Math.max(LEAST_THROTTLE_LIMIT, Math.ceil(this.#limits.deliveryCountLimit / 2));
  }

  #isThrottled(batch: InFlightBatch, firstOffset: number, lastOffset: number): boolean {
    const runs = batch.isSplit ? batch.runsIn(firstOffset, lastOffset) : batch.runs;
    return runs.some(({ status }) => isAvailable(status) && status.deliveryCount >= this.#throttleLimit);
  }

  /** Acquires available records of a split batch, as many as their deliveries so far allow; gives how many. */
  #acquirePart(batch: InFlightBatch, firstOffset: number, lastOffset: number): number {
    const { deliveryCountLimit } = this.#limits;
    const isolates = deliveryCountLimit > LEAST_THROTTLE_LIMIT;
    let most = this.#wanted.mode === AcquireMode.RECORD_LIMIT ? this.#left : Infinity;
    let isThrottled = false;
    let count = 0;
    const parts: OffsetRange[] = [];
    for (const run of batch.runsIn(firstOffset, lastOffset)) {
      if (!isAvailable(run.status)) continue;
      const { deliveryCount } = run.status;
      const isLast = isolates && deliveryCount === deliveryCountLimit - 1;
      if (isLast && count > 0) break;
      if (isLast) most = 1;
      if (deliveryCount >= this.#throttleLimit && !isThrottled) {
        isThrottled = true;
        const fewer = Math.max(1, countOf(batch) >> (deliveryCount - this.#throttleLimit + 1));
        // As in Kafka, more than that before them means that the rest comes, too.
        if (fewer > count) most = Math.min(most, fewer);
      }
      if (count >= most) break;
      const taken = Math.min(countOf(run), most - count);
      parts.push({ firstOffset: run.firstOffset, lastOffset: run.firstOffset + taken - 1 });
      count += taken;
      if (count >= most) break;
    }
    this.#take(batch, parts);
    return count;
  }

  /** Acquires ranges of each of which all records stand alike, under one lock. */
  #take(batch: InFlightBatch, ranges: readonly OffsetRange[]): void {
    if (ranges.length === 0) return;
    const lock = this.#limits.lock(this.#wanted.memberId, ranges);
    batch.changeAll(ranges, (run) => {
      const status = acquired(run.status, lock);
      const { firstOffset, lastOffset } = run;
      this.#result.push({ firstOffset, lastOffset, deliveryCount: status.deliveryCount });
      this.#left -= countOf(run);
      return status;
    });
  }

  /** Acquires records that have never been delivered, up to `lastOffset`. */
  #acquireNew(fromOffset: number, lastOffset: number): void {
    const inFlight = this.#inFlight;
    const isFirst = inFlight.batches.size === 0;
    const firstOffset = isFirst ? Math.max(fromOffset, inFlight.endOffset) : fromOffset;
    let end = lastOffset;
    if (this.#left < end - firstOffset + 1) {
      end = this.#endOfBatchAt(firstOffset + this.#left - 1);
      if (inFlight.hasHoles) end = Math.min(end, lastOffset);
    }
    if (end < firstOffset) return;
    if (this.#wanted.mode === AcquireMode.RECORD_LIMIT) this.#addLimited(firstOffset, end);
    else this.#addBatches(firstOffset, end);
    if (inFlight.batches.first?.firstOffset === firstOffset) inFlight.startOffset = firstOffset;
    inFlight.endOffset = Math.max(inFlight.endOffset, end);
  }

  /** Batches of about the wanted size, each of whole batches of the log. */
  #addBatches(firstOffset: number, lastOffset: number): void {
    let start = firstOffset;
    for (const { baseOffset } of this.#wanted.batches) {
      if (baseOffset > lastOffset) break;
      if (baseOffset <= start || baseOffset - start < this.#wanted.batchSize) continue;
      this.#add(start, baseOffset - 1);
      start = baseOffset;
    }
    this.#add(start, lastOffset);
  }

  /** One batch that ends with one of the log, though not all of it is acquired. */
  #addLimited(firstOffset: number, lastOffset: number): void {
    if (lastOffset - firstOffset + 1 <= this.#left) {
      this.#add(firstOffset, lastOffset);
      return;
    }
    const batch = new InFlightBatch(firstOffset, lastOffset, statusOf(RecordState.AVAILABLE, 0));
    batch.isSplit = true;
    this.#inFlight.batches.add(batch);
    this.#inFlight.mayHaveAvailable = true;
    this.#take(batch, [{ firstOffset, lastOffset: firstOffset + this.#left - 1 }]);
  }

  #add(firstOffset: number, lastOffset: number): void {
    const batch = new InFlightBatch(firstOffset, lastOffset, statusOf(RecordState.AVAILABLE, 0));
    this.#inFlight.batches.add(batch);
    this.#take(batch, [batch]);
  }

  /** Last offset of the batch of the log that holds `offset`, or `offset` where there is none. */
  #endOfBatchAt(offset: number): number {
    const batch = this.#wanted.batches.findLast(({ baseOffset }) => baseOffset <= offset);
    return batch === undefined ? offset : Math.max(batch.lastOffset, offset);
  }
}
