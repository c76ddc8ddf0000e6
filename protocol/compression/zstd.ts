/**
 * zstd, by Node's zlib. Frames need not state their size, and may follow one another, skippable ones too. Levels
 * -131072 to 22, 3 by default.
 */
import { promisify } from 'node:util';
import { constants, createZstdDecompress, zstdCompress, zstdDecompressSync } from 'node:zlib';
import type { Codec } from './codecs.ts';
import { damaged } from './damaged.ts';
import { expand, expandNow, type Engine, type EngineOptions } from './zlib-pieces.ts';

interface CompressOptions {
  readonly params: { readonly [parameter: number]: number };
}
const compressAsync = promisify<Buffer, CompressOptions, Buffer>(zstdCompress);

const DEFAULT_LEVEL = 3;
/** Frames with a larger window (2^27 bytes) are refused, as by zstd's own default. */
const params = { [constants.ZSTD_d_windowLogMax]: 27 };

const FRAME_MAGIC = 0xfd2fb528;
const DESCRIPTOR = 4;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
/** For frames that do not state their size. */
const USUAL_EXPANSION = 4;

/** The size that the first frame states, or a guess. */
function sizeHint(bytes: Buffer): number {
  const guess = Math.min(bytes.length * USUAL_EXPANSION, 1 << 20);
  if (bytes.length < 18 || bytes.readUInt32LE(0) !== FRAME_MAGIC) return guess;
  const descriptor = bytes[DESCRIPTOR] as number;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const at = DESCRIPTOR + (isSingleSegment ? 1 : 2) + (DICTIONARY_ID_BYTES[descriptor & 3] as number);
  switch (descriptor >>> 6) {
    case 0:
      return isSingleSegment ? (bytes[at] as number) : guess;
    case 1:
      return bytes.readUInt16LE(at) + 256;
    case 2:
      return bytes.readUInt32LE(at);
    default:
      return Number(bytes.readBigUInt64LE(at));
  }
}

const engine: Engine = {
  expandSync: ((bytes: Buffer, options: EngineOptions) =>
    zstdDecompressSync(bytes, { ...options, params } as object)) as unknown as Engine['expandSync'],
  createStream: ((options: EngineOptions) =>
    createZstdDecompress({ ...options, params } as object)) as unknown as Engine['createStream'],
  sizeHint,
  hasFrames: true,
};

export const zstdCodec: Codec = {
  compress: (bytes, level = DEFAULT_LEVEL) =>
    compressAsync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } }),
  expandNow(bytes, maxBytes, take) {
    try {
      return expandNow(engine, bytes, maxBytes, take);
    } catch (error) {
      throw damaged('zstd', maxBytes, error);
    }
  },
  async expand(bytes, maxBytes, take) {
    try {
      await expand(engine, bytes, maxBytes, take);
    } catch (error) {
      throw damaged('zstd', maxBytes, error);
    }
  },
};
