/**
 * Turns the bytes of one connection into frames (int32 length, then that many bytes), each contiguous.
 *
 * Bytes arrive in one of two places. Between frames, and for small ones, in a staging buffer that all connections
 * share: complete frames are copied out of it. In the middle of a large frame they land in that frame's own memory, so
 * a large frame is copied only for its first few kilobytes. The memory follows what has arrived, four times at most,
 * not what the length claims, until the connection has sent frames of that size before. What has arrived is always
 * kept; where there is no memory for what is to come, the assembler is starved, and the socket must not be read.
 *
 * Frames of which something outlives the request (Produce, by api-facts.ts) lie in slabs. All others end up in memory of
 * the garbage collector: whoever keeps a piece of one pins only that.
 */
import { UNCOUNTED, type Slice } from '../base/counted.ts';
import type { SlabPool } from '../base/slabs.ts';
import { apiKeyOf, factsOf } from './api-facts.ts';

/** The length before a frame is negative or above the bound: the connection cannot go on. */
export class FrameError extends Error {}

const PREFIX_BYTES = 4;
/** The least memory a frame starts with, if it is longer. */
const FIRST_BYTES = 4096;
/** How far the memory runs ahead of what has arrived. */
const GROWTH = 4;
/** Frames up to this size get their memory whatever the budget says: heartbeats always get through. */
const SMALL_BYTES = 16 * 1024;
/** With less than this missing, the shared staging buffer does: it may bring the next frame as well. */
const DIRECT_BYTES = 16 * 1024;
/** How far, at least, the memory of a frame runs ahead that has stalled before; else a quarter of what has arrived. */
const SLOW_STEP_BYTES = 64 * 1024;

/** Whose frames these are. */
export interface FrameReceiver {
  /** Largest frame now, without its length prefix (socket.request.max.bytes; less before authentication). */
  readonly maxFrameBytes: number;
  /** Whether the frame at hand may ask for `missingBytes` now, or has to wait for its turn. */
  mayTake(): boolean;
  /** Gets each frame without its length prefix, and with it one reference to its owner. */
  onFrame(frame: Slice): void;
}

const HTTP_METHODS: ReadonlySet<number> = new Set(
  ['GET ', 'HEAD', 'POST', 'PUT '].map((method) => Buffer.from(method).readInt32BE()),
);

export class FrameAssembler {
  readonly #pool: SlabPool;
  readonly #receiver: FrameReceiver;
  #prefixFilled = 0;
  #frameBytes = 0;
  /** Where the frame at hand collects; may be shorter than the frame. */
  #memory: Slice | null = null;
  #filled = 0;
  /** What `target` gave out last, if it was not the staging buffer. */
  #target: Buffer | null = null;
  /** Bytes that its memory should have. */
  #goal = 0;
  /** Its memory is cut from a slab. */
  #isInSlab = false;
  /** Its memory is full, and there was no more. */
  #isStarved = false;
  /** The frame at hand has stalled before: its memory runs ahead less. */
  #isSlow = false;
  #largestFrame = 0;

  constructor(pool: SlabPool, receiver: FrameReceiver) {
    this.#pool = pool;
    this.#receiver = receiver;
  }

  /** True while the frame at hand waits for memory: the socket must not be read, and `grow` called later. */
  get isStarved(): boolean {
    return this.#isStarved;
  }

  /** Bytes of memory that the frame at hand holds. */
  get heldBytes(): number {
    return this.#memory === null ? 0 : this.#memory.bytes.length;
  }

  /** True while the frame at hand has memory for some of its bytes only. */
  get isGrowing(): boolean {
    return this.#memory !== null && this.#memory.bytes.length < this.#frameBytes;
  }

  /** True when what `target` gave out last is memory of the frame at hand. */
  get isDirect(): boolean {
    return this.#target !== null;
  }

  /** Bytes of memory that the frame at hand asks for. */
  get missingBytes(): number {
    return this.#goal - this.heldBytes;
  }

  /** True when these are all that it will need. */
  get wantsWhole(): boolean {
    return this.#goal === this.#frameBytes;
  }

