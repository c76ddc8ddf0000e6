/** Buffers that file reads land in, used again when the last slice of them is sent. */
import type { Counted } from '../../base/counted.ts';
import { TakenMemory, watchForLeaks } from '../../base/memory-debug.ts';

/** The two sizes kept: one small read, and one part at its largest. */
const SMALL_BYTES = 64 * 1024;
const LARGE_BYTES = 1024 * 1024;
const MAX_FREE_SMALL = 16;
const MAX_FREE_LARGE = 8;

export class ReadBuffer implements Counted {
  readonly bytes: Buffer;
  readonly view: DataView;
  #references = 1;
  readonly #pool: ReadBufferPool;

  constructor(byteLength: number, pool: ReadBufferPool) {
    this.bytes = Buffer.allocUnsafeSlow(byteLength);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
    this.#pool = pool;
  }

  retain(): void {
    this.#references += 1;
  }

  release(): void {
    this.#references -= 1;
    if (this.#references < 0) throw new Error('Read buffer released more often than retained');
    if (this.#references === 0) this.#pool.recycle(this);
  }

  renew(): void {
    this.#references = 1;
  }
}

export class ReadBufferPool {
  readonly #small: ReadBuffer[] = [];
  readonly #large: ReadBuffer[] = [];
  readonly #taken = new TakenMemory<ReadBuffer>();
  #usedBytes = 0;

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get freeBytes(): number {
    return this.#small.length * SMALL_BYTES + this.#large.length * LARGE_BYTES;
  }

  /** A buffer of at least `byteLength` with one reference, the caller's. */
  take(byteLength: number): ReadBuffer {
    const free = byteLength <= SMALL_BYTES ? this.#small : this.#large;
    const size = byteLength <= SMALL_BYTES ? SMALL_BYTES : Math.max(byteLength, LARGE_BYTES);
    this.#usedBytes += size;
    const known = size > LARGE_BYTES ? undefined : free.pop();
    known?.renew();
    const buffer = known ?? new ReadBuffer(size, this);
    this.#taken.add(buffer);
    return buffer;
  }

  /** Lets go of what is free; what is still in use has to be released. */
  close(): void {
    this.#small.length = 0;
    this.#large.length = 0;
    watchForLeaks(() => this.#taken.stacks());
  }

  recycle(buffer: ReadBuffer): void {
    const size = buffer.bytes.length;
    this.#usedBytes -= size;
    this.#taken.delete(buffer);
    if (size === SMALL_BYTES && this.#small.length < MAX_FREE_SMALL) this.#small.push(buffer);
    else if (size === LARGE_BYTES && this.#large.length < MAX_FREE_LARGE) this.#large.push(buffer);
    // Many slow readers need many buffers: when they go, so does the memory, without waiting for the garbage collector.
    else (buffer.bytes.buffer as ArrayBuffer).transfer(0);
  }
}
