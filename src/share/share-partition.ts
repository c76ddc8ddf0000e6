/**
 * One partition as one share group sees it (KIP-932): which records are in flight, whose they are and for how long, how
 * often they have been delivered, and from where on there is something left to do.
 *
 * What members say about records is stored before it is answered, and taken back when it cannot be stored. The end of a
 * lock takes effect at once, stored or not: a record without an owner must come to somebody.
 */
import type { AbortedTransaction } from '../../protocol/records/aborted.ts';
import type { Deadlines } from '../base/deadlines.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { abortedBatches, without } from './aborted.ts';
import { type Acknowledgement, type AcknowledgedRange, AcknowledgeType, rangesOf } from './acknowledge.ts';
import { acquire, type AcquiredRecords, type Acquisition } from './acquire.ts';
import { countOf, type InFlightBatch, type OffsetRange, type Run } from './in-flight-batch.ts';
import { InFlight, type StateBatch } from './in-flight.ts';
import { Lock } from './locks.ts';
import { RecordState, statusOf } from './record-status.ts';
import { addStateBatch, StateChange } from './transition.ts';
import type { DeadLetterQueue, DiscardedRecords, ShareGroupSettings, StateStore, StoredState } from './types.ts';

export interface SharePartitionOptions {
  readonly settings: () => ShareGroupSettings;
  readonly deadlines: Deadlines;
  readonly store: StateStore;
  readonly deadLetters: DeadLetterQueue;
}

/** Told when more may be acquired than before, or the partition is not served any more. */
export type ShareWaiter = () => void;

export class SharePartition {
  readonly #options: SharePartitionOptions;
  readonly #inFlight = new InFlight();
  readonly #waiters = new Set<ShareWaiter>();
  readonly #stateEpoch: number;
  #isClosed = false;

  /** @param startOffset where to begin: that of the state, or the chosen one. @throws Error for a wrong state */
  constructor(options: SharePartitionOptions, state: StoredState, startOffset: number) {
    this.#options = options;
    this.#stateEpoch = state.stateEpoch;
    this.#inFlight.load(startOffset, state.batches);
    this.#bury(this.#archiving(state.batches));
  }

  get startOffset(): number {
    return this.#inFlight.startOffset;
  }

  /** The last offset that was ever acquired, or the next one to fetch when nothing is in flight. */
  get endOffset(): number {
    return this.#inFlight.endOffset;
  }

  /** Records that are not done with, from the start offset on. */
  get inFlightCount(): number {
    return this.#inFlight.count;
  }

  /** Where to read on. */
  nextFetchOffset(): number {
    return this.#inFlight.nextFetchOffset();
  }

  /** False when so many records are in flight that nothing new may be acquired. */
  canAcquire(): boolean {
    if (this.#isClosed) return false;
    const { count, endOffset } = this.#inFlight;
    return this.nextFetchOffset() !== endOffset + 1 || count < this.#options.settings().maxRecordLocks;
  }

  /** Gives the member what may be acquired of a read; of aborted transactions only where `aborted` is null. */
  acquire(wanted: Acquisition, aborted: readonly AbortedTransaction[] | null): readonly AcquiredRecords[] {
    if (this.#isClosed) return [];
    const { deliveryCountLimit, maxRecordLocks } = this.#options.settings();
    const found = acquire(this.#inFlight, wanted, {
      deliveryCountLimit,
      maxRecordLocks,
      lock: (memberId, ranges) => this.#lock(memberId, ranges),
    });
    if (aborted === null || aborted.length === 0 || found.length === 0) return found;
    const dropped = abortedBatches(wanted.batches, aborted);
    for (const { baseOffset, lastOffset } of dropped) {
      this.#inFlight.archive(baseOffset, lastOffset, RecordState.ACQUIRED);
    }
    return without(found, dropped);
  }

  #lock(memberId: string, ranges: readonly OffsetRange[]): Lock {
    const { deadlines, settings } = this.#options;
    const onExpired = (lock: Lock): void => this.#lockExpired(lock);
    const durationMs = settings().recordLockDurationMs;
    return new Lock(memberId, ranges, { deadlines, durationMs, onExpired });
  }

