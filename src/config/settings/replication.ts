/** Replication, throttles and remote storage. */
import { INERT, INERT_CLUSTER_WIDE, LONG_MAX, setting, type Setting } from '../setting.ts';

/** What tools set while they move partitions; Kafka knows it at run time only, and shows it once it is set. */
const THROTTLES: readonly Setting[] = [
  'leader.replication.throttled.rate',
  'follower.replication.throttled.rate',
  'replica.alter.log.dirs.io.max.bytes.per.second',
].map((name) =>
  setting(name, 'long', LONG_MAX, 'Bytes a second of replicas that move; there are none here.', {
    min: 0,
    update: 'cluster-wide',
    inert: true,
    internal: true,
  }),
);

export const REPLICATION_SETTINGS: readonly Setting[] = [
  ...THROTTLES,
  setting(
    'alter.log.dirs.replication.quota.window.num',
    'int',
    11,
    'Windows over which moves between directories are measured.',
    { min: 1, inert: true },
  ),
  setting('alter.log.dirs.replication.quota.window.size.seconds', 'int', 1, 'Length of such a window in seconds.', {
    min: 1,
    inert: true,
  }),
  setting(
    'follower.fetch.last.tiered.offset.enable',
    'boolean',
    false,
    'Lets a new follower begin at the newest offset in remote storage.',
    INERT_CLUSTER_WIDE,
  ),
  setting('num.replica.alter.log.dirs.threads', 'int', null, 'Threads that move replicas between directories.', INERT),
  setting('num.replica.fetchers', 'int', 1, 'Threads that replicate from another broker.', {
    min: 1,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('remote.fetch.max.wait.ms', 'int', 500, 'Longest time in ms that a read from remote storage takes.', {
    min: 1,
    update: 'cluster-wide',
    inert: true,
  }),
  setting(
    'remote.list.offsets.request.timeout.ms',
    'long',
    30000,
    'Longest time in ms that ListOffsets waits for remote storage.',
    { min: 1, update: 'cluster-wide', inert: true },
  ),
  setting(
    'remote.log.index.file.cache.total.size.bytes',
    'long',
    1073741824,
    'Bytes of indexes of remote segments kept locally.',
    { min: 1, update: 'cluster-wide', inert: true },
  ),
  setting('remote.log.index.file.cache.ttl.ms', 'long', 900000, 'Time in ms for which such an index is kept.', {
    min: -1,
    inert: true,
    internal: true,
  }),
  setting('remote.log.manager.copier.thread.pool.size', 'int', 10, 'Threads that copy to remote storage.', {
    min: 1,
    update: 'cluster-wide',
    inert: true,
  }),
  setting(
    'remote.log.manager.copy.max.bytes.per.second',
    'long',
    LONG_MAX,
    'Bytes a second copied to remote storage.',
    { min: 1, update: 'cluster-wide', inert: true },
  ),
  setting('remote.log.manager.copy.quota.window.num', 'int', 11, 'Windows over which copying is measured.', {
    min: 1,
    inert: true,
  }),
  setting('remote.log.manager.copy.quota.window.size.seconds', 'int', 1, 'Length of such a window in seconds.', {
    min: 1,
    inert: true,
  }),
  setting('remote.log.manager.expiration.thread.pool.size', 'int', 10, 'Threads that delete from remote storage.', {
    min: 1,
    update: 'cluster-wide',
    inert: true,
  }),
  setting(
    'remote.log.manager.fetch.max.bytes.per.second',
    'long',
    LONG_MAX,
    'Bytes a second read from remote storage.',
    { min: 1, update: 'cluster-wide', inert: true },
  ),
  setting('remote.log.manager.fetch.quota.window.num', 'int', 11, 'Windows over which such reads are measured.', {
    min: 1,
    inert: true,
  }),
  setting('remote.log.manager.fetch.quota.window.size.seconds', 'int', 1, 'Length of such a window in seconds.', {
    min: 1,
    inert: true,
  }),
  setting('remote.log.manager.follower.thread.pool.size', 'int', 2, 'Threads of followers for remote storage.', {
    min: 1,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('remote.log.manager.task.interval.ms', 'long', 30000, 'Time in ms between runs of remote storage tasks.', {
    min: 1,
    inert: true,
  }),
  setting(
    'remote.log.manager.task.retry.backoff.max.ms',
    'long',
    30000,
    'Longest wait in ms before such a task runs again.',
    { min: 1, inert: true, internal: true },
  ),
  setting('remote.log.manager.task.retry.backoff.ms', 'long', 500, 'First wait in ms before such a task runs again.', {
    min: 1,
    inert: true,
    internal: true,
  }),
  setting('remote.log.manager.task.retry.jitter', 'double', '0.2', 'Random part of that wait.', {
    min: 0,
    max: 0.5,
    inert: true,
    internal: true,
  }),
  setting('remote.log.manager.thread.pool.size', 'int', 2, 'Threads of remote storage.', { min: 1, inert: true }),
  setting(
    'remote.log.metadata.custom.metadata.max.bytes',
    'int',
    128,
    "Bytes of a plugin's own metadata of a segment.",
    { min: 0, inert: true },
  ),
  setting(
    'remote.log.metadata.manager.class.name',
    'string',
    'org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager',
    'Java class that keeps metadata of remote segments.',
    { nonEmpty: true, inert: true },
  ),
  setting('remote.log.metadata.manager.class.path', 'string', null, 'Class path of that class.', INERT),
  setting('remote.log.metadata.manager.impl.prefix', 'string', 'rlmm.config.', 'Prefix of settings of that class.', {
    nonEmpty: true,
    inert: true,
  }),
  setting(
    'remote.log.metadata.manager.listener.name',
    'string',
    null,
    'Listener through which that class reaches the broker.',
    { nonEmpty: true, inert: true },
  ),
  setting('remote.log.reader.max.pending.tasks', 'int', 100, 'Reads from remote storage that may wait.', {
    min: 1,
    inert: true,
  }),
  setting('remote.log.reader.threads', 'int', 10, 'Threads that read from remote storage.', {
    min: 1,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('remote.log.storage.manager.class.name', 'string', null, 'Java class of the remote storage.', {
    nonEmpty: true,
    inert: true,
  }),
  setting('remote.log.storage.manager.class.path', 'string', null, 'Class path of that class.', INERT),
  setting('remote.log.storage.manager.impl.prefix', 'string', 'rsm.config.', 'Prefix of settings of that class.', {
    nonEmpty: true,
    inert: true,
  }),
  setting('remote.log.storage.system.enable', 'boolean', false, 'Whether there is remote storage.', INERT),
  setting('replica.fetch.backoff.ms', 'int', 1000, 'Rest in ms of a follower after an error.', { min: 0, inert: true }),
  setting('replica.fetch.max.bytes', 'int', 1048576, 'Bytes of a partition that a follower fetches at once.', {
    min: 0,
    inert: true,
  }),
  setting('replica.fetch.min.bytes', 'int', 1, "Bytes that a follower's fetch waits for.", INERT),
  setting('replica.fetch.response.max.bytes', 'int', 10485760, "Bytes of a follower's whole fetch.", {
    min: 0,
    inert: true,
  }),
  setting('replica.fetch.wait.max.ms', 'int', 500, "Longest time in ms that a follower's fetch waits.", INERT),
  setting(
    'replica.high.watermark.checkpoint.interval.ms',
    'long',
    5000,
    'Time in ms between checkpoints of high watermarks.',
    INERT,
  ),
  setting('replica.lag.time.max.ms', 'long', 30000, 'Lag in ms at which a replica is no longer in sync.', INERT),
  setting(
    'replica.selector.class',
    'string',
    null,
    'Java class that chooses the replica a consumer reads from.',
    INERT,
  ),
  setting('replica.socket.receive.buffer.bytes', 'int', 65536, "Receive buffer of a follower's socket.", INERT),
  setting('replica.socket.timeout.ms', 'int', 30000, "Timeout in ms of a follower's socket.", INERT),
  setting('replication.quota.window.num', 'int', 11, 'Windows over which replication is measured.', {
    min: 1,
    inert: true,
  }),
  setting('replication.quota.window.size.seconds', 'int', 1, 'Length of such a window in seconds.', {
    min: 1,
    inert: true,
  }),
];
