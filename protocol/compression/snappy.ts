/**
 * snappy. Kafka's clients write it in one of two ways: as the Java library's stream ("Xerial": 8 magic bytes, version,
 * least compatible version, then blocks, each an int32 length and a raw snappy block), or as one raw block. Both are
 * read; the stream is written, in blocks of 32 KiB as the Java library's.
 *
 * A raw block opens with its uncompressed length as an unsigned varint; that length is checked against the bound before
 * the library, which allocates by it, sees the block.
 */
import { compress, uncompress } from 'snappy';
import type { Codec } from './codecs.ts';
import { damaged } from './damaged.ts';

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** Magic, version 1, compatible with readers of version 1. */
const XERIAL_HEADER = Buffer.concat([XERIAL_MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);
const BLOCK_BYTES = 32 * 1024;
/** A byte of a block stands for fewer than this many (64 bytes are copied by 3): more is a lie. */
const MAX_EXPANSION = 32;

/** Length that a raw block states. @throws RangeError beyond `maxBytes` */
function statedLength(block: Buffer, maxBytes: number): number {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = block[i];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) {
      if (length > block.length * MAX_EXPANSION) throw new Error('A snappy block states too large a size.');
      if (length > maxBytes) throw new RangeError(`A snappy block states ${length} bytes.`);
      return length;
    }
  }
  throw new Error('A snappy block has no length.');
}

async function expandBlock(block: Buffer, maxBytes: number): Promise<Buffer> {
  const length = statedLength(block, maxBytes);
  const bytes = (await uncompress(block, { asBuffer: true })) as Buffer;
  if (bytes.length !== length) throw new Error('A snappy block is shorter than it states.');
  return bytes;
}

async function expandStream(stream: Buffer, maxBytes: number): Promise<Buffer> {
  const blocks: Buffer[] = [];
  let total = 0;
  let position = XERIAL_HEADER.length;
  if (stream.length < position) throw new Error('A snappy stream ends in its header.');
  while (position < stream.length) {
    if (stream.length - position < 4) throw new Error('A snappy stream ends in a block length.');
    const length = stream.readInt32BE(position);
    position += 4;
    if (length < 0 || length > stream.length - position) throw new Error('A snappy stream ends in a block.');
    const block = await expandBlock(stream.subarray(position, position + length), maxBytes - total);
    blocks.push(block);
    total += block.length;
    position += length;
  }
  return blocks.length === 1 ? (blocks[0] as Buffer) : Buffer.concat(blocks, total);
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
  async decompress(bytes, maxBytes) {
    try {
      const isStream = bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC);
      return await (isStream ? expandStream(bytes, maxBytes) : expandBlock(bytes, maxBytes));
    } catch (error) {
      throw damaged('snappy', maxBytes, error);
    }
  },
};
