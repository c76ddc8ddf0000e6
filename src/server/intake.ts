/**
 * What one connection takes in: the frame at hand, the requests that wait to be started, and the connection's place among
 * all that hold memory for such (receiving.ts).
 */
import type { Clock } from '../base/clock.ts';
import type { Slice } from '../base/counted.ts';
import type { SlabPool } from '../base/slabs.ts';
import { FrameAssembler, type FrameReceiver } from './frame-assembler.ts';
import type { Holder, Receiving } from './receiving.ts';
import { WaitingFrames } from './waiting-frames.ts';

/** So many bytes of a frame are a move; who sends a byte now and then does not move. */
const MOVE_BYTES = 64 * 1024;

/** What the intakes of a server share. */
export interface IntakeContext {
  readonly pool: SlabPool;
  readonly receiving: Receiving;
  readonly clock: Clock;
}

/** The connection. */
export interface IntakeOwner {
  readonly maxFrameBytes: number;
  /** True once the socket is on its way out. */
  readonly isOver: boolean;
  /** True when requests wait for something that is not the client's to do. */
  readonly isHeldUp: boolean;
  /** There is memory again: the connection may be read. */
  goOn(): void;
  /** What has landed in what `target` gave out must be told now. */
  settle(): void;
  /** What `target` gave out must not be read into any more. */
  retarget(): void;
  /** The connection has to go. */
  giveUp(): void;
}

export class Intake implements Holder, FrameReceiver {
  /** Complete frames whose requests have not started. */
  readonly waiting = new WaitingFrames();
  movedMs = 0;
  readonly #context: IntakeContext;
  readonly #owner: IntakeOwner;
  readonly #assembler: FrameAssembler;
  /** Bytes since it moved last. */
  #bytes = 0;
  /** A frame was completed, or a request started, since the last look. */
  #hasMoved = false;
  #isHolder = false;

  constructor(context: IntakeContext, owner: IntakeOwner) {
    this.#context = context;
    this.#owner = owner;
    this.#assembler = new FrameAssembler(context.pool, this);
  }

  get maxFrameBytes(): number {
    return this.#owner.maxFrameBytes;
  }

  /** True while there is no memory for what would come: the socket must not be read. */
  get isStarved(): boolean {
    return this.#assembler.isStarved;
  }

  get isOver(): boolean {
    return this.#owner.isOver;
  }

  get heldBytes(): number {
    return this.#assembler.heldBytes + this.waiting.countedBytes;
  }

  get isHeldUp(): boolean {
    return this.waiting.length > 0 && this.#owner.isHeldUp;
  }

  get isGrowing(): boolean {
    return this.#assembler.isGrowing;
  }

  get missingBytes(): number {
    return this.#assembler.missingBytes;
  }

  get wantsWhole(): boolean {
    return this.#assembler.wantsWhole;
  }

  /** True when what `target` gave out last is for one frame alone. */
  get isDirect(): boolean {
    return this.#assembler.isDirect;
  }

  /** Where the next bytes should land. */
  target(staging: Buffer): Buffer {
    return this.#assembler.target(staging);
  }

  /** Takes the first `count` bytes of `bytes`, in which they arrived. @throws FrameError */
  received(bytes: Buffer, count: number): void {
    this.#bytes += count;
    this.#assembler.received(bytes, count);
    if (this.#assembler.isStarved) {
      this.#isHolder = true;
      this.#context.receiving.waits(this);
    }
  }

  /** Gives the first request that waits away, with its reference. There must be one. */
  start(): Slice {
    this.#hasMoved = true;
    return this.waiting.take();
  }

  /** To be called after bytes came or requests were started. */
  account(): void {
    if (this.heldBytes === 0) {
      if (this.#isHolder) this.#leave();
      return;
    }
    if (!this.#isHolder || this.#hasMoved || this.#bytes >= MOVE_BYTES) {
      this.movedMs = this.#context.clock.monotonicMs();
      this.#bytes = 0;
      this.#hasMoved = false;
    }
    if (this.#isHolder) return;
    this.#isHolder = true;
    this.#context.receiving.holds(this);
  }

  take(mustHave: boolean): boolean {
    return this.#assembler.grow(mustHave);
  }

  goOn(): void {
    this.movedMs = this.#context.clock.monotonicMs();
    this.#owner.goOn();
  }

  compact(): boolean {
    this.#owner.settle();
    if (!this.#assembler.compact()) return false;
    this.#owner.retarget();
    return true;
  }

  giveUp(): void {
    this.#owner.giveUp();
  }

  /** Lets go of everything, once the socket has closed. */
  destroy(): void {
    this.#assembler.destroy();
    this.waiting.releaseAll();
    if (this.#isHolder) this.#leave();
  }

  mayTake(): boolean {
    return this.#context.receiving.admits(this);
  }

  onFrame(frame: Slice): void {
    this.#hasMoved = true;
    this.waiting.push(frame);
  }

  #leave(): void {
    this.#isHolder = false;
    this.#context.receiving.left(this);
  }
}
