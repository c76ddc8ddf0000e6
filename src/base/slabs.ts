/**
 * Memory for received frames: slabs of about 1 MiB from one pool, counted by what refers to them and recycled when the
 * last reference goes, so that steady load allocates nothing. Frames larger than a slab get a buffer of their own.
 * Everything counts against one budget in bytes.
 *
 * Small allocations are cut one after the other from the slab at hand, so that what stays (records in the tail cache)
 * lies dense.
 */
import type { Counted, Slice } from './counted.ts';

/** A little more than 1 MiB: a full request of 1 MiB and its header still fit in one slab. */
export const SLAB_BYTES = 1024 * 1024 + 64 * 1024;

/**
 * Free slabs kept for later; what is free beyond that goes back to the system. Load comes in waves, and a slab given back
 * in one is asked for, page by page, in the next: these are as many as a wave of one fast producer.
 */
const MAX_FREE_SLABS = 14;

/** Waiters that are told when memory comes back; those that find too little wait again, behind the others. */
const WAKE_COUNT = 16;

/** Share of the budget from which on the cache gives way to new requests. */
const COMFORTABLE = 0.7;
/** Share from which on memory is copied rather than held: above the cache's share, so that it gives way first. */
const TIGHT = 0.75;

/** What a recycled slab is filled with in debug mode. */
export const POISON_BYTE = 0xdb;

export interface SlabPoolOptions {
  /** Bytes in use at most, slabs and larger buffers together. */
  readonly budgetBytes: number;
  /** Size of a slab; only tests need another than SLAB_BYTES. */
  readonly slabBytes?: number;
  /** Poison what is recycled and remember where each slab was taken, for `leaks`. */
  readonly debug?: boolean;
}

/** Where a slab reports when its references are gone. */
interface Home {
  onLastReference(slab: Slab): void;
  onOneReference(slab: Slab): void;
}

/** One block of memory, recycled at zero references. */
class Slab implements Counted {
  readonly bytes: Buffer;
  /** Bytes handed out already, from the front. */
  used = 0;
  #references = 0;
  readonly #home: Home;

  constructor(byteLength: number, home: Home) {
    this.bytes = Buffer.allocUnsafeSlow(byteLength);
    this.#home = home;
  }

  retain(): void {
    this.#references += 1;
  }

  release(): void {
    const left = this.#references - 1;
    if (left < 0) throw new Error('Slab released more often than retained');
    this.#references = left;
    if (left === 0) this.#home.onLastReference(this);
    else if (left === 1) this.#home.onOneReference(this);
  }
}

/** A buffer for one frame that no slab can hold; its memory goes back at once with the last reference. */
class LargeBuffer implements Counted {
  readonly bytes: Buffer;
  #references = 1;
  readonly #onFree: (byteLength: number) => void;

  constructor(byteLength: number, onFree: (byteLength: number) => void) {
    this.bytes = Buffer.allocUnsafeSlow(byteLength);
    this.#onFree = onFree;
  }

  retain(): void {
    this.#references += 1;
  }

