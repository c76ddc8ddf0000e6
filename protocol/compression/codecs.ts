/**
 * The compression codecs of record batches, each loaded on first use: a broker that only stores compressed batches
 * never needs one.
 */
import { ErrorCode, KafkaError } from '../errors.ts';

export interface Codec {
  /** Compresses; off the event loop where Node allows it. `level` is in the codec's own scale; left out: its default. */
  compress(bytes: Buffer, level?: number): Promise<Buffer>;
  /**
   * Decompresses to at most `maxBytes` bytes, checked before they are allocated.
   * @throws KafkaError INVALID_RECORD for damaged input and for more than `maxBytes`; as a rejection
   */
  decompress(bytes: Buffer, maxBytes: number): Promise<Buffer>;
}

/** Loaded codecs by number; a promise while loading, so that two callers load once. */
const loaded: (Promise<Codec> | undefined)[] = [];

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
  return (loaded[codec] ??= load(codec));
}
