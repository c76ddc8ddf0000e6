/** The log: retention, rolling, flushing, timestamps, compaction. */
import { LONG_MAX, setting, type Setting } from '../setting.ts';

export const LOG_SETTINGS: readonly Setting[] = [
  setting('cordoned.log.dirs', 'list', '', 'See Apache Kafka.', { update: 'per-broker', inert: true }),
  setting('log.cleaner.backoff.ms', 'long', 15000, 'See Apache Kafka.', {
    min: 0,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('log.cleaner.dedupe.buffer.size', 'long', 134217728, 'See Apache Kafka.', {
    update: 'cluster-wide',
    inert: true,
  }),
  setting('log.cleaner.delete.retention.ms', 'long', 86400000, 'See Apache Kafka.', { min: 0, update: 'cluster-wide' }),
  setting('log.cleaner.enable', 'boolean', true, 'See Apache Kafka.', { inert: true }),
  setting('log.cleaner.io.buffer.load.factor', 'double', '0.9', 'See Apache Kafka.', {
    update: 'cluster-wide',
    inert: true,
  }),
  setting('log.cleaner.io.buffer.size', 'int', 524288, 'See Apache Kafka.', {
    min: 0,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('log.cleaner.io.max.bytes.per.second', 'double', '1.7976931348623157E308', 'See Apache Kafka.', {
    update: 'cluster-wide',
    inert: true,
  }),
  setting('log.cleaner.max.compaction.lag.ms', 'long', LONG_MAX, 'See Apache Kafka.', {
    min: 1,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('log.cleaner.min.cleanable.ratio', 'double', '0.5', 'See Apache Kafka.', {
    min: 0,
    max: 1,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('log.cleaner.min.compaction.lag.ms', 'long', 0, 'See Apache Kafka.', {
    min: 0,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('log.cleaner.threads', 'int', 1, 'See Apache Kafka.', { min: 0, update: 'cluster-wide', inert: true }),
  setting('log.cleanup.policy', 'list', 'delete', 'See Apache Kafka.', {
    values: ['compact', 'delete'],
    update: 'cluster-wide',
  }),
  setting('log.dir', 'list', 'data', 'See Apache Kafka.'),
  setting('log.dir.failure.timeout.ms', 'long', 30000, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('log.dirs', 'list', null, 'See Apache Kafka.'),
  setting('log.flush.interval.messages', 'long', LONG_MAX, 'See Apache Kafka.', { min: 1, update: 'cluster-wide' }),
  setting('log.flush.interval.ms', 'long', null, 'See Apache Kafka.', { update: 'cluster-wide' }),
  setting('log.flush.offset.checkpoint.interval.ms', 'int', 60000, 'See Apache Kafka.', { min: 0, inert: true }),
  setting('log.flush.scheduler.interval.ms', 'long', LONG_MAX, 'See Apache Kafka.'),
  setting('log.flush.start.offset.checkpoint.interval.ms', 'int', 60000, 'See Apache Kafka.', { min: 0, inert: true }),
  setting('log.index.interval.bytes', 'int', 4096, 'See Apache Kafka.', {
    min: 0,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('log.index.size.max.bytes', 'int', 10485760, 'See Apache Kafka.', {
    min: 4,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('log.initial.task.delay.ms', 'long', 30000, 'See Apache Kafka.', { min: 0, inert: true, internal: true }),
  setting('log.local.retention.bytes', 'long', -2, 'See Apache Kafka.', {
    min: -2,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('log.local.retention.ms', 'long', -2, 'See Apache Kafka.', { min: -2, update: 'cluster-wide', inert: true }),
  setting('log.message.timestamp.after.max.ms', 'long', 3600000, 'See Apache Kafka.', {
    min: 0,
    update: 'cluster-wide',
  }),
  setting('log.message.timestamp.before.max.ms', 'long', LONG_MAX, 'See Apache Kafka.', {
    min: 0,
    update: 'cluster-wide',
  }),
  setting('log.message.timestamp.type', 'string', 'CreateTime', 'See Apache Kafka.', {
    values: ['CreateTime', 'LogAppendTime'],
    update: 'cluster-wide',
  }),
  setting('log.preallocate', 'boolean', false, 'See Apache Kafka.', { update: 'cluster-wide', inert: true }),
  setting('log.remote.copy.lag.bytes', 'long', -1, 'See Apache Kafka.', {
    min: -1,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('log.remote.copy.lag.ms', 'long', 0, 'See Apache Kafka.', { min: -1, update: 'cluster-wide', inert: true }),
  setting('log.retention.bytes', 'long', -1, 'See Apache Kafka.', { update: 'cluster-wide' }),
  setting('log.retention.check.interval.ms', 'long', 300000, 'See Apache Kafka.', { min: 1 }),
  setting('log.retention.hours', 'int', 168, 'See Apache Kafka.'),
  setting('log.retention.minutes', 'int', null, 'See Apache Kafka.'),
  setting('log.retention.ms', 'long', null, 'See Apache Kafka.', { update: 'cluster-wide' }),
  setting('log.roll.hours', 'int', 168, 'See Apache Kafka.', { min: 1 }),
  setting('log.roll.jitter.hours', 'int', 0, 'See Apache Kafka.', { min: 0, inert: true }),
  setting('log.roll.jitter.ms', 'long', null, 'See Apache Kafka.', { update: 'cluster-wide', inert: true }),
  setting('log.roll.ms', 'long', null, 'See Apache Kafka.', { update: 'cluster-wide' }),
  setting('log.segment.bytes', 'int', 1073741824, 'See Apache Kafka.', { min: 1048576, update: 'cluster-wide' }),
  setting('log.segment.delete.delay.ms', 'long', 60000, 'See Apache Kafka.', {
    min: 0,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('metadata.log.dir', 'string', null, 'See Apache Kafka.', { inert: true }),
  setting('num.recovery.threads.per.data.dir', 'int', 2, 'See Apache Kafka.', {
    min: 1,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('producer.id.expiration.check.interval.ms', 'int', 600000, 'See Apache Kafka.', {
    min: 1,
    inert: true,
    internal: true,
  }),
  setting('producer.id.expiration.ms', 'int', 86400000, 'See Apache Kafka.', { min: 1, update: 'cluster-wide' }),
];
