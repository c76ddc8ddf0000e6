/** The record bytes of one response field: parts that are loaded and let go one after the other while they are sent. */
import type { Part } from './counted.ts';

/** Stands in a message where bytes are expected; the codec writes its length, the sender its bytes. */
export class PartList {
  /** Bytes of all parts, also of those taken already. */
  readonly byteLength: number;
  readonly #parts: readonly Part[];
  #next = 0;

  /** Takes over the parts: each is released once, by whoever takes it or by `releaseAll`. */
  constructor(parts: readonly Part[]) {
    let byteLength = 0;
    for (const part of parts) byteLength += part.byteLength;
    this.byteLength = byteLength;
    this.#parts = parts;
  }

  /** True when all parts are taken. */
  get isEmpty(): boolean {
    return this.#next >= this.#parts.length;
  }

  /** The next part, which the caller must release, or undefined after the last. */
  take(): Part | undefined {
    const part = this.#parts[this.#next];
    if (part !== undefined) this.#next += 1;
    return part;
  }

  /** Releases what was not taken. */
  releaseAll(): void {
    for (let part = this.take(); part !== undefined; part = this.take()) part.release();
  }
}
