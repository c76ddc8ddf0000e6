/**
 * LZ4 in its frame format (magic 04 22 4D 18), over raw blocks: large ones by the library, on threads.
 *
 *   magic u32 · FLG u8 · BD u8 · [content size u64] · [dictionary id u32] · header checksum u8
 *   blocks: size u32 (top bit: stored as it is) · bytes · [checksum u32] · … · end mark 0 · [content checksum u32]
 *
 * All little-endian; checksums are xxHash32. Written as Kafka's Java reader wants it: independent blocks of 64 KiB, no
 * further checksums. Read is what that reader reads: one frame, of independent blocks of any size, with or without
 * checksums and content size. It would ignore what follows the frame, where others read on: that is refused. So are
 * blocks that do not end as the format demands (in five literals, the last match 12 bytes before the end): some readers
 * take them, others do not.
 *
 * The library has one level; the broker's level setting is accepted and makes no difference.
 */
import { compress, uncompress } from 'lz4-napi';
import { BlockExpander } from './block-expander.ts';
import { type Codec, SMALL_BYTES, takeInPieces, type TakePiece, type TakePieceInTime } from './codecs.ts';
import { damaged, TooLargeError } from './damaged.ts';
import { endsInLiterals, lz4BlockModule } from './lz4-block.ts';
import { xxHash32 } from './xxhash32.ts';

const FRAME_MAGIC = 0x184d2204;
const STORED_BIT = 0x80000000;
/** The library's blocks are preceded by their uncompressed length. */
const LENGTH_PREFIX = 4;
const BLOCK_BYTES = 65_536;
/** A byte of a block stands for at most this many: the bound on what is allocated for it. */
const MAX_EXPANSION = 255;

const Flag = {
  VERSION_MASK: 0xc0,
  VERSION: 0x40,
  INDEPENDENT: 0x20,
  BLOCK_CHECKSUM: 0x10,
  CONTENT_SIZE: 0x08,
  CONTENT_CHECKSUM: 0x04,
  RESERVED: 0x03,
} as const;

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

/** A block of a frame as it lies there. */
interface Block {
  /** Its position in the input. */
  readonly at: number;
  readonly bytes: Buffer;
  readonly isStored: boolean;
  /** Bytes that it may expand to by the frame's header. */
  readonly blockBytes: number;
  /** Bytes that it may expand to by that, by its size and by the bound. */
  readonly room: number;
}

/** Reads the blocks of a frame that is alone in its input; what is wrong is thrown, and told to the client by `damaged`. */
class FrameReader {
  readonly #input: Buffer;
  #position = 0;

  constructor(input: Buffer) {
    this.#input = input;
  }

  *blocks(maxBytes: number): Generator<Block, void, number> {
    const { flags, blockBytes } = this.#header();
    let left = maxBytes;
    for (;;) {
      const word = this.#uint32();
      const size = (word & ~STORED_BIT) >>> 0;
      if (size === 0) break;
      if (size > blockBytes) throw new Error('A block is larger than the frame allows.');
      const at = this.#position;
      const bytes = this.#take(size);
      if ((flags & Flag.BLOCK_CHECKSUM) !== 0 && this.#uint32() !== xxHash32(bytes)) {
        throw new Error('The checksum of an LZ4 block does not match.');
      }
      const isStored = (word & STORED_BIT) !== 0;
      left -= yield { at, bytes, isStored, blockBytes, room: Math.min(blockBytes, left, size * MAX_EXPANSION) };
      if (left < 0) throw new TooLargeError('LZ4 blocks expand too far.');
    }
    // Like Kafka, whose batches have a checksum of their own, this does not verify that of the contents.
    if ((flags & Flag.CONTENT_CHECKSUM) !== 0) this.#uint32();
    if (this.#position !== this.#input.length) throw new Error('Bytes follow the LZ4 frame.');
  }

  #header(): { readonly flags: number; readonly blockBytes: number } {
    if (this.#uint32() !== FRAME_MAGIC) throw new Error('No LZ4 frame.');
    const start = this.#position;
    const flags = this.#take(1)[0] as number;
    const descriptor = this.#take(1)[0] as number;
    if ((flags & Flag.VERSION_MASK) !== Flag.VERSION) throw new Error('An LZ4 frame of an unknown version.');
    if ((flags & Flag.INDEPENDENT) === 0) throw new Error('An LZ4 frame with linked blocks.');
    if ((flags & Flag.RESERVED) !== 0) throw new Error('An LZ4 frame that needs a dictionary, or something unknown.');
    if ((flags & Flag.CONTENT_SIZE) !== 0) this.#take(8);
    const checksum = (xxHash32(this.#input.subarray(start, this.#position)) >>> 8) & 0xff;
    if (this.#take(1)[0] !== checksum) throw new Error("An LZ4 frame's header is damaged.");
    const blockSizeCode = descriptor >>> 4;
    if (blockSizeCode < 4 || blockSizeCode > 7 || (descriptor & 0x0f) !== 0) {
      throw new Error('An LZ4 frame has an unknown block size.');
    }
    return { flags, blockBytes: 1 << (8 + 2 * blockSizeCode) };
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

/** What the library threw for a block, where `room` was all that is left if it is the bound. */
function blockError(cause: unknown, room: number, left: number): unknown {
  // The library says only in its text whether the room was too small; at the bound that is what is left to blame.
  return room < left ? cause : new TooLargeError('LZ4 blocks expand too far.', { cause });
}

let expander: BlockExpander | null = null;

function expandNow(bytes: Buffer, maxBytes: number, take: TakePiece): boolean {
  if (bytes.length > SMALL_BYTES) return false;
  expander ??= new BlockExpander(lz4BlockModule);
  expander.begin(bytes, maxBytes);
  const blocks = new FrameReader(bytes).blocks(maxBytes);
  for (let next = blocks.next(); !next.done; ) {
    const { at, bytes: block, isStored, blockBytes } = next.value;
    const length = isStored ? expander.copy(at, block.length) : expander.expand(at, block.length, blockBytes);
    if (length < 0) return false;
    next = blocks.next(length);
  }
  take(expander.output);
  return true;
}

async function expand(bytes: Buffer, maxBytes: number, take: TakePieceInTime): Promise<void> {
  let total = 0;
  const blocks = new FrameReader(bytes).blocks(maxBytes);
  for (let next = blocks.next(); !next.done; ) {
    const { bytes: block, isStored, blockBytes, room } = next.value;
    const left = maxBytes - total;
    if (!isStored && !endsInLiterals(block, blockBytes)) throw new Error('An LZ4 block ends in a match.');
    const piece = isStored
      ? block
      : await uncompress(withLength(block, room)).catch((error: unknown) => {
          throw blockError(error, room, left);
        });
    total += piece.length;
    if (total <= maxBytes) await takeInPieces(piece, take);
    next = blocks.next(piece.length);
  }
}

export const lz4Codec: Codec = {
  compress: (bytes) => compressFrame(bytes),
  expandNow(bytes, maxBytes, take) {
    try {
      return expandNow(bytes, maxBytes, take);
    } catch (error) {
      throw damaged('lz4', maxBytes, error);
    }
  },
  async expand(bytes, maxBytes, take) {
    try {
      await expand(bytes, maxBytes, take);
    } catch (error) {
      throw damaged('lz4', maxBytes, error);
    }
  },
};
