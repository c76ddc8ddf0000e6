/**
 * Records that were read for a share group. Which of them a member gets depends on the headers of their batches, so the
 * bytes are loaded before they are sent, as far as they can matter.
 */
import {
  BATCH_OVERHEAD,
  baseOffset,
  isControl,
  isTransactional,
  nextOffset,
  producerId,
  sizeInBytes,
} from '../../../protocol/records/batch.ts';
import type { Part, Slice } from '../../base/counted.ts';
import { SlicePart } from '../../base/slice-part.ts';
import { PartList } from '../../base/part-list.ts';
import type { ReadBatch } from '../../share/acquire.ts';

interface LoadedBatch extends ReadBatch {
  /** Of its first byte among all that was loaded. */
  readonly position: number;
  readonly byteLength: number;
}

export class LoadedRecords {
  readonly #slices: Slice[] = [];
  /** Position of each slice's first byte. */
  readonly #starts: number[] = [];
  #byteLength = 0;
  readonly #batches: LoadedBatch[] = [];

  /**
   * Takes over the parts. What lies `maxOffsets` or more behind `afterOffset`, and behind the first batch, is not loaded.
   * @throws StorageError (as a rejection) when the bytes cannot be read; nothing is held any more then
   */
  static async load(parts: readonly Part[], afterOffset: number, maxOffsets: number): Promise<LoadedRecords> {
    const records = new LoadedRecords();
    const left = [...parts];
    try {
      for (let part = left.shift(); part !== undefined; part = left.shift()) {
        try {
          for (const slice of await part.load()) records.#add(slice);
        } finally {
          part.release();
        }
        const first = records.batches[0];
        const last = records.batches.at(-1);
        if (first === undefined || last === undefined) continue;
        if (last.lastOffset > Math.max(afterOffset, first.baseOffset - 1) + maxOffsets) break;
      }
      return records;
    } catch (error) {
      records.release();
      throw error;
    } finally {
      for (const part of left) part.release();
    }
  }

  #add(slice: Slice): void {
    this.#slices.push(slice);
    this.#starts.push(this.#byteLength);
    this.#byteLength += slice.bytes.length;
    for (let at = this.#nextPosition(); at + BATCH_OVERHEAD <= this.#byteLength; at = this.#nextPosition()) {
      const header = this.#bytes(at, at + BATCH_OVERHEAD);
      this.#batches.push({
        baseOffset: baseOffset(header, 0),
        lastOffset: nextOffset(header, 0) - 1,
        producerId: producerId(header, 0),
        isTransactional: isTransactional(header, 0),
        isControl: isControl(header, 0),
        position: at,
        byteLength: sizeInBytes(header, 0),
      });
    }
  }

  #nextPosition(): number {
    const last = this.#batches.at(-1);
    return last === undefined ? 0 : last.position + last.byteLength;
  }

  /** Batches that were loaded to their last byte. */
  get batches(): readonly ReadBatch[] {
    const last = this.#batches.at(-1);
    const isWhole = last === undefined || last.position + last.byteLength <= this.#byteLength;
    return isWhole ? this.#batches : this.#batches.slice(0, -1);
  }

  /** The batches that hold a range of offsets, ends included, to be sent; the rest is let go. */
  take(firstOffset: number, lastOffset: number): PartList {
    const from =
      this.#batches.findLast((batch) => batch.baseOffset <= firstOffset) ?? (this.#batches[0] as LoadedBatch);
    const to = this.#batches.findLast((batch) => batch.baseOffset <= lastOffset) ?? from;
    const parts = this.#cut(from.position, to.position + to.byteLength).map((slice) => {
      slice.owner.retain();
      return new SlicePart(slice);
    });
    this.release();
    return new PartList(parts);
  }

  release(): void {
    for (const { owner } of this.#slices.splice(0)) owner.release();
  }

  #bytes(start: number, end: number): Buffer {
    const slices = this.#cut(start, end);
    return slices.length === 1 ? (slices[0] as Slice).bytes : Buffer.concat(slices.map(({ bytes }) => bytes));
  }

  /** What lies between two positions, without references of its own. */
  #cut(start: number, end: number): Slice[] {
    const cut: Slice[] = [];
    for (let i = this.#indexAt(start); i < this.#slices.length; i++) {
      const { bytes, owner } = this.#slices[i] as Slice;
      const position = this.#starts[i] as number;
      if (position >= end) break;
      cut.push({ bytes: bytes.subarray(Math.max(start - position, 0), end - position), owner });
    }
    return cut;
  }

  /** Index of the slice that holds a position. */
  #indexAt(position: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
