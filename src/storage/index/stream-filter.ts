/**
 * Which streams a sealed file may hold, in two bytes a stream: what is left of its index when that has to go, so that the
 * readers of a stream that lies in few files do not load the indexes of all. A Bloom filter.
 */
import type { FileIndex } from './file-index.ts';

const BITS_PER_STREAM = 16;
/** Bits set for each stream: with the above, one in 2000 streams seems to be there and is not. */
const PROBES = 6;

export class StreamFilter {
  readonly #bits: Uint32Array;

  private constructor(bits: Uint32Array) {
    this.#bits = bits;
  }

  /** Of the streams that have runs in a sealed file's index. */
  static of({ runs, runCount }: FileIndex): StreamFilter {
    let streams = 0;
    for (let run = 0; run < runCount; run++) if (run === 0 || runs.stream[run] !== runs.stream[run - 1]) streams += 1;
    const filter = new StreamFilter(new Uint32Array(Math.max(2, Math.ceil((streams * BITS_PER_STREAM) / 32))));
    for (let run = 0; run < runCount; run++) {
      if (run === 0 || runs.stream[run] !== runs.stream[run - 1]) filter.#add(runs.stream[run] as number);
    }
    return filter;
  }

  get byteLength(): number {
    return this.#bits.byteLength;
  }

  /** False when the file has nothing of the stream. */
  mayHold(stream: number): boolean {
    const bits = this.#bits;
    const step = stepOf(stream);
    let hash = hashOf(stream);
    for (let probe = 0; probe < PROBES; probe++) {
      if (((bits[(hash >>> 5) % bits.length] as number) & (1 << (hash & 31))) === 0) return false;
      hash = (hash + step) >>> 0;
    }
    return true;
  }

  #add(stream: number): void {
    const bits = this.#bits;
    const step = stepOf(stream);
    let hash = hashOf(stream);
    for (let probe = 0; probe < PROBES; probe++) {
      const at = (hash >>> 5) % bits.length;
      bits[at] = (bits[at] as number) | (1 << (hash & 31));
      hash = (hash + step) >>> 0;
    }
  }
}

function mixed(value: number): number {
  let z = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

function hashOf(stream: number): number {
  return mixed((stream ^ Math.imul(Math.floor(stream / 2 ** 32), 0x9e3779b1)) + 0x9e3779b9);
}

/** Odd, so that the probes of a stream differ. */
function stepOf(stream: number): number {
  return mixed(hashOf(stream) ^ 0x5bd1e995) | 1;
}
