/**
 * The way into a partition for message sets of format v0 and v1, which Produce carries up to v2: one record batch is made
 * of them, in the codec that they came in or that the topic wants, and checked as any other.
 *
 * Deviation from Apache Kafka 3.9: what cannot be expanded, or has a codec that does not exist, is INVALID_RECORD, a time
 * below -1 INVALID_TIMESTAMP; Kafka answers UNKNOWN_SERVER_ERROR.
 */
import type { Clock } from '../base/clock.ts';
import type { Effort } from '../base/effort.ts';
import { turn } from '../base/real-time.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { BATCH_OVERHEAD, CompressionCodec } from '../../protocol/records/batch.ts';
import { upConvert } from '../../protocol/records/up-convert.ts';
import type { CompressionType, TopicConfig } from '../config/topic-config.ts';
import { expansions } from './expansions.ts';
import { reencodeBody } from './prepare.ts';
import type { TopicTraffic } from './traffic.ts';
import type { PreparedSlice } from './types.ts';
import { withPlace } from './whole-records.ts';

const CODEC_NAMES: Readonly<Record<CompressionCodec, CompressionType>> = {
  [CompressionCodec.NONE]: 'uncompressed',
  [CompressionCodec.GZIP]: 'gzip',
  [CompressionCodec.SNAPPY]: 'snappy',
  [CompressionCodec.LZ4]: 'lz4',
  [CompressionCodec.ZSTD]: 'zstd',
};

/** What a set is prepared with. */
export interface MessageSetOptions {
  readonly config: TopicConfig;
  readonly clock: Clock;
  readonly traffic: TopicTraffic;
  /** Counts what it takes. */
  readonly effort: Effort | null;
}

/**
 * Makes the batch to append of a whole message set.
 * @throws KafkaError CORRUPT_MESSAGE, INVALID_RECORD, INVALID_TIMESTAMP, MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE,
 * InvalidRecordsError; as a rejection
 */
export function prepareMessageSet(set: Buffer, options: MessageSetOptions): Promise<PreparedSlice> {
  return withPlace(options.effort, () => convert(set, options));
}

async function convert(set: Buffer, { config, clock, traffic }: MessageSetOptions): Promise<PreparedSlice> {
  const startedMs = clock.monotonicMs();
  const { batch, recordCount, codec, claimsAppendTime } = await upConvert(set, {
    maxBytes: config.maxDecompressedBatchBytes,
    maxMessageBytes: config.maxMessageBytes,
    pause: turn,
  });
  expansions.spend(set.length + batch.length);
  if (claimsAppendTime && config.messageTimestampType === 'LogAppendTime') {
    throw new KafkaError(ErrorCode.INVALID_TIMESTAMP, 'A producer cannot set the timestamp type LogAppendTime.');
  }
  const compressionType = config.compressionType === 'producer' ? CODEC_NAMES[codec] : config.compressionType;
  const rules = { config: { ...config, compressionType }, nowMs: clock.now(), effort: null };
  const prepared = await reencodeBody(batch, batch.subarray(BATCH_OVERHEAD), rules);
  traffic.convertedReceived(recordCount, clock.monotonicMs() - startedMs);
  return prepared;
}