  /**
   * Takes all acknowledgements or none; resolves when they are stored.
   * @throws KafkaError (as a rejection) INVALID_REQUEST, INVALID_RECORD_STATE, or why they cannot be stored
   */
  async acknowledge(memberId: string, acknowledgements: readonly Acknowledgement[]): Promise<void> {
    const ranges = rangesOf(this.#inFlight, memberId, acknowledgements);
    const renewed = ranges.filter(({ type }) => type === AcknowledgeType.RENEW);
    if (renewed.length > 0 && !this.#options.settings().renewAcknowledgeEnable) {
      throw new KafkaError(ErrorCode.INVALID_RECORD_STATE, 'Renewing acquisition locks is not enabled for the group.');
    }
    for (const [batch, said] of byBatch(renewed)) this.#renew(batch, said, memberId);
    const change = new StateChange();
    const others = ranges.filter(({ type }) => type !== AcknowledgeType.RENEW);
    for (const [batch, said] of byBatch(others)) {
      change.begin(batch, said, (run, { type }) => ({
        state: this.#stateFor(type, run),
        cause: type === AcknowledgeType.REJECT ? 'rejected' : 'delivery-count-limit',
      }));
    }
    await this.#store(change);
  }

  #stateFor(type: AcknowledgeType, run: Run): RecordState {
    if (type === AcknowledgeType.ACCEPT) return RecordState.ACKNOWLEDGED;
    if (type === AcknowledgeType.GAP) return RecordState.ARCHIVED;
    return type === AcknowledgeType.RELEASE ? this.#stateWhenReleased(run) : this.#discardedState;
  }

  /** Given back: available again, unless it has been delivered too often or the log begins behind it. */
  #stateWhenReleased({ lastOffset, status }: Run): RecordState {
    if (lastOffset < this.#inFlight.startOffset) return RecordState.ARCHIVED;
    const isOver = status.deliveryCount >= this.#options.settings().deliveryCountLimit;
    return isOver ? this.#discardedState : RecordState.AVAILABLE;
  }

