/**
 * The CRC-32C of a batch that is too large to be loaded at once: goes along while its stretches are loaded one after the
 * other, and the last one tells. Stretches in another order say nothing.
 */
import { crc32c } from '../../../protocol/crc32c.ts';

export class StretchedCrc {
  #crc = 0;
  #expected = 0;
  /** Where the next stretch starts; -1 while there is nothing to check. */
  #at = -1;
  #end = 0;
  /** Where the first stretch starts. */
  start = 0;

  /** Begins at `start` of a file with what was there before it; all up to `end` is to come to `expected`. */
  begin(crc: number, expected: number, start: number, end: number): void {
    this.#crc = crc;
    this.#expected = expected;
    this.start = this.#at = start;
    this.#end = end;
  }

  /** Takes the stretch at `start`; false when it is the last and the CRC does not hold. */
  takes(bytes: Buffer, start: number): boolean {
    if (start !== this.#at) return true;
    this.#crc = crc32c(bytes, this.#crc);
    this.#at += bytes.length;
    return this.#at < this.#end || this.#crc === this.#expected;
  }
}
