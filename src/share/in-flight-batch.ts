/** Records in flight that were acquired together, as runs of records that stand alike. */
import { isSame, type RecordStatus } from './record-status.ts';

/** Both ends inclusive. */
export interface OffsetRange {
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/** Records next to each other with one status; offsets are inclusive. */
export interface Run extends OffsetRange {
  readonly status: RecordStatus;
}

export function countOf({ firstOffset, lastOffset }: OffsetRange): number {
  return lastOffset - firstOffset + 1;
}

export class InFlightBatch {
  /** Both inclusive. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Its records have been treated differently: from now on each is looked at on its own. */
  isSplit = false;
  /** Without holes, from the first to the last offset. */
  #runs: readonly Run[];

  constructor(firstOffset: number, lastOffset: number, status: RecordStatus) {
    this.firstOffset = firstOffset;
    this.lastOffset = lastOffset;
    this.#runs = [{ firstOffset, lastOffset, status }];
  }

  /** The status of all records, as long as the batch is not split. */
  get status(): RecordStatus {
    return (this.#runs[0] as Run).status;
  }

  get runs(): readonly Run[] {
    return this.#runs;
  }

  /** True when all its offsets lie in the range, ends included. */
  isWithin(firstOffset: number, lastOffset: number): boolean {
    return this.firstOffset >= firstOffset && this.lastOffset <= lastOffset;
  }

  /** The runs in a range, cut off at its ends, which are inclusive. */
  runsIn(firstOffset: number, lastOffset: number): readonly Run[] {
    if (this.isWithin(firstOffset, lastOffset)) return this.#runs;
    const found: Run[] = [];
    for (let index = this.#indexAt(firstOffset); index < this.#runs.length; index++) {
      const run = this.#runs[index] as Run;
      if (run.firstOffset > lastOffset) break;
      found.push({
        firstOffset: Math.max(run.firstOffset, firstOffset),
        lastOffset: Math.min(run.lastOffset, lastOffset),
        status: run.status,
      });
    }
    return found;
  }

  /** Index of the first run that does not end before `offset`. */
  #indexAt(offset: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#runs[middle] as Run).lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Gives each record of the range, ends included, the status that `next` makes of its own; of runs where it can. */
  change(firstOffset: number, lastOffset: number, next: (run: Run) => RecordStatus): void {
    this.changeAll([{ firstOffset, lastOffset }], next);
  }

  /** As `change` for each of the ranges, which are in order and do not overlap, in one pass over all records. */
  changeAll<R extends OffsetRange>(ranges: readonly R[], next: (run: Run, range: R) => RecordStatus): void {
    const changed: Run[] = [];
    let index = 0;
    for (const run of this.#runs) {
      let rest = run;
      for (; index < ranges.length; index++) {
        const range = ranges[index] as R;
        if (range.lastOffset < rest.firstOffset) continue;
        if (range.firstOffset > run.lastOffset) break;
        if (rest.firstOffset < range.firstOffset) push(changed, { ...rest, lastOffset: range.firstOffset - 1 });
        const inside = clip(rest, range);
        push(changed, { ...inside, status: next(inside, range) });
        rest = { ...run, firstOffset: inside.lastOffset + 1 };
        if (range.lastOffset > run.lastOffset) break; // goes on in the next run
      }
      if (rest.firstOffset <= run.lastOffset) push(changed, rest);
    }
    this.#runs = changed;
  }
}

/** What lies inside the range, which it overlaps. */
function clip(run: Run, { firstOffset, lastOffset }: OffsetRange): Run {
  if (run.firstOffset >= firstOffset && run.lastOffset <= lastOffset) return run;
  return {
    firstOffset: Math.max(run.firstOffset, firstOffset),
    lastOffset: Math.min(run.lastOffset, lastOffset),
    status: run.status,
  };
}

function push(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  if (last === undefined || !isSame(last.status, run.status)) runs.push(run);
  else runs[runs.length - 1] = { ...last, lastOffset: run.lastOffset };
}