  get #discardedState(): RecordState {
    return this.#options.deadLetters.isWanted() ? RecordState.ARCHIVING : RecordState.ARCHIVED;
  }

  #renew(batch: InFlightBatch, ranges: readonly OffsetRange[], memberId: string): void {
    batch.isSplit ||= ranges.some(({ firstOffset, lastOffset }) => !batch.isWithin(firstOffset, lastOffset));
    const lock = this.#lock(memberId, ranges);
    batch.changeAll(ranges, (run) => {
      run.status.lock?.release(countOf(run));
      return { ...run.status, lock };
    });
  }

  /** Gives back all that the member has acquired; resolves when that is stored. @throws KafkaError as acknowledge */
  async release(memberId: string): Promise<void> {
    const change = new StateChange();
    for (const batch of this.#inFlight.batches) {
      const held = batch.runs.filter(({ status }) => status.lock?.memberId === memberId);
      const parts = held.flatMap((run) => cutAt(run, this.#inFlight.startOffset));
      change.begin(batch, parts, (run) => ({ state: this.#stateWhenReleased(run), cause: 'delivery-count-limit' }));
    }
    await this.#store(change);
  }

  async #store(change: StateChange): Promise<void> {
    const { batches } = change;
    if (batches.length === 0) return;
    try {
      await this.#write(batches);
    } catch (error) {
      this.#released(change.takeBack((run) => this.#stateWhenReleased(run)));
      throw error;
    }
    change.complete();
    this.#inFlight.mayHaveAvailable ||= batches.some(isAvailableBatch);
    this.#settled();
    this.#bury(change.discarded);
  }

  #write(batches: readonly StateBatch[]): Promise<void> {
    const { startOffset, completeCount: deliveryCompleteCount } = this.#inFlight;
    return this.#options.store.write({ stateEpoch: this.#stateEpoch, startOffset, deliveryCompleteCount, batches });
  }

  #lockExpired(lock: Lock): void {
    const { startOffset, batches } = this.#inFlight;
    const released: StateBatch[] = [];
    for (const batch of batches.overlapping(lock.firstOffset, lock.lastOffset)) {
      const held = batch.runsIn(lock.firstOffset, lock.lastOffset).filter(({ status }) => status.lock === lock);
      batch.isSplit ||= held.some(({ firstOffset, lastOffset }) => !batch.isWithin(firstOffset, lastOffset));
      const parts = held.flatMap((run) => cutAt(run, startOffset));
      batch.changeAll(parts, (run) => {
        const { deliveryCount } = run.status;
        const state = this.#stateWhenReleased(run);
        addStateBatch(released, { ...run, deliveryState: state, deliveryCount });
        return statusOf(state, deliveryCount);
      });
    }
    this.#released(released);
  }

  /** Records that nobody has any more: that counts whether it can be stored or not. */
  #released(released: readonly StateBatch[]): void {
    if (released.length === 0) return;
    this.#inFlight.mayHaveAvailable ||= released.some(isAvailableBatch);
    const stored = (): void => {
      this.#settled();
      this.#bury(this.#archiving(released));
    };
    this.#write(released).then(stored, stored);
    this.wake();
  }

  /** Those of the records that are being archived. */
  #archiving(batches: readonly StateBatch[]): readonly DiscardedRecords[] {
    const limit = this.#options.settings().deliveryCountLimit;
    return batches
      .filter(({ deliveryState }) => deliveryState === RecordState.ARCHIVING)
      .map((batch) => ({ ...batch, cause: batch.deliveryCount >= limit ? 'delivery-count-limit' : 'rejected' }));
  }

  /** Sends records that are being archived to the dead letters; then they are archived. */
  #bury(discarded: readonly DiscardedRecords[]): void {
    for (const records of discarded) {
      const done = (): void => this.#settled();
      void this.#options.deadLetters.send(records).then(() => {
        this.#inFlight.archive(records.firstOffset, records.lastOffset, RecordState.ARCHIVING);
        return this.#write([{ ...records, deliveryState: RecordState.ARCHIVED }]).then(done, done);
      });
    }
  }

  /** The log begins at `logStartOffset` now; stored with the next change. */
  moveLogStart(logStartOffset: number): void {
    this.#inFlight.moveLogStart(logStartOffset);
    this.wake();
  }

  addWaiter(waiter: ShareWaiter): void {
    this.#waiters.add(waiter);
  }

  removeWaiter(waiter: ShareWaiter): void {
    this.#waiters.delete(waiter);
  }

  /** Serves nobody any more; what is being stored is still stored. */
  close(): void {
    this.#isClosed = true;
    for (const batch of this.#inFlight.batches) {
      for (const run of batch.runs) {
        const { lock, pending } = run.status;
        (lock ?? pending?.before.lock)?.release(countOf(run));
      }
    }
    this.wake();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  #settled(): void {
    this.#inFlight.moveStart();
    this.wake();
  }

  /** Lets all who wait look again. */
  wake(): void {
    for (const waiter of this.#waiters) waiter();
  }
}

/** Ranges, which are in order, by their batches. */
function byBatch(ranges: readonly AcknowledgedRange[]): ReadonlyMap<InFlightBatch, readonly AcknowledgedRange[]> {
  return Map.groupBy(ranges, ({ batch }) => batch);
}

function cutAt(run: Run, offset: number): readonly Run[] {
  if (run.firstOffset >= offset || run.lastOffset < offset) return [run];
  return [
    { ...run, lastOffset: offset - 1 },
    { ...run, firstOffset: offset },
  ];
}

function isAvailableBatch({ deliveryState }: StateBatch): boolean {
  return deliveryState === RecordState.AVAILABLE;
}
