/**
 * A topic's settings in force, typed, resolved from its overrides over the broker's settings (KIP-226 order). The table
 * of names, types and defaults is in topic-settings.ts.
 */

export type CompressionType = 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface TopicConfig {
  readonly cleanupDelete: boolean;
  readonly cleanupCompact: boolean;
  readonly compressionType: CompressionType;
  readonly compressionGzipLevel: number;
  readonly compressionLz4Level: number;
  readonly compressionZstdLevel: number;
  readonly deleteRetentionMs: number;
  /** flush.messages: 1 means a sync before every acknowledgement. */
  readonly flushMessages: number;
  readonly flushMs: number;
  /** Bound of what a batch may decompress to. */
  readonly maxDecompressedBatchBytes: number;
  /** Bound of a single record of a compressed batch. */
  readonly maxDecompressedRecordBytes: number;
  readonly maxMessageBytes: number;
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime';
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
  /** Share of a log that must be dirty before it is compacted, 0 to 1. */
  readonly minCleanableDirtyRatio: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  readonly minInsyncReplicas: number;
  /** -1: unlimited. */
  readonly retentionBytes: number;
  /** -1: unlimited. */
  readonly retentionMs: number;
  /** internal.segment.bytes, if that is set, else segment.bytes. */
  readonly segmentBytes: number;
  readonly segmentMs: number;
}
