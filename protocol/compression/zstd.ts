/**
 * zstd, by Node's zlib on its thread pool. Frames need not state their size, and may follow one another. Levels
 * -131072 to 22, 3 by default.
 */
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import type { Codec } from './codecs.ts';
import { damaged } from './damaged.ts';

interface CompressOptions {
  readonly params: { readonly [parameter: number]: number };
}
interface DecompressOptions extends CompressOptions {
  readonly maxOutputLength: number;
  /** Also tells how much of the input was used. */
  readonly info: true;
}
interface Decompressed {
  readonly buffer: Buffer;
  /** Its `bytesWritten` are the bytes of input that were used. */
  readonly engine: { readonly bytesWritten: number };
}
const compressAsync = promisify<Buffer, CompressOptions, Buffer>(zstdCompress);
const decompressAsync = promisify(
  zstdDecompress as unknown as (
    bytes: Buffer,
    options: DecompressOptions,
    callback: (error: Error | null, result: Decompressed) => void,
  ) => void,
);

const DEFAULT_LEVEL = 3;
/** Frames with a larger window (2^27 bytes) are refused, as by zstd's own default. */
const MAX_WINDOW_LOG = 27;

/** Node 24 stops silently at the end of a frame; Node 26 goes on to the end of the input. */
async function decompressFrames(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const out: Buffer[] = [];
  let used = 0;
  let byteLength = 0;
  do {
    const { buffer, engine } = await decompressAsync(bytes.subarray(used), {
      maxOutputLength: maxBytes,
      params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG },
      info: true,
    });
    byteLength += buffer.length;
    if (byteLength > maxBytes) throw new RangeError('Several frames expand to more than the bound together');
    if (engine.bytesWritten === 0 && bytes.length > 0) throw new Error('A frame of no bytes');
    out.push(buffer);
    used += engine.bytesWritten;
  } while (used < bytes.length);
  return out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out, byteLength);
}

export const zstdCodec: Codec = {
  compress: (bytes, level = DEFAULT_LEVEL) =>
    compressAsync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } }),
  async decompress(bytes, maxBytes) {
    try {
      return await decompressFrames(bytes, maxBytes);
    } catch (error) {
      throw damaged('zstd', maxBytes, error);
    }
  },
};
