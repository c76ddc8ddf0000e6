/**
 * Memory for received frames: slabs of about 1 MiB from one pool, counted by what refers to them and recycled when the
 * last reference goes, so that steady load allocates nothing. Frames larger than a slab get a buffer of their own.
 *
 * One budget in bytes holds for all of it, whoever keeps it: frames being received, records on their way to the journal,
 * the tail cache, and sockets that send from it. The cache gives way first, wholly if need be; what of the rest gives way
 * is for server/receiving.ts to say. Sockets may hold a quarter.
 *
 * Small allocations are cut one after the other from the slab at hand, so that what stays (records in the tail cache)
 * lies dense.
 */
import { nextTurn } from './real-time.ts';
import type { Counted, Slice } from './counted.ts';
import { isMemoryDebugged, TakenMemory, watchForLeaks } from './memory-debug.ts';
import { detach, type Home, OwnBuffer, Slab } from './slab.ts';

/** A little more than 1 MiB: a full request of 1 MiB and its header still fit in one slab. */
export const SLAB_BYTES = 1024 * 1024 + 64 * 1024;

/**
 * Free slabs kept for later; what is free beyond that goes back to the system. Load comes in waves, and a slab given back
 * in one is asked for, page by page, in the next: these are as many as a wave of one fast producer.
 */
const MAX_FREE_SLABS = 14;

/**
 * Free buffers for frames larger than a slab, as a share of the budget: making one is cheap, but a few of 10 MB set off the
 * garbage collector. One that is not used while so many slabs are goes back to the system.
 */
const FREE_OWN_SHARE = 0.5;
const KEEP_FREE_OWN_SLABS = 64;
/** How much larger than asked for a free buffer may be, in slabs. */
const MAX_SPARE_SLABS = 4;

/** Share of the budget from which on the cache gives way to new requests, a little at a time. */
const COMFORTABLE = 0.7;
/** Share that sockets may hold of it: what a slow reader does not take is better copied than kept from requests. */
const LENT_SHARE = 0.25;

export interface SlabPoolOptions {
  /** Bytes in use at most, slabs and larger buffers together. */
  readonly budgetBytes: number;
  /** Size of a slab; only tests need another than SLAB_BYTES. */
  readonly slabBytes?: number;
  /** Poison what is recycled and remember where each slab was taken, for `leaks`; default: as `debugMemory` says. */
  readonly debug?: boolean;
}

/** The pool. All of it runs on the event loop's thread. */
export class SlabPool {
  readonly budgetBytes: number;
  readonly slabBytes: number;
  readonly #free: Slab[] = [];
  /** Free buffers larger than a slab, the first the longest. */
  #freeOwn: OwnBuffer[] = [];
  #freeOwnBytes = 0;
  /** Slabs taken since a large buffer was. */
  #slabsSinceOwn = 0;
  readonly #home: Home;
  readonly #taken: TakenMemory<Slab | OwnBuffer>;
  #current: Slab | null = null;
  #slabsInUse = 0;
  #ownBytes = 0;
  #lentBytes = 0;
  #evict: ((byteLength: number) => number) | null = null;
  #waiting: Array<() => void> = [];
  #wakes = false;

