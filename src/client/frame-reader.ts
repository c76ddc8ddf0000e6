/** Cuts what a connection brings into frames: a length of four bytes, and as many bytes as it says. */

/** Largest answer that is read, in bytes. What speaks TLS or HTTP seems to announce more. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;
const LENGTH_BYTES = 4;

export class FrameReader {
  readonly #onFrame: (frame: Buffer) => void;
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  #lengthBytes = 0;
  #frame: Buffer | null = null;
  #filled = 0;

  /** `onFrame` gets each frame without its length, in memory of its own. */
  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** Takes the next bytes; false when they announce a frame that no broker sends. */
  take(chunk: Buffer): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#frame === null) {
        const size = Math.min(LENGTH_BYTES - this.#lengthBytes, chunk.length - at);
        chunk.copy(this.#length, this.#lengthBytes, at, at + size);
        this.#lengthBytes += size;
        at += size;
        if (this.#lengthBytes < LENGTH_BYTES) return true;
        const length = this.#length.readInt32BE(0);
        if (length < LENGTH_BYTES || length > MAX_FRAME_BYTES) return false;
        this.#frame = Buffer.allocUnsafeSlow(length);
        this.#filled = 0;
        this.#lengthBytes = 0;
      }
      const frame = this.#frame;
      const size = Math.min(frame.length - this.#filled, chunk.length - at);
      chunk.copy(frame, this.#filled, at, at + size);
      this.#filled += size;
      at += size;
      if (this.#filled < frame.length) return true;
      this.#frame = null;
      this.#onFrame(frame);
    }
    return true;
  }
}
