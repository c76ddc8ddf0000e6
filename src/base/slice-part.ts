/** Loaded bytes that are sent as part of an answer. */
import type { Part, Slice } from './counted.ts';

/** A slice as a part of an answer; it has the reference that comes with the slice. */
export class SlicePart implements Part {
  readonly byteLength: number;
  readonly #slice: Slice;

  constructor(slice: Slice) {
    this.#slice = slice;
    this.byteLength = slice.bytes.length;
  }

  load(): readonly Slice[] {
    this.#slice.owner.retain();
    return [this.#slice];
  }

  release(): void {
    this.#slice.owner.release();
  }
}
