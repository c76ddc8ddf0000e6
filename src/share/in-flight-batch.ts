/** Records in flight that were acquired together, as runs of records that stand alike. */
import { isSame, type RecordStatus } from './record-status.ts';

/** Records next to each other with one status; offsets are inclusive. */
export interface Run {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly status: RecordStatus;
}

export function countOf({ firstOffset, lastOffset }: Pick<Run, 'firstOffset' | 'lastOffset'>): number {
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
    for (const run of this.#runs) {
      if (run.lastOffset < firstOffset) continue;
      if (run.firstOffset > lastOffset) break;
      found.push({
        firstOffset: Math.max(run.firstOffset, firstOffset),
        lastOffset: Math.min(run.lastOffset, lastOffset),
        status: run.status,
      });
    }
    return found;
  }

  /** Gives each record of the range, ends included, the status that `next` makes of its own; of runs where it can. */
  change(firstOffset: number, lastOffset: number, next: (run: Run) => RecordStatus): void {
    const changed: Run[] = [];
    for (const run of this.#runs) {
      const inside = clip(run, firstOffset, lastOffset);
      if (inside === null) {
        push(changed, run);
        continue;
      }
      if (run.firstOffset < inside.firstOffset) push(changed, { ...run, lastOffset: inside.firstOffset - 1 });
      push(changed, { ...inside, status: next(inside) });
      if (run.lastOffset > inside.lastOffset) push(changed, { ...run, firstOffset: inside.lastOffset + 1 });
    }
    this.#runs = changed;
  }
}

function clip(run: Run, firstOffset: number, lastOffset: number): Run | null {
  if (run.firstOffset >= firstOffset && run.lastOffset <= lastOffset) return run;
  const first = Math.max(run.firstOffset, firstOffset);
  const last = Math.min(run.lastOffset, lastOffset);
  return first > last ? null : { firstOffset: first, lastOffset: last, status: run.status };
}

function push(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  if (last === undefined || !isSame(last.status, run.status)) runs.push(run);
  else runs[runs.length - 1] = { ...last, lastOffset: run.lastOffset };
}
