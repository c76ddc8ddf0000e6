/**
 * The tail cache: the newest bytes of the journal, shared by all streams, first in, first out, bounded in bytes. It
 * holds what was written anyway (staging slabs and large payloads), found by position in the journal. In memory mode it
 * is the journal: nothing is evicted except whole files.
 */
import type { Slice } from '../base/counted.ts';
import { plainSlice } from '../base/counted.ts';
import type { JournalFile } from './index/journal-file.ts';

export class TailCache {
  readonly #limitBytes: number;
  readonly #keepsAll: boolean;
  readonly #files: JournalFile[] = [];
  #byteLength = 0;

  /** @param limitBytes most bytes kept, or Infinity to keep all until `drop`. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#keepsAll = limitBytes === Number.POSITIVE_INFINITY;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Adds bytes just written at the end of `file`, the newest; takes over the reference. */
  add(file: JournalFile, position: number, slice: Slice): void {
    if (this.#files.at(-1) !== file) this.#files.push(file);
    file.resident.join(position, slice);
    this.#byteLength += slice.bytes.length;
    if (!this.#keepsAll && this.#byteLength > this.#limitBytes) this.evict(this.#byteLength - this.#limitBytes);
  }

  /** Lets go of at least `byteLength` of the oldest bytes, if there are as many. Gives how many it let go of. */
  evict(byteLength: number): number {
    if (this.#keepsAll) return 0;
    const before = this.#byteLength;
    const goal = Math.max(0, before - byteLength);
    while (this.#byteLength > goal) {
      const oldest = this.#files[0];
      if (oldest === undefined) break;
      const length = oldest.resident.drop();
      if (length === 0) this.#files.shift();
      this.#byteLength -= length;
    }
    return before - this.#byteLength;
  }

  /** Lets go of all bytes of a file. */
  drop(file: JournalFile): void {
    for (let length = file.resident.drop(); length > 0; length = file.resident.drop()) this.#byteLength -= length;
    const at = this.#files.indexOf(file);
    if (at >= 0) this.#files.splice(at, 1);
  }

  /** Memory mode: lets go of all bytes of files that are not needed. */
  dropUnless(isNeeded: (file: JournalFile) => boolean): void {
    for (const file of this.#files.filter((held) => !isNeeded(held))) this.drop(file);
  }

  /** Memory mode: puts back what stays of a dropped file, in order of position. */
  restore(file: JournalFile, copies: ReadonlyArray<readonly [position: number, bytes: Buffer]>): void {
    this.#files.unshift(file);
    for (const [position, bytes] of copies) {
      file.resident.push(position, plainSlice(bytes));
      this.#byteLength += bytes.length;
    }
  }

  /** Lets go of everything, also in memory mode. */
  clear(): void {
    for (const file of this.#files.slice()) this.drop(file);
  }
}
