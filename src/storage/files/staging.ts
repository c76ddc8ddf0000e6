/**
 * Slabs in which a commit is put together: entry headers and small payloads, one after the other. What was written from
 * a slab stays in it as the tail cache, so that a small record never keeps a receive slab; the slab is used again when
 * nobody refers to it any more.
 */
import type { Counted } from '../../base/counted.ts';
import { TakenMemory, watchForLeaks } from '../../base/memory-debug.ts';
import type { ReadyMemory } from './ready-memory.ts';

export const STAGING_SLAB_BYTES = 1024 * 1024;

/** Free slabs kept for later, where commits go to files. */
const MAX_FREE_SLABS = 8;
/** New slabs that are made ready ahead, where what is written stays: each is a new one then. */
const MAX_AHEAD = 2;

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
  readonly #memory: ReadyMemory | null;
  readonly #free: StagingSlab[] = [];
  readonly #taken = new TakenMemory<StagingSlab>();
  #inUse = 0;
  /** Slabs that are being made ready. */
  #ahead = 0;
  #isClosed = false;

  /**
   * @param maxFree free slabs kept for later
   * @param memory has new slabs made ready ahead; null: they are made when they are needed
   */
  constructor(maxFree = MAX_FREE_SLABS, memory: ReadyMemory | null = null) {
    this.#maxFree = maxFree;
    this.#memory = memory;
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
    const free = this.#free.pop();
    free?.renew();
    const slab = free ?? new StagingSlab(STAGING_SLAB_BYTES, this);
    // Not behind the first: there may be no other.
    if (this.#memory !== null && this.#inUse > 0) this.#lookAhead(this.#memory);
    this.#inUse += STAGING_SLAB_BYTES;
    this.#taken.add(slab);
    return slab;
  }

  /** Lets go of what is free; what is still in use has to be released. */
  close(): void {
    this.#isClosed = true;
    this.#free.length = 0;
    this.#memory?.close();
    watchForLeaks(() => this.#taken.stacks());
  }

  #lookAhead(memory: ReadyMemory): void {
    for (let ready = this.#free.length + this.#ahead; ready < MAX_AHEAD; ready++) {
      const slab = new StagingSlab(STAGING_SLAB_BYTES, this);
      this.#ahead += 1;
      memory.ready(slab.bytes, () => {
        this.#ahead -= 1;
        if (!this.#isClosed) this.#free.push(slab);
      });
    }
  }

  recycle(slab: StagingSlab): void {
    this.#inUse -= slab.bytes.length;
    this.#taken.delete(slab);
    if (this.#free.length < this.#maxFree) this.#free.push(slab);
    // At once: waiting for the garbage collector would make it run.
    else (slab.bytes.buffer as ArrayBuffer).transfer(0);
  }
}
