/**
 * LZ4 in its frame format (magic 04 22 4D 18), over the library's raw blocks.
 *
 *   magic u32 · FLG u8 · BD u8 · [content size u64] · [dictionary id u32] · header checksum u8
 *   blocks: size u32 (top bit: stored as it is) · bytes · [checksum u32] · … · end mark 0 · [content checksum u32]
 *
 * All little-endian; checksums are xxHash32. Written as Kafka's Java reader wants it: independent blocks of 64 KiB, no
 * further checksums. Read: any block size, linked blocks, block and content checksums, content size, frames one after
 * the other, skippable frames between them.
 *
 * The library has one level; the broker's level setting is accepted and makes no difference.
 */
import { compress, uncompress, uncompressSync } from 'lz4-napi';
import type { Codec } from './codecs.ts';
import { damaged } from './damaged.ts';
import { xxHash32 } from './xxhash32.ts';

const FRAME_MAGIC = 0x184d2204;
/** Frames whose magic agrees with this in all but the last four bits are skipped. */
const SKIPPABLE_MAGIC = 0x184d2a50;
const STORED_BIT = 0x80000000;
/** The library's blocks are preceded by their uncompressed length. */
const LENGTH_PREFIX = 4;
/** How far back a linked block refers. */
const LINK_BYTES = 65_536;
const BLOCK_BYTES = 65_536;
/** A byte of a block stands for at most this many: the bound on what is allocated for it. */
const MAX_EXPANSION = 255;
/** Smaller blocks are expanded at once: the way to another thread would cost more. */
const SMALL_BLOCK_BYTES = 4096;

const Flag = {
  VERSION_MASK: 0xc0,
  VERSION: 0x40,
  INDEPENDENT: 0x20,
  BLOCK_CHECKSUM: 0x10,
  CONTENT_SIZE: 0x08,
} as const;
const CONTENT_CHECKSUM = 0x04;
const DICTIONARY_ID = 0x01;

/** Version 1, independent blocks, at most 64 KiB each; the last byte is the header checksum. */
const FRAME_HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);

/** A block as the library takes it: with a stated length, by which it allocates. */
function withLength(block: Buffer, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(LENGTH_PREFIX + block.length);
  bytes.writeUInt32LE(length, 0);
  bytes.set(block, LENGTH_PREFIX);
  return bytes;
}

async function compressFrame(bytes: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [FRAME_HEADER];
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const plain = bytes.subarray(start, start + BLOCK_BYTES);
    const prefixed = await compress(plain);
    const size = Buffer.allocUnsafe(4);
    if (prefixed.length - LENGTH_PREFIX < plain.length) {
      size.writeUInt32LE(prefixed.length - LENGTH_PREFIX);
      parts.push(size, prefixed.subarray(LENGTH_PREFIX));
    } else {
      size.writeUInt32LE((plain.length | STORED_BIT) >>> 0);
      parts.push(size, plain);
    }
  }
  parts.push(Buffer.alloc(4));
  return Buffer.concat(parts);
}

/** Reads frames from first to last byte; what is wrong is thrown, and told to the client by `damaged`. */
class FrameReader {
  readonly #input: Buffer;
  readonly #maxBytes: number;
  readonly #output: Buffer[] = [];
  #outputBytes = 0;
  #position = 0;

  constructor(input: Buffer, maxBytes: number) {
    this.#input = input;
    this.#maxBytes = maxBytes;
  }

  async read(): Promise<Buffer> {
    do {
      const magic = this.#uint32();
      if (magic === FRAME_MAGIC) await this.#frame();
      else if ((magic & 0xfffffff0) === SKIPPABLE_MAGIC) this.#take(this.#uint32());
      else throw new Error('No LZ4 frame.');
    } while (this.#position < this.#input.length);
    return this.#output.length === 1 ? (this.#output[0] as Buffer) : Buffer.concat(this.#output, this.#outputBytes);
  }

  async #frame(): Promise<void> {
    const { flags, blockBytes } = this.#header();
    const first = this.#output.length;
    for (;;) {
      const word = this.#uint32();
      if (word === 0) break;
      const size = (word & ~STORED_BIT) >>> 0;
      if (size > blockBytes) throw new Error('A block is larger than the frame allows.');
      const block = this.#take(size);
      if ((flags & Flag.BLOCK_CHECKSUM) !== 0) this.#checksum(block);
      const linked = (flags & Flag.INDEPENDENT) === 0 ? this.#lastOutput(first) : undefined;
      this.#push((word & STORED_BIT) !== 0 ? block : await this.#expand(block, blockBytes, linked));
    }
    if ((flags & CONTENT_CHECKSUM) !== 0) this.#checksum(Buffer.concat(this.#output.slice(first)));
  }

