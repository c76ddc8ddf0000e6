/** Requests of one connection that are here and have not started, in order. */
import { type Slice, UNCOUNTED } from '../base/counted.ts';

/** Requests read ahead at most. */
const MAX_FRAMES_AHEAD = 100;
/** Their bytes in memory that has a budget: two produce requests of the usual size. */
const MAX_COUNTED_BYTES = 2 * 1024 * 1024;
/** Their bytes in memory that has none. */
const MAX_UNCOUNTED_BYTES = 32 * 1024;

export class WaitingFrames {
  readonly #frames: Slice[] = [];
  #countedBytes = 0;
  #uncountedBytes = 0;

  get length(): number {
    return this.#frames.length;
  }

  /** Their bytes in memory that has a budget. */
  get countedBytes(): number {
    return this.#countedBytes;
  }

  get first(): Slice | undefined {
    return this.#frames[0];
  }

  /** Whether more may be read although nothing of what is here can start. */
  get hasRoom(): boolean {
    return (
      this.#frames.length < MAX_FRAMES_AHEAD &&
      this.#countedBytes < MAX_COUNTED_BYTES &&
      this.#uncountedBytes < MAX_UNCOUNTED_BYTES
    );
  }

  /** Takes over the frame's reference. */
  push(frame: Slice): void {
    this.#frames.push(frame);
    this.#count(frame, frame.bytes.length);
  }

  /** Gives the first one and its reference away. There must be one. */
  take(): Slice {
    const frame = this.#frames.shift() as Slice;
    this.#count(frame, -frame.bytes.length);
    return frame;
  }

  /** Lets go of all. */
  releaseAll(): void {
    while (this.#frames.length > 0) this.take().owner.release();
  }

  #count(frame: Slice, byteLength: number): void {
    if (frame.owner === UNCOUNTED) this.#uncountedBytes += byteLength;
    else this.#countedBytes += byteLength;
  }
}
