/**
 * The compression codecs of record batches, each loaded on first use. What is read is what Kafka's Java side reads: of
 * lz4 one frame of independent blocks, of zstd and gzip all frames and members, of snappy the Java library's stream or a
 * single raw block. A payload that goes on behind that is refused, never read in part.
 */
import { ErrorCode, KafkaError } from '../errors.ts';

/** Takes the next piece of what a payload expands to. The memory is used again: what is kept must be copied. */
export type TakePiece = (piece: Buffer) => void;
/** As TakePiece; what it promises is waited for before the next piece comes. */
export type TakePieceInTime = (piece: Buffer) => void | Promise<void>;

export interface Codec {
  /** Compresses; off the event loop where Node allows it. `level` is in the codec's own scale; left out: its default. */
  compress(bytes: Buffer, level?: number): Promise<Buffer>;
  /**
   * Expands what is small at once. False if it is not, or not sound: then whatever was taken does not count, and `expand`
   * is to be asked.
   * @throws KafkaError as `expand`
   */
  expandNow(bytes: Buffer, maxBytes: number, take: TakePiece): boolean;
  /**
   * Expands in pieces of 1 MiB at most, off the event loop, to at most `maxBytes` bytes, checked before they are allocated.
   * @throws KafkaError INVALID_RECORD for damaged input and for more than `maxBytes`, and whatever `take` throws; as a
   * rejection
   */
  expand(bytes: Buffer, maxBytes: number, take: TakePieceInTime): Promise<void>;
}

/** Up to so many bytes are expanded at once: less than a millisecond, and a thread would cost as much. */
export const SMALL_BYTES = 1024 * 1024;

/** Gives what a codec expanded in one piece to `take`, in pieces that are small. */
export async function takeInPieces(bytes: Buffer, take: TakePieceInTime): Promise<void> {
  for (let at = 0; at < bytes.length; at += SMALL_BYTES) await take(bytes.subarray(at, at + SMALL_BYTES));
}

const codecs: (Codec | undefined)[] = [];
/** Codecs that are being loaded, so that two callers load once. */
const loading: (Promise<Codec> | undefined)[] = [];

async function load(codec: number): Promise<Codec> {
  switch (codec) {
    case 1:
      return (await import('./gzip.ts')).gzipCodec;
    case 2:
      return (await import('./snappy.ts')).snappyCodec;
    case 3:
      return (await import('./lz4.ts')).lz4Codec;
    default:
      return (await import('./zstd.ts')).zstdCodec;
  }
}

/**
 * The codec with this number in batch attributes (1 gzip, 2 snappy, 3 lz4, 4 zstd).
 * @throws KafkaError UNSUPPORTED_COMPRESSION_TYPE for any other number, as a rejection
 */
export function codecNumbered(codec: number): Promise<Codec> {
  if (!(codec >= 1 && codec <= 4)) {
    return Promise.reject(
      new KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, `There is no compression codec ${codec}.`),
    );
  }
  return (loading[codec] ??= load(codec).then((loaded) => (codecs[codec] = loaded)));
}

/** The codec if it is loaded already. */
export function loadedCodec(codec: number): Codec | undefined {
  return codecs[codec];
}

/** All that a payload expands to, in one buffer. @throws KafkaError as `expand`; as a rejection */
export async function decompress(codec: Codec, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  let pieces: Buffer[] = [];
  const take = (piece: Buffer): void => void pieces.push(Buffer.from(piece));
  if (!codec.expandNow(bytes, maxBytes, take)) {
    pieces = [];
    await codec.expand(bytes, maxBytes, take);
  }
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
}
