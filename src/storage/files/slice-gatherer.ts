/** Puts the payloads of a read together for sending: large ones as they lie, neighbouring small ones copied together. */
import type { Slice } from '../../base/counted.ts';
import type { ReadBuffer, ReadBufferPool } from './read-buffers.ts';

/** Payloads below this are copied together, larger ones are sent from where they are. */
const COPY_BELOW_BYTES = 8 * 1024;

export class SliceGatherer {
  readonly #buffers: ReadBufferPool;
  #left: number;
  readonly #slices: Slice[] = [];
  #copy: ReadBuffer | null = null;
  #copyStart = 0;
  #copyEnd = 0;

  /** @param byteLength sum of all payloads that will be added. */
  constructor(buffers: ReadBufferPool, byteLength: number) {
    this.#buffers = buffers;
    this.#left = byteLength;
  }

  add(bytes: Buffer, start: number, byteLength: number, owner: Slice['owner']): void {
    const isAlone = this.#left === byteLength && this.#slices.length === 0 && this.#copy === null;
    if (byteLength >= COPY_BELOW_BYTES || isAlone) {
      this.#closeCopy();
      owner.retain();
      this.#slices.push({ bytes: bytes.subarray(start, start + byteLength), owner });
    } else {
      this.#copy ??= this.#buffers.take(this.#left);
      bytes.copy(this.#copy.bytes, this.#copyEnd, start, start + byteLength);
      this.#copyEnd += byteLength;
    }
    this.#left -= byteLength;
  }

  finish(): readonly Slice[] {
    this.#closeCopy();
    this.#copy?.release();
    this.#copy = null;
    return this.#slices;
  }

  /** Lets go of what was collected. */
  abandon(): void {
    for (const slice of this.finish()) slice.owner.release();
  }

  #closeCopy(): void {
    const copy = this.#copy;
    if (copy === null || this.#copyEnd === this.#copyStart) return;
    copy.retain();
    this.#slices.push({ bytes: copy.bytes.subarray(this.#copyStart, this.#copyEnd), owner: copy });
    this.#copyStart = this.#copyEnd;
  }
}
