/**
 * Memory for what merges read ahead, used again from one to the next: a thread that makes one after the other would hold as
 * much again, or twice, until its garbage collector comes by.
 */

/** What is kept beyond this is let go. */
const MAX_KEPT_BYTES = 24 * 1024 * 1024;

export class ReadMemory {
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #span = Buffer.alloc(0);

  /** A buffer of at least so many bytes, whatever is in it; to be given back. */
  take(byteLength: number): Buffer {
    const row = this.#kept.findIndex((buffer) => buffer.length >= byteLength && buffer.length <= 2 * byteLength);
    if (row < 0) return Buffer.allocUnsafeSlow(byteLength);
    const [buffer] = this.#kept.splice(row, 1) as [Buffer];
    this.#keptBytes -= buffer.length;
    return buffer;
  }

  /** Takes back a buffer that nobody uses any more. */
  give(buffer: Buffer): void {
    this.#kept.push(buffer);
    this.#keptBytes += buffer.length;
    while (this.#keptBytes > MAX_KEPT_BYTES) this.#keptBytes -= (this.#kept.shift() as Buffer).length;
  }

  /** One for everybody, for what is read and copied out of it at once. */
  span(byteLength: number): Buffer {
    if (this.#span.length < byteLength) this.#span = Buffer.allocUnsafeSlow(byteLength);
    return this.#span;
  }
}
