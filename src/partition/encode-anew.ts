/** Writes a client's batch anew: in the topic's codec, with records numbered 0, 1, 2 … */
import { codecNumbered } from '../../protocol/compression/codecs.ts';
import {
  BATCH_OVERHEAD,
  BatchAttribute,
  BatchField,
  CompressionCodec,
  LOG_OVERHEAD,
  attributes,
  maxTimestamp,
  patchCrc,
  recordsCount,
  timestampType,
  writeInt64,
} from '../../protocol/records/batch.ts';
import { renumberRecords } from '../../protocol/records/renumber.ts';
import { turn } from '../base/real-time.ts';
import { plainSlice, type Slice } from '../base/counted.ts';
import type { TopicConfig } from '../config/topic-config.ts';
import type { CheckedRecords } from './check-records.ts';

/** As in Kafka, bits that mean nothing, or nothing yet, do not outlive a new encoding. */
const KEPT_ATTRIBUTES = BatchAttribute.TRANSACTIONAL | BatchAttribute.CONTROL;

function levelOf(codec: CompressionCodec, config: TopicConfig): number | undefined {
  if (codec === CompressionCodec.GZIP) return config.compressionGzipLevel;
  if (codec === CompressionCodec.LZ4) return config.compressionLz4Level;
  return codec === CompressionCodec.ZSTD ? config.compressionZstdLevel : undefined;
}

/** `body` are the records of `batch`, uncompressed. */
export async function encodeAnew(
  batch: Buffer,
  body: Buffer,
  target: CompressionCodec,
  found: CheckedRecords,
  config: TopicConfig,
): Promise<Slice> {
  // Where a producer claims LogAppendTime, the time in the header counts for each record.
  const isAppendTime = timestampType(batch, 0) === 1;
  const mayStay = found.isInOrder && !isAppendTime;
  const records = mayStay ? body : await renumberRecords(body, recordsCount(batch, 0), isAppendTime, turn);
  const stored =
    target === CompressionCodec.NONE
      ? records
      : await (await codecNumbered(target)).compress(records, levelOf(target, config));
  const bytes = Buffer.allocUnsafe(BATCH_OVERHEAD + stored.length);
  batch.copy(bytes, 0, 0, BATCH_OVERHEAD);
  stored.copy(bytes, BATCH_OVERHEAD);
  bytes.writeUInt16BE((attributes(batch, 0) & KEPT_ATTRIBUTES) | target, BatchField.ATTRIBUTES);
  bytes.writeInt32BE(bytes.length - LOG_OVERHEAD, BatchField.BATCH_LENGTH);
  if (isAppendTime) bytes.copyWithin(BatchField.BASE_TIMESTAMP, BatchField.MAX_TIMESTAMP, BatchField.PRODUCER_ID);
  // Beyond what a number holds exactly the header's own word stands.
  const { largestTimestampMs } = found;
  if (Number.isSafeInteger(largestTimestampMs) && largestTimestampMs !== maxTimestamp(batch, 0)) {
    writeInt64(bytes, largestTimestampMs, BatchField.MAX_TIMESTAMP);
  }
  patchCrc(bytes, 0);
  return plainSlice(bytes);
}
