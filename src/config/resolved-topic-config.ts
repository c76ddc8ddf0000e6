/**
 * A topic's settings in force: its overrides over the broker settings that give their defaults (KIP-226), which have other
 * names, and at times other units.
 */
import { brokerSynonyms } from './broker-settings.ts';
import type { CompressionType, TopicConfig } from './topic-config.ts';
import { TOPIC_SETTINGS } from './topic-settings.ts';
import { splitList } from './value.ts';

/** What batches may decompress to where max.decompressed.message.bytes allows a record less. */
const LEAST_BATCH_BOUND = 128 * 1024 * 1024;

/** The broker setting that gives a topic setting's default; those of other names. */
const BROKER_NAME: Readonly<Record<string, string>> = {
  'cleanup.policy': 'log.cleanup.policy',
  'compression.gzip.level': 'compression.gzip.level',
  'compression.lz4.level': 'compression.lz4.level',
  'compression.type': 'compression.type',
  'compression.zstd.level': 'compression.zstd.level',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
  'file.delete.delay.ms': 'log.segment.delete.delay.ms',
  'flush.messages': 'log.flush.interval.messages',
  'flush.ms': 'log.flush.interval.ms',
  'index.interval.bytes': 'log.index.interval.bytes',
  'local.retention.bytes': 'log.local.retention.bytes',
  'local.retention.ms': 'log.local.retention.ms',
  'max.compaction.lag.ms': 'log.cleaner.max.compaction.lag.ms',
  'max.decompressed.message.bytes': 'max.decompressed.message.bytes',
  'max.message.bytes': 'message.max.bytes',
  'message.timestamp.after.max.ms': 'log.message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms': 'log.message.timestamp.before.max.ms',
  'message.timestamp.type': 'log.message.timestamp.type',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'min.compaction.lag.ms': 'log.cleaner.min.compaction.lag.ms',
  'min.insync.replicas': 'min.insync.replicas',
  preallocate: 'log.preallocate',
  'remote.copy.lag.bytes': 'log.remote.copy.lag.bytes',
  'remote.copy.lag.ms': 'log.remote.copy.lag.ms',
  'retention.bytes': 'log.retention.bytes',
  'retention.ms': 'log.retention.ms',
  'segment.bytes': 'log.segment.bytes',
  'segment.index.bytes': 'log.index.size.max.bytes',
  'segment.jitter.ms': 'log.roll.jitter.ms',
  'segment.ms': 'log.roll.ms',
  'unclean.leader.election.enable': 'unclean.leader.election.enable',
};

/** The broker setting of a topic setting, or null where there is none. */
export function brokerNameOf(topicSetting: string): string | null {
  return BROKER_NAME[topicSetting] ?? null;
}

/** Units of broker settings that differ from the topic's, in ms. */
function unitMs(brokerName: string): bigint {
  if (brokerName.endsWith('.hours')) return 3_600_000n;
  return brokerName.endsWith('.minutes') ? 60_000n : 1n;
}

/** A topic setting's text without an override: from the broker's settings, in the topic's unit. */
export function inheritedText(topicSetting: string, brokerText: (name: string) => string | null): string | null {
  const definition = TOPIC_SETTINGS.get(topicSetting);
  const brokerName = BROKER_NAME[topicSetting];
  if (brokerName === undefined) return definition?.defaultValue ?? null;
  for (const synonym of brokerSynonyms(brokerName)) {
    const text = brokerText(synonym);
    if (text === null) continue;
    const unit = unitMs(synonym);
    const value = unit === 1n ? text : (BigInt(text) * unit).toString();
    return topicSetting === 'retention.ms' && value.startsWith('-') ? '-1' : value;
  }
  return definition?.defaultValue ?? null;
}

/** A topic's settings in force: its overrides over the broker's settings. */
export function resolveTopicConfig(
  overrides: ReadonlyMap<string, string>,
  brokerText: (name: string) => string | null,
): TopicConfig {
  const text = (name: string): string => overrides.get(name) ?? inheritedText(name, brokerText) ?? '';
  const number = (name: string): number => Number(text(name));
  const policies = splitList(text('cleanup.policy'));
  return {
    cleanupDelete: policies.includes('delete'),
    cleanupCompact: policies.includes('compact'),
    compressionType: text('compression.type') as CompressionType,
    compressionGzipLevel: number('compression.gzip.level'),
    compressionLz4Level: number('compression.lz4.level'),
    compressionZstdLevel: number('compression.zstd.level'),
    deleteRetentionMs: number('delete.retention.ms'),
    flushMessages: number('flush.messages'),
    flushMs: number('flush.ms'),
    maxDecompressedBatchBytes: Math.max(number('max.decompressed.message.bytes'), LEAST_BATCH_BOUND),
    maxDecompressedRecordBytes: number('max.decompressed.message.bytes'),
    maxMessageBytes: number('max.message.bytes'),
    messageTimestampType: text('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    messageTimestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    minInsyncReplicas: number('min.insync.replicas'),
    retentionBytes: number('retention.bytes'),
    retentionMs: number('retention.ms'),
    segmentBytes: Number(overrides.get('internal.segment.bytes') ?? text('segment.bytes')),
    segmentMs: number('segment.ms'),
  };
}
