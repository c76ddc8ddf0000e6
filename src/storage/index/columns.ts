/** Typed arrays that lie one after the other in one buffer, each padded to a multiple of 8 bytes. */

/** Bytes of a column of `count` numbers, `width` bytes each. */
export function columnBytes(count: number, width: number): number {
  return Math.ceil((count * width) / 8) * 8;
}

/** Lays columns over a buffer, which keep its memory. */
export class Columns {
  readonly #buffer: ArrayBuffer;
  #at: number;

  /** @param start where the first column begins: a multiple of 8 */
  constructor(buffer: ArrayBuffer, start: number) {
    this.#buffer = buffer;
    this.#at = start;
  }

  float64(count: number): Float64Array {
    return new Float64Array(this.#buffer, this.#take(count, 8), count);
  }

  int64(count: number): BigInt64Array {
    return new BigInt64Array(this.#buffer, this.#take(count, 8), count);
  }

  int32(count: number): Int32Array {
    return new Int32Array(this.#buffer, this.#take(count, 4), count);
  }

  uint32(count: number): Uint32Array {
    return new Uint32Array(this.#buffer, this.#take(count, 4), count);
  }

  #take(count: number, width: number): number {
    const at = this.#at;
    this.#at += columnBytes(count, width);
    return at;
  }
}
