/**
 * snappy. Kafka's clients write it in one of two ways: as the Java library's stream ("Xerial": 8 magic bytes, version,
 * least compatible version, then blocks, each an int32 length and a raw snappy block; another stream may follow), or as
 * one raw block. Both are read; the stream is written, in blocks of 32 KiB as the Java library's.
 *
 * A raw block opens with its uncompressed length as an unsigned varint; that length is checked against the bound before
 * the library, which allocates by it, sees the block.
 */
import { compress, uncompress } from 'snappy';
import { type Codec, SMALL_BYTES } from './codecs.ts';
import { damaged, isTooLarge, TooLargeError } from './damaged.ts';

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** Magic, version 1, compatible with readers of version 1. */
const XERIAL_HEADER = Buffer.concat([XERIAL_MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])]);
const BLOCK_BYTES = 32 * 1024;
/** A byte of a block stands for fewer than this many (64 bytes are copied by 3): more is a lie. */
const MAX_EXPANSION = 32;
/** So few bytes are copied one by one. */
const SHORT_BYTES = 24;

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
function varintSize(block: Buffer): number {
  let size = 1;
  while ((block[size - 1] as number) >= 0x80) size++;
  return size;
}

/** Copies `length` bytes from `distance` before `at`; they may overlap. */
function copyBack(out: Buffer, at: number, distance: number, length: number): void {
  if (length > SHORT_BYTES && distance >= length) out.copyWithin(at, at - distance, at - distance + length);
  else for (let to = at; to < at + length; to++) out[to] = out[to - distance] as number;
}

/**
 * Expands a raw block at once. Of the ways there are this measures best: the library takes twice the time.
 * @throws Error if it is damaged
 */
function expandBlock(block: Buffer, maxBytes: number): Buffer {
  const size = statedLength(block, maxBytes);
  const out = Buffer.allocUnsafe(size);
  const end = block.length;
  let from = varintSize(block);
  let to = 0;
  while (from < end) {
    const tag = block[from++] as number;
    let length = (tag >>> 2) + 1;
    let distance = 0;
    switch (tag & 3) {
      case 0: {
        if (length > 60) {
          const bytes = length - 60;
          if (from + bytes > end) throw new Error('A snappy block is cut off.');
          length = block.readUIntLE(from, bytes) + 1;
          from += bytes;
        }
        if (length > end - from || length > size - to) throw new Error('A snappy literal does not fit.');
        if (length > SHORT_BYTES) block.copy(out, to, from, from + length);
        else for (let i = 0; i < length; i++) out[to + i] = block[from + i] as number;
        from += length;
        to += length;
        continue;
      }
      case 1:
        if (from >= end) throw new Error('A snappy block is cut off.');
        length = ((tag >>> 2) & 7) + 4;
        distance = ((tag >>> 5) << 8) | (block[from] as number);
        from += 1;
        break;
      default: {
        const bytes = (tag & 3) === 2 ? 2 : 4;
        if (from + bytes > end) throw new Error('A snappy block is cut off.');
        distance = block.readUIntLE(from, bytes);
        from += bytes;
      }
    }
    if (distance === 0 || distance > to || length > size - to) throw new Error('A snappy copy does not fit.');
    copyBack(out, to, distance, length);
    to += length;
  }
  if (to !== size) throw new Error('A snappy block is shorter than it states.');
  return out;
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
      if (bytes.readInt32BE(position - 4) < 1) throw new Error('A snappy stream of an unknown version.');
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
    const bound = Math.min(maxBytes, SMALL_BYTES);
    let left = bound;
    try {
      for (const block of blocksOf(bytes)) {
        const piece = expandBlock(block, left);
        left -= piece.length;
        take(piece);
      }
      return true;
    } catch (error) {
      if (isTooLarge(error) && maxBytes > bound) return false;
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
        take(piece);
      }
    } catch (error) {
      throw damaged('snappy', maxBytes, error);
    }
  },
};
