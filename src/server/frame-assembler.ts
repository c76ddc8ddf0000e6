/**
 * Turns the bytes of one connection into frames (int32 length, then that many bytes), each contiguous.
 *
 * Bytes arrive in one of two places. Between frames, and for small ones, in a staging buffer that all connections
 * share: complete frames are copied out of it. In the middle of a large frame they land in that frame's own memory, so
 * a large frame is copied only for its first few kilobytes. The memory follows what has arrived, four times at most,
 * not what the length claims, until the connection has sent frames of that size before.
 *
 * Produce frames lie in slabs, because their records outlive the request. All other frames end up in memory of the
 * garbage collector: whoever keeps a piece of one pins only that.
 */
import { UNCOUNTED, type Slice } from '../base/counted.ts';
import type { SlabPool } from '../base/slabs.ts';

/** The length before a frame is negative or above the bound: the connection cannot go on. */
export class FrameError extends Error {}

const PREFIX_BYTES = 4;
/** The least memory a frame starts with, if it is longer. */
const FIRST_BYTES = 4096;
/** How far the memory runs ahead of what has arrived. */
const GROWTH = 4;
/** Below this, memory comes from the garbage collector and waits for no budget: heartbeats always get through. */
const SMALL_BYTES = 16 * 1024;
/** With less than this missing, the shared staging buffer does: it may bring the next frame as well. */
const DIRECT_BYTES = 16 * 1024;

export interface FrameAssemblerOptions {
  readonly pool: SlabPool;
  /** Largest frame, without its length prefix (socket.request.max.bytes). */
  readonly maxFrameBytes: number;
  /** Gets each frame without its length prefix, and with it one reference to its owner. */
  readonly onFrame: (frame: Slice) => void;
}

export class FrameAssembler {
  readonly #options: FrameAssemblerOptions;
  #prefixFilled = 0;
  #frameBytes = 0;
  /** Where the frame at hand collects; may be shorter than the frame. */
  #memory: Slice | null = null;
  #filled = 0;
  /** What `target` gave out last, if it was not the staging buffer. */
  #target: Buffer | null = null;
  /** Bytes that arrived when there was no memory for them. */
  #leftover: Buffer | null = null;
  #largestFrame = 0;
  #isFavoured = false;

  constructor(options: FrameAssemblerOptions) {
    this.#options = options;
  }

  /** True while the frame at hand waits for memory: the socket must not be read, and `retry` called later. */
  get isStarved(): boolean {
    return this.#leftover !== null;
  }

  /** True when an unfinished frame holds memory that others might need. */
  get holdsMemory(): boolean {
    return this.#memory !== null && this.#memory.owner !== UNCOUNTED;
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

  /** True while the frame at hand may take memory beyond the budget. */
  get isFavoured(): boolean {
    return this.#isFavoured;
  }

  /** Lets the frame at hand have its memory beyond the budget. For one connection at a time; `retry` follows. */
  favour(): void {
    this.#isFavoured = true;
  }

  /** Tries again to find memory for what is left over. */
  retry(): void {
    const bytes = this.#leftover;
    if (bytes === null) return;
    this.#leftover = null;
    this.#consume(bytes, bytes.length);
  }

  /** Lets go of an unfinished frame. */
  destroy(): void {
    this.#memory?.owner.release();
    this.#memory = null;
    this.#target = null;
    this.#leftover = null;
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
      if (!this.#ensureRoom(this.#filled + arrived, bytes, position)) {
        this.#leftover = Buffer.from(bytes.subarray(position, end));
        return;
      }
      const memory = this.#memory as unknown as Slice;
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
    if (isComplete && (this.#frameBytes < 0 || this.#frameBytes > this.#options.maxFrameBytes)) {
      throw new FrameError(`Frame of ${this.#frameBytes} bytes, ${this.#options.maxFrameBytes} allowed`);
    }
    return position;
  }

  /** Makes the frame's memory hold at least `needed` bytes. `bytes` from `position` on are the ones to come next. */
  #ensureRoom(needed: number, bytes: Buffer, position: number): boolean {
    const memory = this.#memory;
    if (memory !== null && memory.bytes.length >= needed) return true;
    const ahead = Math.max(FIRST_BYTES, needed * GROWTH, this.#largestFrame);
    const size = Math.min(ahead, this.#frameBytes);
    const key =
      memory !== null && this.#filled >= 2
        ? memory.bytes.readInt16BE(0)
        : needed - this.#filled >= 2
          ? bytes.readInt16BE(position)
          : 0;
    const isFinal = size === this.#frameBytes;
    const larger = this.#allocate(size, isFinal && key === 0, memory === null && needed === this.#frameBytes);
    if (larger === null) return false;
    if (memory !== null) {
      memory.bytes.copy(larger.bytes, 0, 0, this.#filled);
      memory.owner.release();
    }
    this.#memory = larger;
    return true;
  }

  /**
   * @param isProduce it is the whole of a produce frame, which stays; all else is memory for a while
   * @param isComplete all bytes are here already: they are not many, and must go somewhere
   */
  #allocate(byteLength: number, isProduce: boolean, isComplete: boolean): Slice | null {
    const { pool } = this.#options;
    const isSmall = byteLength <= SMALL_BYTES;
    if (!isSmall || isProduce) {
      const slice = isProduce
        ? pool.allocate(byteLength, this.#isFavoured)
        : pool.allocateOwn(byteLength, this.#isFavoured);
      if (slice !== null || !(isSmall || isComplete)) return slice;
    }
    return { bytes: Buffer.allocUnsafe(byteLength), owner: UNCOUNTED };
  }

  #deliverMemory(): void {
    const frame = this.#memory as Slice;
    this.#memory = null;
    this.#target = null;
    this.#filled = 0;
    const isProduce = frame.bytes.length >= 2 && frame.bytes.readInt16BE(0) === 0;
    if (isProduce) this.#largestFrame = Math.max(this.#largestFrame, frame.bytes.length);
    if (isProduce || frame.owner === UNCOUNTED) return this.#deliver(frame);
    const copy = { bytes: Buffer.from(frame.bytes), owner: UNCOUNTED };
    frame.owner.release();
    this.#deliver(copy);
  }

  #deliver(frame: Slice): void {
    this.#prefixFilled = 0;
    this.#frameBytes = 0;
    this.#isFavoured = false;
    this.#options.onFrame(frame);
  }
}
