/** Blocks of batches as they are stored: as they are, or one zstd frame. */
import { promisify } from 'node:util';
import { constants, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { crc32c } from '../../../protocol/crc32c.ts';
import { segmentSeed } from './format.ts';

/** Smaller blocks are not worth a frame. */
const MIN_COMPRESSED_BYTES = 256;
/** A block is stored compressed when it takes this part of its size at most. */
const KEPT_SHARE = 0.9;

const decompressAsync = promisify<Buffer, { readonly chunkSize: number; readonly maxOutputLength: number }, Buffer>(
  zstdDecompress,
);

/** The zstd frame of a block, or null when it does not pay. */
export function compressBlock(raw: Buffer, level: number): Buffer | null {
  if (level === 0 || raw.length < MIN_COMPRESSED_BYTES) return null;
  const frame = zstdCompressSync(raw, { params: { [constants.ZSTD_c_compressionLevel]: level } });
  return frame.length <= raw.length * KEPT_SHARE ? frame : null;
}

export function blockCrc(stored: Buffer, salt: number, position: number): number {
  return crc32c(stored, segmentSeed(salt, position));
}

/** One piece of memory for the whole block; no more even if damaged bytes ask for it. */
function options(rawBytes: number): { readonly chunkSize: number; readonly maxOutputLength: number } {
  return { chunkSize: Math.max(rawBytes, constants.Z_MIN_CHUNK), maxOutputLength: Math.max(rawBytes, 1) };
}

/** The batches of a compressed block, whose CRC was checked; null when it is no frame of `rawBytes` bytes. */
export function decompressBlock(stored: Buffer, rawBytes: number): Buffer | null {
  try {
    const raw = zstdDecompressSync(stored, options(rawBytes));
    return raw.length === rawBytes ? raw : null;
  } catch {
    return null;
  }
}

/** As `decompressBlock`, on a thread. */
export async function decompressBlockOnThread(stored: Buffer, rawBytes: number): Promise<Buffer | null> {
  try {
    const raw = await decompressAsync(stored, options(rawBytes));
    return raw.length === rawBytes ? raw : null;
  } catch {
    return null;
  }
}