  release(): void {
    this.#references -= 1;
    if (this.#references < 0) throw new Error('Large buffer released more often than retained');
    if (this.#references > 0) return;
    const { byteLength } = this.bytes;
    detach(this.bytes);
    this.#onFree(byteLength);
  }
}

/** Gives a buffer's memory back without waiting for the garbage collector; whoever still looks at it sees no bytes. */
function detach(bytes: Buffer): void {
  (bytes.buffer as ArrayBuffer).transfer(0);
}

/** The pool. All of it runs on the event loop's thread. */
export class SlabPool {
  readonly budgetBytes: number;
  readonly slabBytes: number;
  readonly #debug: boolean;
  readonly #free: Slab[] = [];
  readonly #home: Home;
  /** In use, with the stack at which each was taken; only kept in debug mode. */
  readonly #taken = new Map<Slab | LargeBuffer, string>();
  #current: Slab | null = null;
  #slabsInUse = 0;
  #largeBytes = 0;
  #evict: ((byteLength: number) => void) | null = null;
  readonly #waiting: Array<() => void> = [];
  #wakes = false;

  constructor(options: SlabPoolOptions) {
    this.budgetBytes = options.budgetBytes;
    this.slabBytes = options.slabBytes ?? SLAB_BYTES;
    this.#debug = options.debug ?? false;
    this.#home = {
      onLastReference: (slab) => this.#recycle(slab),
      onOneReference: (slab) => {
        if (slab === this.#current) this.#rewind(slab);
      },
    };
  }

  /** Bytes in use: slabs that someone refers to, and larger buffers. */
  get usedBytes(): number {
    return this.#slabsInUse * this.slabBytes + this.#largeBytes;
  }

  /** Bytes held for later use. */
  get freeBytes(): number {
    return this.#free.length * this.slabBytes;
  }

  /** True when less than a quarter of the budget is left: who can copy instead of holding on should. */
  get isTight(): boolean {
    return this.usedBytes > this.budgetBytes * TIGHT;
  }

  /** True when what `owner` keeps alive is this pool's and short: better copied than held for long. */
  isShortOf(owner: Counted): boolean {
    return this.isTight && (owner instanceof Slab || owner instanceof LargeBuffer);
  }

  /** `evict` is asked to let go of about that many bytes (of cache) before an allocation is refused. */
  onPressure(evict: (byteLength: number) => void): void {
    this.#evict = evict;
  }

  /** Calls back once, in order of asking and soon after memory came back; there may be too little of it again. */
  whenAvailable(callback: () => void): void {
    this.#waiting.push(callback);
  }

  /**
   * Exclusive memory with one reference, which belongs to the caller; null when the budget is used up.
   * @param mustHave take it even beyond the budget: for what may not wait, because nothing else would make room.
   */
  allocate(byteLength: number, mustHave = false): Slice | null {
    if (byteLength > this.slabBytes) return this.allocateOwn(byteLength, mustHave);
    if (byteLength <= this.#roomAtHand()) return this.#cut(this.#current as Slab, byteLength);
    const slab = this.#takeSlab(mustHave);
    if (slab === null) {
      // Evicting cache may have emptied the slab at hand.
      return byteLength <= this.#roomAtHand() ? this.#cut(this.#current as Slab, byteLength) : null;
    }
    const slice = this.#cut(slab, byteLength);
    const current = this.#current;
    if (slab.bytes.length - slab.used >= this.#roomAtHand()) {
      this.#current = slab; // the reference of the taker becomes the pool's own
      current?.release();
    } else {
      slab.release();
    }
    return slice;
  }

  /** Where slabs and large buffers in use were taken; empty unless in debug mode. The slab at hand does not count. */
  leaks(): string[] {
    const stacks: string[] = [];
    for (const [memory, stack] of this.#taken) {
      if (memory !== this.#current || this.#current.used > 0) stacks.push(stack);
    }
    return stacks;
  }

  #roomAtHand(): number {
    return this.#current === null ? 0 : this.#current.bytes.length - this.#current.used;
  }

  #cut(slab: Slab, byteLength: number): Slice {
    const start = slab.used;
    slab.used = start + byteLength;
    slab.retain();
    return { bytes: slab.bytes.subarray(start, start + byteLength), owner: slab };
  }

  #takeSlab(mustHave: boolean): Slab | null {
    if (!mustHave && !this.#makeRoom(this.slabBytes)) return null;
    const slab = this.#free.pop() ?? new Slab(this.slabBytes, this.#home);
    slab.retain();
    this.#slabsInUse += 1;
    if (this.#debug) this.#taken.set(slab, stackHere());
    return slab;
  }

  /**
   * As `allocate`, but in a buffer of its own whatever its size: for what comes and goes and must not pin a slab. Such
   * buffers share half of the budget, so that frames that never end leave room for those that do.
   */
  allocateOwn(byteLength: number, mustHave = false): Slice | null {
    // The first is let in whatever its size: refused by a budget that nobody else uses, it would wait for ever.
    const isFirst = this.#largeBytes === 0;
    const isOverHalf = this.#largeBytes + byteLength > this.budgetBytes / 2;
    if (!mustHave && !isFirst && (isOverHalf || !this.#makeRoom(byteLength))) return null;
    const large = new LargeBuffer(byteLength, (freed) => {
      this.#largeBytes -= freed;
      this.#taken.delete(large);
      this.#wake();
    });
    this.#largeBytes += byteLength;
    this.#freeWithinBudget();
    if (this.#debug) this.#taken.set(large, stackHere());
    return { bytes: large.bytes, owner: large };
  }

  #makeRoom(byteLength: number): boolean {
    const wanted = this.usedBytes + byteLength;
    if (wanted > this.budgetBytes) this.#evict?.(wanted - this.budgetBytes);
    // A little at a time: what is in use may be writes on their way, which no eviction brings back.
    else if (wanted > this.budgetBytes * COMFORTABLE) this.#evict?.(2 * byteLength);
    return this.usedBytes + byteLength <= this.budgetBytes;
  }

  /** All that was cut from the slab at hand is gone: start at its front again. */
  #rewind(slab: Slab): void {
    if (this.#debug) slab.bytes.fill(POISON_BYTE, 0, slab.used);
    slab.used = 0;
    this.#wake();
  }

  #recycle(slab: Slab): void {
    if (this.#debug) {
      slab.bytes.fill(POISON_BYTE);
      this.#taken.delete(slab);
    }
    slab.used = 0;
    this.#slabsInUse -= 1;
    if (this.#free.length < MAX_FREE_SLABS) this.#free.push(slab);
    else detach(slab.bytes);
    this.#wake();
  }

  /** Free slabs that a buffer leaves no room for in the budget go at once. */
  #freeWithinBudget(): void {
    while (this.#free.length > 0 && this.usedBytes + this.freeBytes > this.budgetBytes) {
      detach((this.#free.pop() as Slab).bytes);
    }
  }

  #wake(): void {
    if (this.#wakes || this.#waiting.length === 0) return;
    this.#wakes = true;
    setImmediate(() => {
      this.#wakes = false;
      for (const callback of this.#waiting.splice(0, WAKE_COUNT)) callback();
    });
  }
}

function stackHere(): string {
  return new Error('taken here').stack ?? '';
}
