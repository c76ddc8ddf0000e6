/**
 * zstd, by Node's zlib. Frames need not state their size, and may follow one another, skippable ones too. Levels
 * -131072 to 22, 3 by default.
 */
import { promisify } from 'node:util';
import { constants, createZstdDecompress, zstdCompress } from 'node:zlib';
import { type Codec, SMALL_BYTES } from './codecs.ts';
import { damaged } from './damaged.ts';
import { expand, expandNow, KeptEngine, type ZlibStream } from './zlib-pieces.ts';

interface CompressOptions {
  readonly params: { readonly [parameter: number]: number };
}
const compressAsync = promisify<Buffer, CompressOptions, Buffer>(zstdCompress);

const DEFAULT_LEVEL = 3;
/** Frames with a larger window (2^27 bytes) are refused, as by zstd's own default. */
const MAX_WINDOW_LOG = 27;
/** The engine that is kept also keeps the largest window it had (2^23 bytes); larger ones are left to others. */
const KEPT_WINDOW_LOG = 23;

function createStream(windowLog: number): ZlibStream {
  return createZstdDecompress({ chunkSize: SMALL_BYTES, params: { [constants.ZSTD_d_windowLogMax]: windowLog } });
}

const engine = new KeptEngine(() => createStream(KEPT_WINDOW_LOG), constants.ZSTD_e_end);

export const zstdCodec: Codec = {
  compress: (bytes, level = DEFAULT_LEVEL) =>
    compressAsync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } }),
  expandNow: (bytes, maxBytes, take) => expandNow(engine, bytes, maxBytes, take),
  async expand(bytes, maxBytes, take) {
    try {
      await expand(() => createStream(MAX_WINDOW_LOG), true, bytes, maxBytes, take);
    } catch (error) {
      throw damaged('zstd', maxBytes, error);
    }
  },
};
