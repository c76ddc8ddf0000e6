/** Typed arrays that lie one after the other in one buffer, each padded to a multiple of 8 bytes. */

/** Bytes of a column of `count` numbers, `width` bytes each. */
export function columnBytes(count: number, width: number): number {
  return Math.ceil((count * width) / 8) * 8;
}

/** A buffer that has these bytes and no others: theirs, or a copy. */
export function ownBuffer(bytes: Buffer): ArrayBuffer {
  const standsAlone = bytes.byteOffset === 0 && bytes.buffer.byteLength === bytes.length;
  return (standsAlone ? bytes.buffer : Uint8Array.from(bytes).buffer) as ArrayBuffer;
}

/**
 * Of `count` rows in order of (stream, end offset), the first that is of a later stream, or of this one and ends after
 * `offset`; `count` without.
 */
export function firstRowAfter(
  streams: Float64Array,
  endOffsets: Float64Array,
  count: number,
  stream: number,
  offset: number,
): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = streams[middle] as number;
    if (at < stream || (at === stream && (endOffsets[middle] as number) <= offset)) low = middle + 1;
    else high = middle;
  }
  return low;
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
