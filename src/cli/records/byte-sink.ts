/** Gathers what is printed, so that a million records are not a million writes. */

const SINK_BYTES = 256 * 1024;
/** A UTF-16 unit takes so many bytes of UTF-8 at most. */
const MAX_BYTES_PER_UNIT = 3;

export class ByteSink {
  #buffer = Buffer.allocUnsafeSlow(SINK_BYTES);
  #position = 0;

  get byteLength(): number {
    return this.#position;
  }

  /** So much that it should be printed now. */
  get isFull(): boolean {
    return this.#position > SINK_BYTES / 2;
  }

  #room(byteLength: number): void {
    if (this.#position + byteLength <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#position + byteLength));
    this.#buffer.copy(larger, 0, 0, this.#position);
    this.#buffer = larger;
  }

  text(text: string): void {
    this.#room(text.length * MAX_BYTES_PER_UNIT);
    this.#position += this.#buffer.write(text, this.#position);
  }

  byte(byte: number): void {
    this.#room(1);
    this.#buffer[this.#position++] = byte;
  }

  /** A part of `bytes`; `end` is exclusive. */
  bytes(bytes: Buffer, start: number, end: number): void {
    this.#room(end - start);
    this.#position += bytes.copy(this.#buffer, this.#position, start, end);
  }

  /** What was gathered; the sink is empty then. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#position);
    this.#buffer = Buffer.allocUnsafeSlow(SINK_BYTES);
    this.#position = 0;
    return taken;
  }
}
