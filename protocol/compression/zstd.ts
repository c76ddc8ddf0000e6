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
const compressAsync = promisify<Buffer, CompressOptions, Buffer>(zstdCompress);
const decompressAsync = promisify<Buffer, DecompressOptions, Buffer>(zstdDecompress);
interface DecompressOptions extends CompressOptions {
  readonly maxOutputLength: number;
}

const DEFAULT_LEVEL = 3;
/** Frames with a larger window (2^27 bytes) are refused, as by zstd's own default. */
const MAX_WINDOW_LOG = 27;

export const zstdCodec: Codec = {
  compress: (bytes, level = DEFAULT_LEVEL) =>
    compressAsync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } }),
  async decompress(bytes, maxBytes) {
    try {
      return await decompressAsync(bytes, {
        maxOutputLength: maxBytes,
        params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG },
      });
    } catch (error) {
      throw damaged('zstd', maxBytes, error);
    }
  },
};
