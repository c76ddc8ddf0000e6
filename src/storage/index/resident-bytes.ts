/**
 * Stretches of one journal file in memory, in order of position, without gaps up to the file's end. Only in memory mode
 * there are gaps: where entries were dropped between those that stay.
 */
import { type Slice, UNCOUNTED } from '../../base/counted.ts';

/** Emptied places at the front are kept until they are this many. */
const COMPACT_AT = 1024;

/** Pieces are let go whole, so they must not grow large. */
const MAX_JOINED_BYTES = 64 * 1024;

export class ResidentBytes {
  #starts: number[] = [];
  #slices: Slice[] = [];
  /** Bytes of each piece; more than its slice has when others were joined to it since it was looked at. */
  #lengths: number[] = [];
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#starts.length;
  }

  /** Adds bytes that follow what is there; takes over the reference. */
  push(position: number, slice: Slice): void {
    this.#starts.push(position);
    this.#slices.push(slice);
    this.#lengths.push(slice.bytes.length);
  }

  /**
   * As `push`, but makes one piece of bytes that follow the last piece in memory too: many small commits to one slab
   * are few pieces then.
   */
  join(position: number, slice: Slice): void {
    const last = this.#slices.length - 1;
    const before = this.isEmpty ? undefined : this.#slices[last];
    const { bytes, owner } = slice;
    const length = this.#lengths[last] as number;
    if (
      before === undefined ||
      before.owner !== owner ||
      owner === UNCOUNTED ||
      before.bytes.byteOffset + length !== bytes.byteOffset ||
      length + bytes.length > MAX_JOINED_BYTES
    ) {
      this.push(position, slice);
      return;
    }
    this.#lengths[last] = length + bytes.length;
    owner.release(); // the piece has a reference already
  }

  /** Lets go of the first piece; gives how many bytes it had, 0 without one. */
  drop(): number {
    if (this.isEmpty) return 0;
    const { owner } = this.#slices[this.#head] as Slice;
    const length = this.#lengths[this.#head] as number;
    this.#head += 1;
    if (this.isEmpty) {
      this.#starts = [];
      this.#slices = [];
      this.#lengths = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT) {
      this.#starts = this.#starts.slice(this.#head);
      this.#slices = this.#slices.slice(this.#head);
      this.#lengths = this.#lengths.slice(this.#head);
      this.#head = 0;
    }
    owner.release();
    return length;
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
    return position < (this.#starts[row] as number) + (this.#lengths[row] as number) ? row : -1;
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
    const slice = this.#slices[row] as Slice;
    const length = this.#lengths[row] as number;
    if (slice.bytes.length === length) return slice;
    // Made when it is looked at: of many small commits few are.
    const joined = { bytes: Buffer.from(slice.bytes.buffer, slice.bytes.byteOffset, length), owner: slice.owner };
    this.#slices[row] = joined;
    return joined;
  }
}
