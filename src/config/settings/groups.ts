/** Classic and consumer groups, committed offsets. */
import { setting, type Setting } from '../setting.ts';

export const GROUPS_SETTINGS: readonly Setting[] = [
  setting('errors.deadletterqueue.auto.create.topics.enable', 'boolean', false, 'See Apache Kafka.', {
    update: 'cluster-wide',
    inert: true,
  }),
  setting('errors.deadletterqueue.topic.name.prefix', 'string', 'dlq.', 'See Apache Kafka.', {
    update: 'cluster-wide',
    inert: true,
  }),
  setting('group.consumer.assignment.interval.ms', 'int', 1000, 'See Apache Kafka.', {
    min: 0,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('group.consumer.assignor.offload.enable', 'boolean', true, 'See Apache Kafka.', {
    update: 'cluster-wide',
    inert: true,
    internal: true,
  }),
  setting('group.consumer.assignors', 'list', 'uniform,range', 'See Apache Kafka.', { inert: true }),
  setting('group.consumer.heartbeat.interval.ms', 'int', 5000, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('group.consumer.max.assignment.interval.ms', 'int', 15000, 'See Apache Kafka.', { min: 0, inert: true }),
  setting('group.consumer.max.heartbeat.interval.ms', 'int', 15000, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('group.consumer.max.session.timeout.ms', 'int', 60000, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('group.consumer.max.size', 'int', 2147483647, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('group.consumer.migration.policy', 'string', 'bidirectional', 'See Apache Kafka.', {
    values: ['DISABLED', 'DOWNGRADE', 'UPGRADE', 'BIDIRECTIONAL'],
    ignoreCase: true,
    inert: true,
  }),
  setting('group.consumer.min.assignment.interval.ms', 'int', 0, 'See Apache Kafka.', { min: 0, inert: true }),
  setting('group.consumer.min.heartbeat.interval.ms', 'int', 5000, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('group.consumer.min.session.timeout.ms', 'int', 45000, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('group.consumer.regex.refresh.interval.ms', 'int', 600000, 'See Apache Kafka.', {
    min: 10000,
    inert: true,
    internal: true,
  }),
  setting('group.consumer.session.timeout.ms', 'int', 45000, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('group.coordinator.append.linger.ms', 'int', -1, 'See Apache Kafka.', { min: -1, inert: true }),
  setting('group.coordinator.background.threads', 'int', 2, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('group.coordinator.cached.buffer.max.bytes', 'int', 1048588, 'See Apache Kafka.', {
    min: 524288,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('group.coordinator.rebalance.protocols', 'list', 'classic', 'See Apache Kafka.', {
    values: ['consumer', 'classic', 'share', 'streams'],
    inert: true,
  }),
  setting('group.coordinator.threads', 'int', 4, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('group.initial.rebalance.delay.ms', 'int', 0, 'See Apache Kafka.'),
  setting('group.max.session.timeout.ms', 'int', 1800000, 'See Apache Kafka.'),
  setting('group.max.size', 'int', 2147483647, 'See Apache Kafka.', { min: 1 }),
  setting('group.min.session.timeout.ms', 'int', 6000, 'See Apache Kafka.'),
  setting('offset.metadata.max.bytes', 'int', 4096, 'See Apache Kafka.'),
  setting('offsets.commit.timeout.ms', 'int', 5000, 'See Apache Kafka.', { min: 1 }),
  setting('offsets.load.buffer.size', 'int', 5242880, 'See Apache Kafka.', { min: 1, inert: true }),
  setting('offsets.retention.check.interval.ms', 'long', 600000, 'See Apache Kafka.', { min: 1 }),
  setting('offsets.retention.minutes', 'int', 10080, 'See Apache Kafka.', { min: 1 }),
  setting('offsets.topic.compression.codec', 'int', 0, 'See Apache Kafka.', { inert: true }),
  setting('offsets.topic.num.partitions', 'int', 50, 'See Apache Kafka.', { min: 1 }),
  setting('offsets.topic.replication.factor', 'short', 1, 'See Apache Kafka.', { min: 1 }),
  setting('offsets.topic.segment.bytes', 'int', 104857600, 'See Apache Kafka.', { min: 1 }),
];
