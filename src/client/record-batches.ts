/** What a fetch brought of one partition, as batches: whole ones, of those that readers may see. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  BATCH_OVERHEAD,
  baseOffset,
  baseTimestamp,
  compressionCodec,
  magic,
  MAGIC_V2,
  maxTimestamp,
  recordsCount,
  sizeInBytes,
  timestampType,
  verifyCrc,
} from '../../protocol/records/batch.ts';
import { RecordCursor, recordBytes } from '../../protocol/records/iterate.ts';

/** A batch where it lies. */
export interface FetchedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly buffer: Buffer;
  readonly at: number;
}

/** Bytes of a length and what it counts, before the magic byte can be seen. */
const MAGIC_END = 17;

/** Positions of the whole batches; the last one may be cut off by the bound of the fetch. @throws KafkaError CORRUPT_MESSAGE */
export function wholeBatches(buffer: Buffer): number[] {
  const positions: number[] = [];
  for (let at = 0; buffer.length - at >= MAGIC_END; at += sizeInBytes(buffer, at)) {
    const size = sizeInBytes(buffer, at);
    if (magic(buffer, at) !== MAGIC_V2) {
      throw new KafkaError(
        ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT,
        `a batch has the format v${magic(buffer, at)} of Kafka before 0.11, which is not read`,
      );
    }
    if (size < BATCH_OVERHEAD) throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, `a batch states ${size} bytes`);
    if (size > buffer.length - at) break;
    positions.push(at);
  }
  return positions;
}

/** A batch ready to be walked over. */
export interface OpenBatch {
  readonly baseOffset: number;
  readonly baseTimestampMs: number;
  /** The time that the broker gave all its records, or null where they have their own. */
  readonly appendTimeMs: number | null;
  /** Fields of the record at hand; key and value are views of `bytes`. */
  readonly cursor: RecordCursor;
  /** The uncompressed records. */
  readonly bytes: Buffer;
}

function opened({ buffer, at }: FetchedBatch, bytes: Buffer): OpenBatch {
  return {
    baseOffset: baseOffset(buffer, at),
    baseTimestampMs: baseTimestamp(buffer, at),
    appendTimeMs: timestampType(buffer, at) === 1 ? maxTimestamp(buffer, at) : null,
    cursor: new RecordCursor(bytes, recordsCount(buffer, at)),
    bytes,
  };
}

/**
 * Checks and expands a batch; at once where it is not compressed.
 * @throws KafkaError CORRUPT_MESSAGE, INVALID_RECORD, UNSUPPORTED_COMPRESSION_TYPE
 */
export function openBatch(batch: FetchedBatch): OpenBatch | Promise<OpenBatch> {
  const { topic, partition, buffer, at } = batch;
  if (!verifyCrc(buffer, at)) {
    const what = `the batch at offset ${baseOffset(buffer, at)} of partition ${partition} of ${topic} is damaged`;
    throw new KafkaError(ErrorCode.CORRUPT_MESSAGE, what);
  }
  const bytes = recordBytes(buffer, at, MAX_EXPANDED_BYTES);
  return Buffer.isBuffer(bytes) ? opened(batch, bytes) : bytes.then((expanded) => opened(batch, expanded));
}

/** Whether its records lie there compressed. */
export function isCompressed({ buffer, at }: FetchedBatch): boolean {
  return compressionCodec(buffer, at) !== 0;
}

/** What one batch may expand to. */
const MAX_EXPANDED_BYTES = 512 * 1024 * 1024;