  #header(): { readonly flags: number; readonly blockBytes: number } {
    const start = this.#position;
    const flags = this.#take(1)[0] as number;
    const descriptor = this.#take(1)[0] as number;
    if ((flags & Flag.VERSION_MASK) !== Flag.VERSION) throw new Error('An LZ4 frame of an unknown version.');
    if ((flags & Flag.CONTENT_SIZE) !== 0 && this.#take(8).readBigUInt64LE() > BigInt(this.#maxBytes)) {
      throw new RangeError('An LZ4 frame states too large a size.');
    }
    if ((flags & DICTIONARY_ID) !== 0) throw new Error('An LZ4 frame needs a dictionary.');
    const checksum = (xxHash32(this.#input.subarray(start, this.#position)) >>> 8) & 0xff;
    if (this.#take(1)[0] !== checksum) throw new Error("An LZ4 frame's header is damaged.");
    const blockSizeCode = (descriptor >>> 4) & 7;
    if (blockSizeCode < 4) throw new Error('An LZ4 frame has an unknown block size.');
    return { flags, blockBytes: 1 << (8 + 2 * blockSizeCode) };
  }

  async #expand(block: Buffer, bound: number, linked: Buffer | undefined): Promise<Buffer> {
    const room = Math.min(bound, this.#maxBytes - this.#outputBytes, block.length * MAX_EXPANSION);
    const input = withLength(block, room);
    try {
      const bytes = block.length < SMALL_BLOCK_BYTES ? uncompressSync(input, linked) : await uncompress(input, linked);
      // The library's buffer keeps all the room it was given.
      return bytes.length < room / 2 ? Buffer.from(bytes) : bytes;
    } catch (error) {
      // The library says only in its text whether the room was too small; at the bound that is what is left to blame.
      if (room < this.#maxBytes - this.#outputBytes) throw error;
      throw new RangeError('LZ4 blocks expand too far.', { cause: error });
    }
  }

  #push(block: Buffer): void {
    if (block.length > this.#maxBytes - this.#outputBytes) throw new RangeError('LZ4 blocks expand too far.');
    this.#output.push(block);
    this.#outputBytes += block.length;
  }

  /** The last 64 KiB of the output since block `first`. */
  #lastOutput(first: number): Buffer | undefined {
    const blocks: Buffer[] = [];
    let bytes = 0;
    for (let i = this.#output.length - 1; i >= first && bytes < LINK_BYTES; i--) {
      const block = this.#output[i] as Buffer;
      blocks.unshift(block);
      bytes += block.length;
    }
    return bytes === 0 ? undefined : Buffer.concat(blocks, bytes).subarray(-LINK_BYTES);
  }

  #checksum(bytes: Buffer): void {
    if (this.#uint32() !== xxHash32(bytes)) throw new Error('An LZ4 checksum does not match.');
  }

  #uint32(): number {
    return this.#take(4).readUInt32LE();
  }

  #take(size: number): Buffer {
    const start = this.#position;
    if (size > this.#input.length - start) throw new Error('An LZ4 frame is cut off.');
    this.#position = start + size;
    return this.#input.subarray(start, this.#position);
  }
}

export const lz4Codec: Codec = {
  compress: (bytes) => compressFrame(bytes),
  async decompress(bytes, maxBytes) {
    try {
      return await new FrameReader(bytes, maxBytes).read();
    } catch (error) {
      throw damaged('lz4', maxBytes, error);
    }
  },
};
