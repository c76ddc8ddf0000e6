/** Expands raw blocks, of a codec whose WebAssembly does that, in a memory that is used again. */
import { SMALL_BYTES } from './codecs.ts';

/** What Node has of WebAssembly, as far as it is used here. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Ends are exclusive; gives the end of the output, or -1. */
  expand(at: number, end: number, out: number, outEnd: number): number;
}

/** Where the output begins in the memory, behind room for an input of SMALL_BYTES; behind it there is room to spare. */
const OUTPUT = SMALL_BYTES;

/** Expands the blocks of one input after the other, into one output. */
export class BlockExpander {
  readonly #exports: Exports;
  readonly #memory: Buffer;
  #out = OUTPUT;
  #bound = OUTPUT;

  constructor(module: Buffer) {
    this.#exports = new WebAssembly.Instance(new WebAssembly.Module(module)).exports as Exports;
    this.#memory = Buffer.from(this.#exports.memory.buffer);
  }

  /** Takes the next input, of SMALL_BYTES at most; it may expand to `maxBytes`, and to SMALL_BYTES. */
  begin(input: Buffer, maxBytes: number): void {
    input.copy(this.#memory);
    this.#out = OUTPUT;
    this.#bound = OUTPUT + Math.min(maxBytes, SMALL_BYTES);
  }

  /**
   * Adds to the output what the block of `size` bytes at `at` of the input stands for, `maxBytes` at most; gives how many
   * bytes that are. -1 if it is damaged or does not fit.
   */
  expand(at: number, size: number, maxBytes: number): number {
    const start = this.#out;
    const out = this.#exports.expand(at, at + size, start, Math.min(start + maxBytes, this.#bound));
    if (out < 0) return -1;
    this.#out = out;
    return out - start;
  }

  /** Adds a part of the input to the output as it is; gives `size`. -1 if it does not fit. */
  copy(at: number, size: number): number {
    if (size > this.#bound - this.#out) return -1;
    this.#memory.copyWithin(this.#out, at, at + size);
    this.#out += size;
    return size;
  }

  /** The output; the next `begin` overwrites it. */
  get output(): Buffer {
    return this.#memory.subarray(OUTPUT, this.#out);
  }
}
