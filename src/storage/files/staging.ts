/**
 * Slabs in which a commit is put together: entry headers and small payloads, one after the other. What was written from
 * a slab stays in it as the tail cache, so that a small record never keeps a receive slab; the slab is used again when
 * nobody refers to it any more.
 */
import type { Counted } from '../../base/counted.ts';
import { TakenMemory, watchForLeaks } from '../../base/memory-debug.ts';

export const STAGING_SLAB_BYTES = 1024 * 1024;

/** Free slabs kept for later, where commits go to files. */
const MAX_FREE_SLABS = 8;

export class StagingSlab implements Counted {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Bytes used from the front. */
  used = 0;
  #references = 1;
  readonly #pool: StagingPool;

  constructor(byteLength: number, pool: StagingPool) {
    this.bytes = Buffer.allocUnsafeSlow(byteLength);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, byteLength);
    this.#pool = pool;
  }

  retain(): void {
    this.#references += 1;
  }

  release(): void {
    this.#references -= 1;
    if (this.#references < 0) throw new Error('Staging slab released more often than retained');
    if (this.#references === 0) this.#pool.recycle(this);
  }

  /** Starts a new life with one reference, the taker's. */
  renew(): void {
    this.used = 0;
    this.#references = 1;
  }
}

export class StagingPool {
  readonly #maxFree: number;
  readonly #free: StagingSlab[] = [];
  readonly #taken = new TakenMemory<StagingSlab>();
  #inUse = 0;

  /** @param maxFree free slabs kept for later */
  constructor(maxFree = MAX_FREE_SLABS) {
    this.#maxFree = maxFree;
  }

  /** Bytes of slabs that someone refers to. */
  get usedBytes(): number {
    return this.#inUse;
  }

  get freeBytes(): number {
    return this.#free.length * STAGING_SLAB_BYTES;
  }

  /** An empty slab with one reference, the caller's. */
  take(): StagingSlab {
    this.#inUse += STAGING_SLAB_BYTES;
    const free = this.#free.pop();
    free?.renew();
    const slab = free ?? new StagingSlab(STAGING_SLAB_BYTES, this);
    this.#taken.add(slab);
    return slab;
  }

  /** Lets go of what is free; what is still in use has to be released. */
  close(): void {
    this.#free.length = 0;
    watchForLeaks(() => this.#taken.stacks());
  }

  recycle(slab: StagingSlab): void {
    this.#inUse -= slab.bytes.length;
    this.#taken.delete(slab);
    if (this.#free.length < this.#maxFree) this.#free.push(slab);
    // At once: waiting for the garbage collector would make it run.
    else (slab.bytes.buffer as ArrayBuffer).transfer(0);
  }
}
