/**
 * The table of topic settings of Apache Kafka 4.4, with the broker settings that give their defaults (KIP-226), and how
 * a topic's settings in force follow from both.
 */
import { brokerSynonyms } from './broker-settings.ts';
import { LONG_MAX, setting, type Setting } from './setting.ts';
import { splitList } from './value.ts';
import type { CompressionType, TopicConfig } from './topic-config.ts';

/** Largest array a Java process can hold, Kafka's default for max.decompressed.message.bytes. */
const ARRAY_MAX = 2_147_483_639;

/** What batches may decompress to where max.decompressed.message.bytes allows a record less. */
const LEAST_BATCH_BOUND = 128 * 1024 * 1024;

function throttledReplicas(value: string): string | null {
  const elements = splitList(value);
  const valid = elements.join('') === '*' || elements.every((element) => /^(\d+:\d+)?$/.test(element));
  return valid ? null : 'Must be "*" or [partitionId]:[brokerId],[partitionId]:[brokerId],...';
}

const COMPRESSION_TYPES = ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'];

/** All topic settings, with Kafka's own defaults. */
export const TOPIC_SETTINGS_LIST: readonly Setting[] = [
  setting(
    'cleanup.policy',
    'list',
    'delete',
    'What becomes of old records: delete drops them by age and size, compact keeps the newest of each key; both may be ' +
      'named, and an empty list keeps everything.',
    { values: ['compact', 'delete'] },
  ),
  setting(
    'compression.gzip.level',
    'int',
    -1,
    'Level for gzip where the broker compresses; -1 is the library default.',
    { min: 1, max: 9, except: -1 },
  ),
  setting('compression.lz4.level', 'int', 9, 'Has no effect here: lz4 is always compressed at its fast level.', {
    min: 1,
    max: 17,
  }),
  setting(
    'compression.type',
    'string',
    'producer',
    'Codec in which batches are kept: producer leaves them as they came, any other re-encodes what differs.',
    { values: COMPRESSION_TYPES },
  ),
  setting('compression.zstd.level', 'int', 3, 'Level for zstd where the broker compresses.', {
    min: -131_072,
    max: 22,
  }),
  setting(
    'delete.retention.ms',
    'long',
    86_400_000,
    'With compaction, ms for which a tombstone stays readable after the first pass that met it.',
    { min: 0 },
  ),
  setting(
    'errors.deadletterqueue.group.enable',
    'boolean',
    false,
    'Share groups may send records that they cannot process to this topic.',
  ),
  setting('file.delete.delay.ms', 'long', 60_000, 'Has no effect here: files go when no reader needs them.', {
    min: 0,
    inert: true,
  }),
  setting(
    'flush.messages',
    'long',
    LONG_MAX,
    'With 1, every write to this topic is on the device before it is acknowledged. Other values leave the moment to ' +
      'flush.ms and walka.durability.',
    { min: 1 },
  ),
  setting(
    'flush.ms',
    'long',
    LONG_MAX,
    'Longest time in ms until a write is synced to the device; 0 means before it is acknowledged. The broker syncs ' +
      'every walka.flush.interval.ms anyway.',
    { min: 0 },
  ),
  setting(
    'follower.replication.throttled.replicas',
    'list',
    '',
    'Replicas whose replication is throttled on the follower; there is no replication here.',
    { repeats: true, check: throttledReplicas, inert: true },
  ),
  setting('index.interval.bytes', 'int', 4096, 'Has no effect here: every contiguous run is indexed.', {
    min: 0,
    inert: true,
  }),
  setting('internal.segment.bytes', 'int', null, 'For tests: takes the place of segment.bytes, and may be smaller.', {
    internal: true,
  }),
  setting(
    'leader.replication.throttled.replicas',
    'list',
    '',
    'Replicas whose replication is throttled on the leader; there is no replication here.',
    { repeats: true, check: throttledReplicas, inert: true },
  ),
  setting(
    'local.retention.bytes',
    'long',
    -2,
    'Bytes kept locally when older data is in remote storage; -2: retention.bytes.',
    {
      min: -2,
      inert: true,
    },
  ),
  setting(
    'local.retention.ms',
    'long',
    -2,
    'Age in ms kept locally when older data is in remote storage; -2: retention.ms.',
    {
      min: -2,
      inert: true,
    },
  ),
  setting('max.compaction.lag.ms', 'long', LONG_MAX, 'Longest time in ms that a record may stay uncompacted.', {
    min: 1,
  }),
  setting(
    'max.decompressed.message.bytes',
    'int',
    ARRAY_MAX,
    'Bytes that a record of a compressed batch may have; the batch as a whole may have as many, and 128 MiB in any case.',
    { min: 1, max: ARRAY_MAX },
  ),
  setting('max.message.bytes', 'int', 1_048_588, 'Largest record batch accepted, in bytes, as it came over the wire.', {
    min: 0,
  }),
  setting(
    'message.timestamp.after.max.ms',
    'long',
    3_600_000,
    'How far in ms a record timestamp may lie ahead of the clock (with CreateTime).',
    { min: 0 },
  ),
  setting(
    'message.timestamp.before.max.ms',
    'long',
    LONG_MAX,
    'How far in ms a record timestamp may lie behind the clock (with CreateTime).',
    { min: 0 },
  ),
  setting(
    'message.timestamp.type',
    'string',
    'CreateTime',
    'Whose time records carry: the producer gives CreateTime, the broker LogAppendTime.',
    { values: ['CreateTime', 'LogAppendTime'] },
  ),
  setting(
    'min.cleanable.dirty.ratio',
    'double',
    '0.5',
    'Share of a log that must be uncompacted before compaction pays.',
    { min: 0, max: 1 },
  ),
  setting('min.compaction.lag.ms', 'long', 0, 'Least time in ms that a record stays uncompacted.', { min: 0 }),
  setting(
    'min.insync.replicas',
    'int',
    1,
    'Replicas that must have a write with acks=all, but no more than a topic has: that is one here.',
    { min: 1 },
  ),
  setting('preallocate', 'boolean', false, 'Has no effect here: journal space is made ready ahead in any case.', {
    inert: true,
  }),
  setting('remote.copy.lag.bytes', 'long', -1, 'Bytes by which copying to remote storage may lag.', {
    min: -1,
    inert: true,
  }),
  setting('remote.copy.lag.ms', 'long', 0, 'Time in ms by which copying to remote storage may lag.', {
    min: -1,
    inert: true,
  }),
  setting('remote.log.copy.disable', 'boolean', false, 'Stops copying to remote storage.', { inert: true }),
  setting(
    'remote.log.delete.on.disable',
    'boolean',
    false,
    'Deletes remote data when remote storage is switched off.',
    {
      inert: true,
    },
  ),
  setting('remote.storage.enable', 'boolean', false, 'Keeps older data in remote storage; cannot be switched on here.'),
  setting(
    'retention.bytes',
    'long',
    -1,
    'With the delete policy, bytes that a partition keeps at least before its oldest segments go; -1: no bound.',
  ),
  setting(
    'retention.ms',
    'long',
    604_800_000,
    'With the delete policy, age in ms at which a segment goes; -1: never.',
    { min: -1 },
  ),
  setting(
    'segment.bytes',
    'int',
    1_073_741_824,
    'Size in bytes of the segments by which retention and compaction go.',
    { min: 1_048_576 },
  ),
  setting('segment.index.bytes', 'int', 10_485_760, 'Has no effect here: indexes have no fixed size.', {
    min: 4,
    inert: true,
  }),
  setting('segment.jitter.ms', 'long', 0, 'Has no effect here: partitions share their files.', { min: 0, inert: true }),
  setting('segment.ms', 'long', 604_800_000, 'Age in ms at which the active segment ends, even if it is not full.', {
    min: 1,
  }),
  setting(
    'unclean.leader.election.enable',
    'boolean',
    false,
    'Lets a replica lead that lacks acknowledged records; there is one replica here.',
    { inert: true },
  ),
];

export const TOPIC_SETTINGS: ReadonlyMap<string, Setting> = new Map(
  TOPIC_SETTINGS_LIST.map((definition) => [definition.name, definition]),
);

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
