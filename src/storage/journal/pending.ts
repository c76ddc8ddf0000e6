/** Entries that wait for their write, oldest first. */
import type { Clock } from '../../base/clock.ts';
import { entryBytes } from './commit.ts';
import type { PendingEntry } from '../format/entry.ts';

/** One append in so many is timed: reading the clock takes as long as all else that is done to queue an entry. */
const SAMPLE = 16;

export class PendingQueue {
  readonly #clock: Clock;
  #entries: PendingEntry[] = [];
  /** Entries until the next one that is timed. */
  #untilSample = 0;
  /** Bytes that the entries need at most. */
  byteLength = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** The oldest entry; there must be one. */
  get first(): PendingEntry {
    return this.#entries[0] as PendingEntry;
  }

  push(entry: PendingEntry): void {
    if (this.#untilSample === 0) {
      this.#untilSample = SAMPLE;
      entry.queuedMs = this.#clock.monotonicMs();
    }
    this.#untilSample -= 1;
    if (this.#entries.length === 0) this.#entries = [entry];
    else this.#entries.push(entry);
    this.byteLength += entryBytes(entry.payloadLength);
  }

  /**
   * Takes as many entries as fit into `limitBytes`, and no more than `limitCount`, at least one: `byteLength` falls by what
   * they need at most.
   */
  take(limitBytes: number, limitCount: number): PendingEntry[] {
    const entries = this.#entries;
    let byteLength = 0;
    let count = 0;
    while (count < entries.length && count < limitCount) {
      const total = byteLength + entryBytes((entries[count] as PendingEntry).payloadLength);
      if (count > 0 && total > limitBytes) break;
      byteLength = total;
      count += 1;
    }
    this.byteLength -= byteLength;
    if (count === entries.length) {
      this.#entries = NONE;
      return entries;
    }
    this.#entries = entries.slice(count);
    return entries.slice(0, count);
  }

  /** Puts taken entries back in front. */
  putBack(entries: readonly PendingEntry[]): void {
    this.#entries = [...entries, ...this.#entries];
    this.#count();
  }

  /** Takes all entries that `which` holds for. */
  takeWhere(which: (entry: PendingEntry) => boolean): PendingEntry[] {
    const taken = this.#entries.filter(which);
    this.#entries = this.#entries.filter((entry) => !which(entry));
    this.#count();
    return taken;
  }

  #count(): void {
    this.byteLength = 0;
    for (const entry of this.#entries) this.byteLength += entryBytes(entry.payloadLength);
  }
}

/** What the queue is between turns; never pushed to. */
const NONE: PendingEntry[] = [];