  /** Where the next bytes should land: `staging`, or memory of the frame at hand, which only this socket may fill. */
  target(staging: Buffer): Buffer {
    this.#target = null;
    const memory = this.#memory;
    if (memory === null || memory.bytes.length - this.#filled < DIRECT_BYTES) return staging;
    this.#target = memory.bytes.subarray(this.#filled);
    return this.#target;
  }

  /** Takes the first `count` bytes of `bytes`, in which they arrived. @throws FrameError */
  received(bytes: Buffer, count: number): void {
    if (bytes !== this.#target) return this.#consume(bytes, count);
    this.#filled += count;
    if (this.#filled === this.#frameBytes) this.#deliverMemory();
  }

  /** Ends starvation if the pool has memory now. @param mustHave take it even beyond the budget */
  grow(mustHave: boolean): boolean {
    const memory = this.#memory as Slice;
    const larger = this.#allocate(isKept(memory.bytes), mustHave);
    if (larger === null) return false;
    this.#moveTo(larger);
    this.#isStarved = false;
    return true;
  }

  /**
   * Gives back memory that is not filled, and the slab that others might share; true when that was any. What `target`
   * gave out is void then.
   */
  compact(): boolean {
    if (this.#memory === null || this.#isSlow) return false;
    this.#isSlow = true;
    const pool = this.#pool;
    // Large buffers come in whole slabs.
    const leastBytes = this.#filled > pool.slabBytes ? pool.slabBytes : SLOW_STEP_BYTES;
    if (!this.#isInSlab && this.#memory.bytes.length - this.#filled < leastBytes) return false;
    this.#isInSlab = false;
    this.#moveTo(pool.allocateOwn(this.#filled, true, this.heldBytes) as Slice);
    return true;
  }

  /** Lets go of an unfinished frame. */
  destroy(): void {
    this.#memory?.owner.release();
    this.#memory = null;
    this.#target = null;
  }

  #consume(bytes: Buffer, end: number): void {
    let position = 0;
    while (position < end) {
      if (this.#prefixFilled < PREFIX_BYTES) {
        position = this.#readPrefix(bytes, position, end);
        if (this.#prefixFilled < PREFIX_BYTES || this.#frameBytes > 0) continue;
        this.#deliver({ bytes: Buffer.alloc(0), owner: UNCOUNTED });
        continue;
      }
      const arrived = Math.min(end - position, this.#frameBytes - this.#filled);
      const memory = this.#memoryFor(this.#filled + arrived, bytes, position);
      bytes.copy(memory.bytes, this.#filled, position, position + arrived);
      this.#filled += arrived;
      position += arrived;
      if (this.#filled === this.#frameBytes) this.#deliverMemory();
    }
  }

  #readPrefix(bytes: Buffer, start: number, end: number): number {
    let position = start;
    if (this.#prefixFilled === 0 && end - start >= PREFIX_BYTES) {
      this.#frameBytes = bytes.readInt32BE(start);
      this.#prefixFilled = PREFIX_BYTES;
      position += PREFIX_BYTES;
    }
    while (this.#prefixFilled < PREFIX_BYTES && position < end) {
      this.#frameBytes = (this.#frameBytes << 8) | (bytes[position] as number);
      this.#prefixFilled += 1;
      position += 1;
    }
    const isComplete = this.#prefixFilled === PREFIX_BYTES;
    if (isComplete) this.#checkSize();
    return position;
  }

  #checkSize(): void {
    const maxBytes = this.#receiver.maxFrameBytes;
    if (this.#frameBytes >= 0 && this.#frameBytes <= maxBytes) return;
    const other = otherProtocol(this.#frameBytes);
    if (other !== null) throw new FrameError(`The client speaks ${other}, and this listener has Kafka without TLS`);
    throw new FrameError(`Frame of ${this.#frameBytes} bytes, ${maxBytes} allowed`);
  }

  /** Memory for the first `needed` bytes of the frame at hand, of which those from `position` on are about to come. */
  #memoryFor(needed: number, bytes: Buffer, position: number): Slice {
    const memory = this.#memory;
    if (memory !== null && memory.bytes.length >= needed) return memory;
    const keepsFrame = memory === null ? isKept(bytes, position) : isKept(memory.bytes);
    if (memory === null && needed === this.#frameBytes) return (this.#memory = this.#wholeFrame(keepsFrame));
    this.#goal = this.#aimFor(needed);
    let larger = this.#mayTake() ? this.#allocate(keepsFrame, false) : null;
    if (larger === null) {
      this.#isStarved = needed < this.#frameBytes;
      this.#isInSlab = false;
      larger = this.#pool.allocateOwn(needed, true, this.heldBytes) as Slice;
    }
    this.#moveTo(larger);
    return larger;
  }

  /** All of the frame has arrived: it is not much, and must go somewhere. */
  #wholeFrame(keepsFrame: boolean): Slice {
    const pool = this.#pool;
    if (!keepsFrame) return { bytes: Buffer.allocUnsafe(this.#frameBytes), owner: UNCOUNTED };
    return pool.allocate(this.#frameBytes) ?? (pool.allocateOwn(this.#frameBytes, true) as Slice);
  }

  /** How much memory the frame should have when `needed` bytes of it are here. */
  #aimFor(needed: number): number {
    const ahead = this.#isSlow
      ? needed + Math.max(SLOW_STEP_BYTES, needed / 4)
      : Math.max(FIRST_BYTES, needed * GROWTH, this.#largestFrame);
    // What would be half of it may as well be whole.
    const isWhole = this.#frameBytes <= SMALL_BYTES || (!this.#isSlow && ahead * 2 >= this.#frameBytes);
    return isWhole ? this.#frameBytes : Math.min(Math.ceil(ahead), this.#frameBytes);
  }

  /** Small frames, heartbeats among them, wait for nobody. */
  #mayTake(): boolean {
    return this.#frameBytes <= SMALL_BYTES || this.#receiver.mayTake();
  }

  #allocate(keepsFrame: boolean, mustHave: boolean): Slice | null {
    const pool = this.#pool;
    const isFinal = this.#goal === this.#frameBytes && keepsFrame && !this.#isSlow;
    this.#isInSlab = isFinal && this.#goal <= pool.slabBytes;
    const isSure = mustHave || this.#frameBytes <= SMALL_BYTES;
    return this.#isInSlab ? pool.allocate(this.#goal, isSure) : pool.allocateOwn(this.#goal, isSure, this.heldBytes);
  }

  #moveTo(larger: Slice): void {
    const memory = this.#memory;
    if (memory !== null) {
      memory.bytes.copy(larger.bytes, 0, 0, this.#filled);
      memory.owner.release();
    }
    this.#memory = larger;
    this.#target = null;
  }

  #deliverMemory(): void {
    const frame = this.#memory as Slice;
    this.#memory = null;
    this.#target = null;
    this.#filled = 0;
    const keepsFrame = isKept(frame.bytes);
    if (keepsFrame) this.#largestFrame = this.#isSlow ? 0 : Math.max(this.#largestFrame, frame.bytes.length);
    if (keepsFrame || frame.owner === UNCOUNTED) return this.#deliver(frame);
    const copy = { bytes: Buffer.from(frame.bytes), owner: UNCOUNTED };
    frame.owner.release();
    this.#deliver(copy);
  }

  #deliver(frame: Slice): void {
    this.#prefixFilled = 0;
    this.#frameBytes = 0;
    this.#goal = 0;
    this.#isSlow = false;
    this.#isStarved = false;
    this.#receiver.onFrame(frame);
  }
}

/** Whether what a frame that begins so, at `start`, refers to outlives its request. */
function isKept(bytes: Buffer, start = 0): boolean {
  return factsOf(apiKeyOf(bytes, start)).keepsFrame;
}

/** What a connection that begins with these four bytes speaks, where that is known and not Kafka's protocol. */
function otherProtocol(prefix: number): string | null {
  if (prefix >>> 8 >= 0x16_03_00 && prefix >>> 8 <= 0x16_03_04) return 'TLS';
  return HTTP_METHODS.has(prefix) ? 'HTTP' : null;
}
