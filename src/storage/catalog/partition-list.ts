/**
 * A topic's partitions by index. They are kept as runs with consecutive streams, so that a topic costs the same whatever
 * its size; what is said of one partition is made when somebody asks.
 */
import type { StreamId } from '../types.ts';

/** Partitions made by one call. */
export interface PartitionRun {
  readonly firstIndex: number;
  readonly count: number;
  /** Stream of the first partition; the others follow. */
  readonly firstStream: StreamId;
  readonly createdAtStart: number;
}

/** Makes what is said of the partition with this index, which is in the run. */
type Describe<P> = (index: number, stream: StreamId, run: PartitionRun) => P;

export class PartitionList<P> implements Iterable<P> {
  /** Sorted by first index, without gaps. */
  readonly runs: readonly PartitionRun[];
  readonly #describe: Describe<P>;

  constructor(runs: readonly PartitionRun[], describe: Describe<P>) {
    this.runs = runs;
    this.#describe = describe;
  }

  get length(): number {
    const last = this.runs.at(-1);
    return last === undefined ? 0 : last.firstIndex + last.count;
  }

  /** The partition with this index, or undefined; unlike an array's, a negative one names none. */
  at(index: number): P | undefined {
    const { runs } = this;
    let low = 0;
    let high = runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const run = runs[middle] as PartitionRun;
      if (index < run.firstIndex) high = middle;
      else if (index >= run.firstIndex + run.count) low = middle + 1;
      else return this.#describe(index, run.firstStream + index - run.firstIndex, run);
    }
    return undefined;
  }

  /** Partitions from index `start` up to `end`, exclusive. */
  slice(start: number, end: number = this.length): P[] {
    const partitions: P[] = [];
    for (const run of this.runs) {
      const from = Math.max(start, run.firstIndex);
      const to = Math.min(end, run.firstIndex + run.count);
      for (let index = from; index < to; index++) {
        partitions.push(this.#describe(index, run.firstStream + index - run.firstIndex, run));
      }
    }
    return partitions;
  }

  *[Symbol.iterator](): Generator<P, void, undefined> {
    for (const run of this.runs) {
      for (let i = 0; i < run.count; i++) yield this.#describe(run.firstIndex + i, run.firstStream + i, run);
    }
  }

  map<T>(made: (partition: P) => T): T[] {
    return Array.from(this, made);
  }

  /** The streams of all partitions. */
  *streams(): Generator<StreamId, void, undefined> {
    for (const { firstStream, count } of this.runs) {
      for (let i = 0; i < count; i++) yield firstStream + i;
    }
  }
}
