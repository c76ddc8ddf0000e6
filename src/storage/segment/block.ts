/** Blocks of batches as they are stored: as they are, or one zstd frame. */
import { promisify } from 'node:util';
import type * as Zlib from 'node:zlib';
import { KeptEngine } from '../../../protocol/compression/zlib-pieces.ts';
import { crc32c } from '../../../protocol/crc32c.ts';
import type { Clock } from '../../base/clock.ts';
import { segmentSeed } from './format.ts';

/** Smaller blocks are not worth a frame. */
const MIN_COMPRESSED_BYTES = 256;
/** A block is stored compressed when it takes this part of its size at most. */
const KEPT_SHARE = 0.9;

/** Loaded when a block is compressed: a start needs none. */
const zlib = (): typeof Zlib => process.getBuiltinModule('node:zlib');

let decompressAsync: ((stored: Buffer, options: Zlib.ZstdOptions) => Promise<Buffer>) | undefined;

/** Compresses one block after the other, on a thread that may wait. It keeps its engine: a new one takes a quarter longer. */
export class BlockCompressor {
  readonly #level: number;
  readonly #engine: KeptEngine;
  readonly #clock: Clock;
  #output: Buffer = Buffer.alloc(0);
  /** How long each block took, in ms. */
  readonly tookMs: number[] = [];

  /** @param level of zstd, or 0 for none */
  constructor(level: number, clock: Clock) {
    this.#level = level;
    this.#clock = clock;
    this.#engine = new KeptEngine(() => zlib().createZstdCompress(this.#options), zlib().constants.ZSTD_e_end);
  }

  /** The zstd frame of a block, valid until the next call, or null when it does not pay. */
  compress(raw: Buffer): Buffer | null {
    if (this.#level === 0 || raw.length < MIN_COMPRESSED_BYTES) return null;
    const startedMs = this.#clock.monotonicMs();
    const frame = this.#compress(raw);
    this.tookMs.push(this.#clock.monotonicMs() - startedMs);
    return frame;
  }

  #compress(raw: Buffer): Buffer | null {
    const mostBytes = Math.floor(raw.length * KEPT_SHARE);
    // An output that is filled says nothing of what would have followed.
    if (this.#output.length <= mostBytes) this.#output = Buffer.allocUnsafeSlow(mostBytes + 1);
    const output = this.#output.subarray(0, mostBytes + 1);
    const byteLength = this.#engine.expand(raw, output);
    if (byteLength >= 0) return output.subarray(0, byteLength);
    if (!this.#engine.isMissing) return null;
    const frame = zlib().zstdCompressSync(raw, this.#options);
    return frame.length <= mostBytes ? frame : null;
  }

  get #options(): { readonly params: { readonly [parameter: number]: number } } {
    return { params: { [zlib().constants.ZSTD_c_compressionLevel]: this.#level } };
  }
}

export function blockCrc(stored: Buffer, salt: number, position: number): number {
  return crc32c(stored, segmentSeed(salt, position));
}

/** Each thread's: to make one takes longer than to expand a block. */
let expander: KeptEngine | undefined;

/** One piece of memory for the whole block; no more even if damaged bytes ask for it. */
function options(rawBytes: number): { readonly chunkSize: number; readonly maxOutputLength: number } {
  return { chunkSize: Math.max(rawBytes, zlib().constants.Z_MIN_CHUNK), maxOutputLength: Math.max(rawBytes, 1) };
}

/** The batches of a compressed block, whose CRC was checked; null when it is no frame of `rawBytes` bytes. */
export function decompressBlock(stored: Buffer, rawBytes: number): Buffer | null {
  expander ??= new KeptEngine(() => zlib().createZstdDecompress(), zlib().constants.ZSTD_e_end);
  // One byte more: an engine that fills its output does not say whether it was done.
  const output = Buffer.allocUnsafeSlow(rawBytes + 1);
  const byteLength = expander.expand(stored, output);
  if (!expander.isMissing) return byteLength === rawBytes ? output.subarray(0, rawBytes) : null;
  try {
    const raw = zlib().zstdDecompressSync(stored, options(rawBytes));
    return raw.length === rawBytes ? raw : null;
  } catch {
    return null;
  }
}

/** As `decompressBlock`, on a thread. */
export async function decompressBlockOnThread(stored: Buffer, rawBytes: number): Promise<Buffer | null> {
  try {
    const raw = await (decompressAsync ??= promisify<Buffer, Zlib.ZstdOptions, Buffer>(zlib().zstdDecompress))(
      stored,
      options(rawBytes),
    );
    return raw.length === rawBytes ? raw : null;
  } catch {
    return null;
  }
}
