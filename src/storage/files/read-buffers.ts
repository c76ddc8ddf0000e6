/** Buffers that file reads land in, used again when the last slice of them is sent. */
import type { Counted } from '../../base/counted.ts';
import { TakenMemory, watchForLeaks } from '../../base/memory-debug.ts';

/** The two sizes kept: one small read, and one part at its largest. */
const SMALL_BYTES = 64 * 1024;
const LARGE_BYTES = 1024 * 1024;
const MAX_FREE_SMALL = 16;
const MAX_FREE_LARGE = 8;
/** Up to this, buffers are cut one after the other from one of SMALL_BYTES: a fetch of many partitions needs hundreds. */
const CUT_BYTES = 8 * 1024;

export class ReadBuffer implements Counted {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** What it is cut from, of which it holds a reference; null: nothing. */
  readonly whole: ReadBuffer | null;
  #references = 1;
  readonly #pool: ReadBufferPool;

  constructor(bytes: Buffer, pool: ReadBufferPool, whole: ReadBuffer | null = null) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.whole = whole;
    this.#pool = pool;
  }

  get references(): number {
    return this.#references;
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
  /** What small ones are cut from: the pool has a reference of its own while there are some. */
  #shared: ReadBuffer | null = null;
  #cutBytes = 0;

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get freeBytes(): number {
    return this.#small.length * SMALL_BYTES + this.#large.length * LARGE_BYTES;
  }

  /** A buffer of at least `byteLength` with one reference, the caller's. */
  take(byteLength: number): ReadBuffer {
    const buffer = byteLength <= CUT_BYTES ? this.#cut(byteLength) : this.#whole(byteLength);
    this.#taken.add(buffer);
    return buffer;
  }

  #cut(byteLength: number): ReadBuffer {
    if (this.#shared === null || this.#cutBytes + byteLength > SMALL_BYTES) {
      this.#shared?.release();
      this.#shared = this.#whole(SMALL_BYTES);
      this.#cutBytes = 0;
    }
    const whole = this.#shared;
    const start = this.#cutBytes;
    this.#cutBytes = start + byteLength;
    whole.retain();
    return new ReadBuffer(whole.bytes.subarray(start, start + byteLength), this, whole);
  }

  #whole(byteLength: number): ReadBuffer {
    const free = byteLength <= SMALL_BYTES ? this.#small : this.#large;
    const size = byteLength <= SMALL_BYTES ? SMALL_BYTES : Math.max(byteLength, LARGE_BYTES);
    this.#usedBytes += size;
    const known = size > LARGE_BYTES ? undefined : free.pop();
    known?.renew();
    return known ?? new ReadBuffer(Buffer.allocUnsafeSlow(size), this);
  }

  /** Lets go of what is free; what is still in use has to be released. */
  close(): void {
    this.#small.length = 0;
    this.#large.length = 0;
    watchForLeaks(() => this.#taken.stacks());
  }

  recycle(buffer: ReadBuffer): void {
    const { whole } = buffer;
    this.#taken.delete(buffer);
    if (whole !== null) {
      whole.release();
      if (whole === this.#shared && whole.references === 1) {
        this.#shared = null;
        whole.release();
      }
      return;
    }
    const size = buffer.bytes.length;
    this.#usedBytes -= size;
    if (size === SMALL_BYTES && this.#small.length < MAX_FREE_SMALL) this.#small.push(buffer);
    else if (size === LARGE_BYTES && this.#large.length < MAX_FREE_LARGE) this.#large.push(buffer);
    // Many slow readers need many buffers: when they go, so does the memory, without waiting for the garbage collector.
    else (buffer.bytes.buffer as ArrayBuffer).transfer(0);
  }
}
