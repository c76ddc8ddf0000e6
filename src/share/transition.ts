/** Changes of state that count once they are stored: begun together, and completed or taken back together. */
import { countOf, type InFlightBatch, type Run } from './in-flight-batch.ts';
import type { StateBatch } from './in-flight.ts';
import { RecordState, type RecordStatus, statusOf, type Transition } from './record-status.ts';
import type { DiscardCause, DiscardedRecords } from './types.ts';

/** Offsets are inclusive. */
export interface Touched {
  readonly batch: InFlightBatch;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

export class StateChange {
  readonly #transition: Transition = { kind: 'transition' };
  readonly #touched: Touched[] = [];
  readonly #batches: StateBatch[] = [];
  readonly #discarded: DiscardedRecords[] = [];

  /** What has to be stored, runs of equal records as one. */
  get batches(): readonly StateBatch[] {
    return this.#batches;
  }

  /** What goes to the dead letters. */
  get discarded(): readonly DiscardedRecords[] {
    return this.#discarded;
  }

  /**
   * Puts the records of a range into the state that `next` gives for each run.
   * @param cause why records are given up, if they are
   */
  begin({ batch, firstOffset, lastOffset }: Touched, cause: DiscardCause, next: (run: Run) => RecordState): void {
    batch.isSplit ||= !batch.isWithin(firstOffset, lastOffset);
    this.#touched.push({ batch, firstOffset, lastOffset });
    batch.change(firstOffset, lastOffset, (run) => {
      const state = next(run);
      const { deliveryCount } = run.status;
      addStateBatch(this.#batches, { ...run, deliveryState: state, deliveryCount });
      if (state === RecordState.ARCHIVING) this.#discarded.push({ ...run, deliveryCount, cause });
      return { state, deliveryCount, lock: null, pending: { transition: this.#transition, before: run.status } };
    });
  }

  /** What was begun is stored. */
  complete(): void {
    this.#resolve((run, before) => {
      before.lock?.release(countOf(run));
      return statusOf(run.status.state, run.status.deliveryCount);
    });
  }

  /**
   * What was begun is not stored: records have the status from before, unless their lock has run out meanwhile.
   * @param released the state of a record that nobody has any more
   * @returns the records that nobody has any more
   */
  takeBack(released: (run: Run) => RecordState): readonly StateBatch[] {
    const free: StateBatch[] = [];
    this.#resolve((run, before) => {
      if (before.lock?.isExpired !== true) return before;
      const { deliveryCount } = before;
      const state = released({ ...run, status: before });
      addStateBatch(free, { ...run, deliveryState: state, deliveryCount });
      return statusOf(state, deliveryCount);
    });
    return free;
  }

  #resolve(next: (run: Run, before: RecordStatus) => RecordStatus): void {
    for (const { batch, firstOffset, lastOffset } of this.#touched) {
      batch.change(firstOffset, lastOffset, (run) => {
        const { pending } = run.status;
        return pending?.transition === this.#transition ? next(run, pending.before) : run.status;
      });
    }
  }
}

/** Adds a range to the end of a list, as part of the last one where it continues that. */
export function addStateBatch(batches: StateBatch[], added: StateBatch): void {
  const { firstOffset, lastOffset, deliveryState, deliveryCount } = added;
  const last = batches.at(-1);
  const isMore =
    last !== undefined &&
    last.lastOffset + 1 === firstOffset &&
    last.deliveryState === deliveryState &&
    last.deliveryCount === deliveryCount;
  if (isMore) batches[batches.length - 1] = { ...last, lastOffset };
  else batches.push({ firstOffset, lastOffset, deliveryState, deliveryCount });
}
