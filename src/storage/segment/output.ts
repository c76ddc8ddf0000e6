/** A new file that is written from its start to its end, in large pieces. For a thread that may wait: all is synchronous. */
import type { OpenFile } from '../files/files.ts';
import { writeFullySync } from '../files/files.ts';

const BUFFER_BYTES = 1024 * 1024;

export class SegmentOutput {
  readonly #file: OpenFile;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #used = 0;
  /** Bytes that are in the file. */
  #written = 0;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  /** Where the next byte will lie. */
  get position(): number {
    return this.#written + this.#used;
  }

  write(bytes: Buffer): void {
    if (bytes.length > BUFFER_BYTES - this.#used) this.flush();
    if (bytes.length > BUFFER_BYTES) {
      writeFullySync(this.#file, [bytes], this.#written);
      this.#written += bytes.length;
      return;
    }
    bytes.copy(this.#buffer, this.#used);
    this.#used += bytes.length;
  }

  flush(): void {
    if (this.#used === 0) return;
    writeFullySync(this.#file, [this.#buffer.subarray(0, this.#used)], this.#written);
    this.#written += this.#used;
    this.#used = 0;
  }
}
