/** The table of topic settings of Apache Kafka 4.4; what is in force of them is in resolved-topic-config.ts. */
import { INERT, LONG_MAX, setting, type Setting } from './setting.ts';
import { splitList } from './value.ts';

/** Largest array a Java process can hold, Kafka's default for max.decompressed.message.bytes. */
const ARRAY_MAX = 2_147_483_639;

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
  setting('preallocate', 'boolean', false, 'Has no effect here: journal space is made ready ahead in any case.', INERT),
  setting('remote.copy.lag.bytes', 'long', -1, 'Bytes by which copying to remote storage may lag.', {
    min: -1,
    inert: true,
  }),
  setting('remote.copy.lag.ms', 'long', 0, 'Time in ms by which copying to remote storage may lag.', {
    min: -1,
    inert: true,
  }),
  setting('remote.log.copy.disable', 'boolean', false, 'Stops copying to remote storage.', INERT),
  setting(
    'remote.log.delete.on.disable',
    'boolean',
    false,
    'Deletes remote data when remote storage is switched off.',
    INERT,
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
    INERT,
  ),
];

export const TOPIC_SETTINGS: ReadonlyMap<string, Setting> = new Map(
  TOPIC_SETTINGS_LIST.map((definition) => [definition.name, definition]),
);
