/**
 * Stretches of one journal file in memory, in order of position, without gaps up to the file's end. Only in memory mode
 * there are gaps: where others' entries were dropped between those of internal streams.
 */
import type { Slice } from '../../base/counted.ts';

/** Emptied places at the front are kept until they are this many. */
const COMPACT_AT = 1024;

/** Pieces are let go whole, so they must not grow large. */
const MAX_JOINED_BYTES = 64 * 1024;

export class ResidentBytes {
  #starts: number[] = [];
  #slices: Slice[] = [];
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#starts.length;
  }

  /** Adds bytes that follow what is there; takes over the reference. */
  push(position: number, slice: Slice): void {
    this.#starts.push(position);
    this.#slices.push(slice);
  }

  /**
   * As `push`, but makes one piece of bytes that follow the last piece in memory too: many small commits to one slab
   * are few pieces then.
   */
  join(position: number, slice: Slice): void {
    const last = this.#slices.length - 1;
    const before = this.isEmpty ? undefined : this.#slices[last];
    const { bytes, owner } = slice;
    if (
      before === undefined ||
      before.owner !== owner ||
      before.bytes.buffer !== bytes.buffer ||
      before.bytes.byteOffset + before.bytes.length !== bytes.byteOffset ||
      before.bytes.length + bytes.length > MAX_JOINED_BYTES
    ) {
      this.push(position, slice);
      return;
    }
    const joined = Buffer.from(bytes.buffer, before.bytes.byteOffset, before.bytes.length + bytes.length);
    this.#slices[last] = { bytes: joined, owner };
    owner.release(); // the piece has a reference already
  }

  /** Takes the first piece out; the caller has its reference. */
  shift(): Slice | undefined {
    if (this.isEmpty) return undefined;
    const slice = this.#slices[this.#head] as Slice;
    this.#head += 1;
    if (this.isEmpty) {
      this.#starts = [];
      this.#slices = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT) {
      this.#starts = this.#starts.slice(this.#head);
      this.#slices = this.#slices.slice(this.#head);
      this.#head = 0;
    }
    return slice;
  }

  /** Row of the piece that holds `position`, or -1. */
  find(position: number): number {
    let low = this.#head;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] as number) <= position) low = middle + 1;
      else high = middle;
    }
    const row = low - 1;
    if (row < this.#head) return -1;
    return position < (this.#starts[row] as number) + (this.#slices[row] as Slice).bytes.length ? row : -1;
  }

  /** As `find`, for a position that is here, at or after that of row `from`: looks at the rows from there first. */
  findFrom(from: number, position: number): number {
    for (let row = from; row < from + 4; row++) {
      const next = this.#starts[row + 1];
      if (next === undefined || next > position) return row;
    }
    return this.find(position);
  }

  /** Copies the bytes from `start` to `end`, but for gaps; false, and nothing is copied, when `start` is not here. */
  copy(start: number, end: number, into: Buffer): boolean {
    const first = this.find(start);
    if (first < 0) return false;
    for (let row = first; row < this.#starts.length && this.start(row) < end; row++) {
      const from = this.start(row);
      const skip = Math.max(0, start - from);
      this.slice(row).bytes.copy(into, from + skip - start, skip, end - from);
    }
    return true;
  }

  start(row: number): number {
    return this.#starts[row] as number;
  }

  slice(row: number): Slice {
    return this.#slices[row] as Slice;
  }
}
