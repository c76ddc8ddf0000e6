/**
 * snappy. Kafka's clients write it in one of two ways: as the Java library's stream ("Xerial": 8 magic bytes, version,
 * least compatible version, then blocks, each an int32 length and a raw snappy block; another stream may follow), or as
 * one raw block. Both are read; the stream is written, in blocks of 32 KiB as the Java library's.
 *
 * A raw block opens with its uncompressed length as an unsigned varint; that length is checked against the bound before
 * the library, which allocates by it, sees the block.
 */
import { compress, uncompress } from 'snappy';
import { BlockExpander } from './block-expander.ts';
import { type Codec, SMALL_BYTES, takeInPieces, type TakePiece } from './codecs.ts';
import { damaged, TooLargeError } from './damaged.ts';
import { snappyBlockModule } from './snappy-block.ts';

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** Magic, version 1, compatible with readers of version 1. */
const XERIAL_HEADER = Buffer.concat([XERIAL_MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);
const BLOCK_BYTES = 32 * 1024;
/** A byte of a block stands for fewer than this many (64 bytes are copied by 3): more is a lie. */
const MAX_EXPANSION = 32;

/** Length that a raw block states. @throws TooLargeError beyond `maxBytes` */
function statedLength(block: Buffer, maxBytes: number): number {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = block[i];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) {
      if (length > block.length * MAX_EXPANSION) throw new Error('A snappy block states too large a size.');
      if (length > maxBytes) throw new TooLargeError(`A snappy block states ${length} bytes.`);
      return length;
    }
  }
  throw new Error('A snappy block has no length.');
}

/** Bytes of the length in front of a raw block, which `statedLength` has read. */
function prefixBytes(block: Buffer): number {
  let size = 1;
  while ((block[size - 1] as number) >= 0x80) size++;
  return size;
}

let expander: BlockExpander | null = null;

function expandNow(bytes: Buffer, maxBytes: number, take: TakePiece): boolean {
  if (bytes.length > SMALL_BYTES) return false;
  expander ??= new BlockExpander(snappyBlockModule);
  expander.begin(bytes, maxBytes);
  let left = Math.min(maxBytes, SMALL_BYTES);
  for (const block of blocksOf(bytes)) {
    const length = statedLength(block, maxBytes);
    const prefix = prefixBytes(block);
    const at = block.byteOffset - bytes.byteOffset + prefix;
    if (length > left || expander.expand(at, block.length - prefix, length) !== length) return false;
    left -= length;
  }
  take(expander.output);
  return true;
}

/** The raw blocks of a payload, one after the other. */
function* blocksOf(bytes: Buffer): Generator<Buffer, void, undefined> {
  if (!isStreamHeader(bytes, 0)) {
    yield bytes;
    return;
  }
  let position = 0;
  while (position < bytes.length) {
    if (isStreamHeader(bytes, position)) {
      position += XERIAL_HEADER.length;
      if (position > bytes.length) throw new Error('A snappy stream ends in its header.');
      if (bytes.readInt32BE(position - 8) < 1) throw new Error('A snappy stream of an unknown version.');
      continue;
    }
    if (bytes.length - position < 4) throw new Error('A snappy stream ends in a block length.');
    const length = bytes.readInt32BE(position);
    position += 4;
    if (length < 0 || length > bytes.length - position) throw new Error('A snappy stream ends in a block.');
    yield bytes.subarray(position, position + length);
    position += length;
  }
}

function isStreamHeader(bytes: Buffer, at: number): boolean {
  return (
    bytes.length - at >= XERIAL_MAGIC.length && bytes.compare(XERIAL_MAGIC, 0, XERIAL_MAGIC.length, at, at + 8) === 0
  );
}

export const snappyCodec: Codec = {
  async compress(bytes) {
    const parts: Buffer[] = [XERIAL_HEADER];
    for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
      const block = await compress(bytes.subarray(start, start + BLOCK_BYTES));
      const length = Buffer.allocUnsafe(4);
      length.writeInt32BE(block.length);
      parts.push(length, block);
    }
    return Buffer.concat(parts);
  },
  expandNow(bytes, maxBytes, take) {
    try {
      return expandNow(bytes, maxBytes, take);
    } catch (error) {
      throw damaged('snappy', maxBytes, error);
    }
  },
  async expand(bytes, maxBytes, take) {
    let left = maxBytes;
    try {
      for (const block of blocksOf(bytes)) {
        const length = statedLength(block, left);
        const piece = (await uncompress(block, { asBuffer: true })) as Buffer;
        if (piece.length !== length) throw new Error('A snappy block is shorter than it states.');
        left -= length;
        // It may be the whole payload.
        await takeInPieces(piece, take);
      }
    } catch (error) {
      throw damaged('snappy', maxBytes, error);
    }
  },
};
