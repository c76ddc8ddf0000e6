/**
 * What a damaged index says of entries whose headers are damaged, too: believed only where it fits all that is sound around
 * it. An entry that it tells of must lie where the one before ends, and continue or be continued by what its stream has
 * besides in the file; a wrong one would hide batches that are whole somewhere else.
 */
import type { AbortedTransaction } from '../types.ts';
import type { ActiveIndex, IndexedBatch } from './active-index.ts';
import { entryEndOffset, entryPosition } from './file-index.ts';
import type { RunIndex } from './run-index.ts';

/** An entry as the index has it. */
export interface ClaimedEntry extends IndexedBatch {
  readonly position: number;
  /** Of the batch, without the note that may follow. */
  readonly byteLength: number;
  readonly writtenMs: number;
  readonly aborted: AbortedTransaction | null;
}

/** A time that may be anything. */
const whole = (timeMs = -1): number => (Number.isSafeInteger(timeMs) ? timeMs : -1);

export class Claims {
  readonly #index: RunIndex;
  #byPosition: Map<number, ClaimedEntry> | null = null;
  /** Where streams of claims end by them, and whether something sound of the stream is next to one. */
  readonly #ends = new Map<number, { readonly endOffset: number; readonly isConfirmed: boolean }>();
  #isRefuted = false;

  /** @param index decoded from bytes that may be wrong anywhere */
  constructor(index: RunIndex) {
    this.#index = index;
  }

  /** The entry that is said to begin at `position`. */
  at(position: number): ClaimedEntry | undefined {
    this.#byPosition ??= this.#read();
    return this.#byPosition.get(position);
  }

  /** Notes that a claim is taken for true; before it is added to what is known. */
  take({ stream, baseOffset, offsetCount }: ClaimedEntry, known: ActiveIndex): void {
    const before = known.endOf(stream);
    if (offsetCount < 1 || (before >= 0 && before !== baseOffset)) this.#isRefuted = true;
    const isConfirmed = this.#ends.get(stream)?.isConfirmed ?? before >= 0;
    this.#ends.set(stream, { endOffset: baseOffset + offsetCount, isConfirmed });
  }

  /** Something sound comes next of a stream. */
  confirm(stream: number, baseOffset: number): void {
    const claimed = this.#ends.get(stream);
    if (claimed !== undefined && claimed.endOffset !== baseOffset) this.#isRefuted = true;
    this.#ends.delete(stream);
  }

  /** True if all that was taken fits the rest; `known` has it by now. */
  fits(known: ActiveIndex): boolean {
    const isConfirmed = [...this.#ends.values()].every((end) => end.isConfirmed);
    return !this.#isRefuted && isConfirmed && known.aborts.count === this.#index.aborts.count;
  }

  #read(): Map<number, ClaimedEntry> {
    const { runs, entries, runCount, entryCount } = this.#index;
    const claims = new Map<number, ClaimedEntry>();
    for (let run = 0; run < runCount; run++) {
      const first = runs.firstEntry[run] as number;
      const past = first + (runs.entryCount[run] as number);
      if (past > entryCount) continue;
      for (let entry = first; entry < past; entry++) {
        const baseOffset = (runs.baseOffset[run] as number) + (entries.offsetDelta[entry] as number);
        const stream = runs.stream[run] as number;
        claims.set(entryPosition(this.#index, entry), {
          stream,
          baseOffset,
          offsetCount: entryEndOffset(this.#index, run, entry) - baseOffset,
          maxTimestampMs: whole(runs.maxTimestampMs[run]),
          leaderEpoch: runs.leaderEpoch[run] as number,
          position: entryPosition(this.#index, entry),
          byteLength: entries.length[entry] as number,
          writtenMs: whole(runs.writtenMs[run]),
          aborted: this.#index.abortedAt(stream, baseOffset),
        });
      }
    }
    return claims;
  }
}