  constructor(options: SlabPoolOptions) {
    this.budgetBytes = options.budgetBytes;
    this.slabBytes = options.slabBytes ?? SLAB_BYTES;
    this.#taken = new TakenMemory(options.debug ?? isMemoryDebugged());
    this.#home = {
      onLastReference: (memory) => (memory instanceof Slab ? this.#recycle(memory) : this.#giveBack(memory)),
      onOneReference: (slab) => {
        if (slab === this.#current) this.#rewind(slab);
      },
    };
  }

  /** Bytes in use: slabs that someone refers to, and buffers of their own. */
  get usedBytes(): number {
    return this.#slabsInUse * this.slabBytes + this.#ownBytes;
  }

  /** Bytes held for later use. */
  get freeBytes(): number {
    return this.#free.length * this.slabBytes + this.#freeOwnBytes;
  }

  /** `evict` is asked to let go of about that many bytes of cache before an allocation is refused, and says how many it did. */
  onPressure(evict: (byteLength: number) => number): void {
    this.#evict = evict;
  }

  /** Calls back once, soon after memory came back; there may be too little of it still. */
  whenAvailable(callback: () => void): void {
    this.#waiting.push(callback);
  }

  /**
   * Counts that a socket sends from what `owner` keeps, until `takeBack`. False when sockets hold their share of this
   * pool already: then the bytes are to be copied.
   */
  lend(owner: Counted): boolean {
    if (!(owner instanceof Slab || owner instanceof OwnBuffer)) return true;
    if (owner.loans === 0) {
      const lentBytes = this.#lentBytes + owner.bytes.length;
      if (lentBytes > this.budgetBytes * LENT_SHARE) return false;
      this.#lentBytes = lentBytes;
    }
    owner.loans += 1;
    return true;
  }

  /** Ends a loan, and the reference that the socket had. */
  takeBack(owner: Counted): void {
    if (owner instanceof Slab || owner instanceof OwnBuffer) {
      owner.loans -= 1;
      if (owner.loans === 0) this.#lentBytes -= owner.bytes.length;
    }
    owner.release();
  }

  /**
   * Exclusive memory with one reference, which belongs to the caller; null when the budget is used up.
   * @param mustHave take it even beyond the budget: for what may not wait, because nothing else would make room.
   */
  allocate(byteLength: number, mustHave = false): Slice | null {
    if (byteLength > this.slabBytes) return this.allocateOwn(byteLength, mustHave);
    if (byteLength <= this.#roomAtHand()) return this.#cut(this.#current as Slab, byteLength);
    const hasRoom = this.#makeRoom(this.slabBytes, byteLength);
    if (byteLength <= this.#roomAtHand()) return this.#cut(this.#current as Slab, byteLength);
    if (!hasRoom && !mustHave) return null;
    const slab = this.#takeSlab();
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
    return this.#taken.stacks(this.#current !== null && this.#current.used === 0 ? this.#current : null);
  }

  /** Lets go of what is free. Nothing is taken any more; what is still in use has to be released. */
  close(): void {
    this.#free.length = 0;
    this.#freeOwn = [];
    this.#freeOwnBytes = 0;
    watchForLeaks(() => this.leaks());
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

  #takeSlab(): Slab {
    const slab = this.#free.pop() ?? new Slab(this.slabBytes, this.#home);
    slab.retain();
    this.#slabsInUse += 1;
    this.#slabsSinceOwn += 1;
    if (this.#slabsSinceOwn > KEEP_FREE_OWN_SLABS && this.#freeOwn.length > 0) this.#dropLarge();
    this.#freeWithinBudget();
    this.#taken.add(slab);
    return slab;
  }

  /**
   * As `allocate`, but in a buffer of its own whatever its size: for what comes and goes and must not pin a slab.
   * @param replacedBytes of a buffer that the caller will release for it
   */
  allocateOwn(byteLength: number, mustHave = false, replacedBytes = 0): Slice | null {
    if (!this.#makeRoom(byteLength - replacedBytes) && !mustHave) return null;
    const own = byteLength > this.slabBytes ? this.#takeLarge(byteLength) : new OwnBuffer(byteLength, this.#home);
    own.retain();
    this.#ownBytes += own.bytes.length;
    this.#freeWithinBudget();
    this.#taken.add(own);
    return { bytes: own.bytes.subarray(0, byteLength), owner: own };
  }

  /** A free buffer that is large enough and not much larger, or a new one, in whole slabs so that it fits others, too. */
  #takeLarge(byteLength: number): OwnBuffer {
    this.#slabsSinceOwn = 0;
    const mostBytes = byteLength + MAX_SPARE_SLABS * this.slabBytes;
    const at = this.#freeOwn.findIndex(({ bytes }) => bytes.length >= byteLength && bytes.length <= mostBytes);
    if (at < 0) return new OwnBuffer(Math.ceil(byteLength / this.slabBytes) * this.slabBytes, this.#home);
    const [own] = this.#freeOwn.splice(at, 1) as [OwnBuffer];
    this.#freeOwnBytes -= own.bytes.length;
    return own;
  }

  /** @param cutBytes so much room in the slab at hand, which evicting may empty, does as well */
  #makeRoom(byteLength: number, cutBytes = Infinity): boolean {
    const wanted = this.usedBytes + byteLength;
    // A little at a time: what is in use may be writes on their way, which no eviction brings back.
    if (wanted <= this.budgetBytes && wanted > this.budgetBytes * COMFORTABLE) this.#evict?.(2 * byteLength);
    // What is let go of may share its slab with what is not, so more than asked for may have to go.
    for (;;) {
      const missing = this.usedBytes + byteLength - this.budgetBytes;
      if (missing <= 0 || this.#roomAtHand() >= cutBytes) return true;
      if (this.#evict === null || this.#evict(missing) === 0) return false;
    }
  }

  /** All that was cut from the slab at hand is gone: start at its front again. */
  #rewind(slab: Slab): void {
    this.#taken.poison(slab, slab.used);
    slab.used = 0;
    this.#wake();
  }

  #recycle(slab: Slab): void {
    this.#taken.delete(slab);
    slab.used = 0;
    this.#slabsInUse -= 1;
    if (this.#free.length < MAX_FREE_SLABS) this.#free.push(slab);
    else detach(slab.bytes);
    this.#wake();
  }

  /** What is free and finds no room in the budget any more goes at once. */
  #freeWithinBudget(): void {
    while (this.#freeOwn.length > 0 && this.usedBytes + this.freeBytes > this.budgetBytes) this.#dropLarge();
    while (this.#free.length > 0 && this.usedBytes + this.freeBytes > this.budgetBytes) {
      detach((this.#free.pop() as Slab).bytes);
    }
  }

  #giveBack(own: OwnBuffer): void {
    const { length } = own.bytes;
    this.#ownBytes -= length;
    this.#taken.delete(own);
    if (length > this.slabBytes && this.#freeOwnBytes + length <= this.budgetBytes * FREE_OWN_SHARE) {
      this.#freeOwn.push(own);
      this.#freeOwnBytes += length;
    } else {
      detach(own.bytes);
    }
    this.#wake();
  }

  #dropLarge(): void {
    const own = this.#freeOwn.shift() as OwnBuffer;
    this.#freeOwnBytes -= own.bytes.length;
    detach(own.bytes);
  }

  #wake(): void {
    if (this.#wakes || this.#waiting.length === 0) return;
    this.#wakes = true;
    nextTurn(() => {
      this.#wakes = false;
      const callbacks = this.#waiting;
      this.#waiting = [];
      for (const callback of callbacks) callback();
    });
  }
}
