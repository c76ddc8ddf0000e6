/** Changes of state that count once they are stored: begun together, and completed or taken back together. */
import { countOf, type InFlightBatch, type OffsetRange, type Run } from './in-flight-batch.ts';
import type { StateBatch } from './in-flight.ts';
import { RecordState, type RecordStatus, statusOf, type Transition } from './record-status.ts';
import type { DiscardCause, DiscardedRecords } from './types.ts';

/** Where a change begins and ends in a batch; not all in between need be touched. */
interface Touched extends OffsetRange {
  readonly batch: InFlightBatch;
}

/** What becomes of records. */
export interface NextState {
  readonly state: RecordState;
  /** Why they are given up, if they are. */
  readonly cause: DiscardCause;
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

  /** Puts records of a batch into the state that `next` gives for each run; ranges are in order and do not overlap. */
  begin<R extends OffsetRange>(batch: InFlightBatch, ranges: readonly R[], next: (run: Run, range: R) => NextState) {
    const [first] = ranges;
    const last = ranges.at(-1);
    if (first === undefined || last === undefined) return;
    batch.isSplit ||= ranges.some(({ firstOffset, lastOffset }) => !batch.isWithin(firstOffset, lastOffset));
    this.#touched.push({ batch, firstOffset: first.firstOffset, lastOffset: last.lastOffset });
    batch.changeAll(ranges, (run, range) => {
      const { state, cause } = next(run, range);
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
