/** Classic and consumer groups, committed offsets. */
import { CLUSTER_WIDE, INERT, setting, type Setting } from '../setting.ts';

export const GROUPS_SETTINGS: readonly Setting[] = [
  setting(
    'errors.deadletterqueue.auto.create.topics.enable',
    'boolean',
    false,
    'Creates topics for records that share groups cannot process.',
    CLUSTER_WIDE,
  ),
  setting(
    'errors.deadletterqueue.topic.name.prefix',
    'string',
    'dlq.',
    'Prefix of the names of such topics.',
    CLUSTER_WIDE,
  ),
  setting(
    'group.consumer.assignment.interval.ms',
    'int',
    1000,
    'Least time in ms between two assignments of a group.',
    { min: 0, update: 'cluster-wide' },
  ),
  setting('group.consumer.assignor.offload.enable', 'boolean', true, 'Computes assignments aside.', {
    update: 'cluster-wide',
    inert: true,
    internal: true,
  }),
  setting('group.consumer.assignors', 'list', 'uniform,range', 'Assignors of the broker, the default first.', {
    nonEmpty: true,
  }),
  setting('group.consumer.heartbeat.interval.ms', 'int', 5000, 'Time in ms between heartbeats of members.', {
    min: 1,
  }),
  setting(
    'group.consumer.max.assignment.interval.ms',
    'int',
    15000,
    'Largest assignment interval that a group may ask for, in ms.',
    { min: 0 },
  ),
  setting(
    'group.consumer.max.heartbeat.interval.ms',
    'int',
    15000,
    'Largest heartbeat interval that a group may ask for, in ms.',
    { min: 1 },
  ),
  setting(
    'group.consumer.max.session.timeout.ms',
    'int',
    60000,
    'Largest session timeout that a group may ask for, in ms.',
    { min: 1 },
  ),
  setting('group.consumer.max.size', 'int', 2147483647, 'Members of a group at most.', { min: 1 }),
  setting(
    'group.consumer.migration.policy',
    'string',
    'bidirectional',
    'Whether groups may change between the classic and the consumer protocol.',
    { values: ['DISABLED', 'DOWNGRADE', 'UPGRADE', 'BIDIRECTIONAL'], ignoreCase: true },
  ),
  setting(
    'group.consumer.min.assignment.interval.ms',
    'int',
    0,
    'Least assignment interval that a group may ask for, in ms.',
    { min: 0 },
  ),
  setting(
    'group.consumer.min.heartbeat.interval.ms',
    'int',
    5000,
    'Least heartbeat interval that a group may ask for, in ms.',
    { min: 1 },
  ),
  setting(
    'group.consumer.min.session.timeout.ms',
    'int',
    45000,
    'Least session timeout that a group may ask for, in ms.',
    { min: 1 },
  ),
  setting(
    'group.consumer.regex.refresh.interval.ms',
    'int',
    600000,
    'Time in ms between evaluations of subscribed patterns.',
    { min: 10000, internal: true },
  ),
  setting('group.consumer.session.timeout.ms', 'int', 45000, 'Silence in ms after which a member is removed.', {
    min: 1,
  }),
  setting('group.coordinator.append.linger.ms', 'int', -1, 'Time in ms that the coordinator waits for more to write.', {
    min: -1,
    inert: true,
  }),
  setting('group.coordinator.background.threads', 'int', 2, 'Threads for background work of the coordinator.', {
    min: 1,
    inert: true,
  }),
  setting('group.coordinator.cached.buffer.max.bytes', 'int', 1048588, 'Largest buffer that the coordinator keeps.', {
    min: 524288,
    update: 'cluster-wide',
    inert: true,
  }),
  setting(
    'group.coordinator.rebalance.protocols',
    'list',
    'classic,consumer,streams',
    'Protocols of groups that are served; share groups are in any case.',
    { nonEmpty: true, values: ['consumer', 'classic', 'share', 'streams'] },
  ),
  setting('group.coordinator.threads', 'int', 4, 'Threads of the coordinator.', { min: 1, inert: true }),
  setting(
    'group.initial.rebalance.delay.ms',
    'int',
    0,
    "Time in ms that a new group waits for more members before its first rebalance. 0 here, as in Apache Kafka's image; Kafka's own default is 3000.",
  ),
  setting('group.max.session.timeout.ms', 'int', 1800000, 'Largest session timeout that a member may ask for, in ms.'),
  setting('group.max.size', 'int', 2147483647, 'Members of a classic group at most.', { min: 1 }),
  setting('group.min.session.timeout.ms', 'int', 6000, 'Least session timeout that a member may ask for, in ms.'),
  setting('offset.metadata.max.bytes', 'int', 4096, 'Longest text that may be committed with an offset, in bytes.'),
  setting(
    'offsets.commit.timeout.ms',
    'int',
    5000,
    'Longest time in ms that a commit of offsets, or another change of a group, waits for the journal.',
    { min: 1 },
  ),
  setting('offsets.load.buffer.size', 'int', 5242880, "Bytes that Kafka's coordinator loads at once.", {
    min: 1,
    inert: true,
  }),
  setting('offsets.retention.check.interval.ms', 'long', 600000, 'Time in ms between two looks for expired offsets.', {
    min: 1,
  }),
  setting('offsets.retention.minutes', 'int', 10080, 'Age in minutes at which the offsets of an empty group go.', {
    min: 1,
  }),
  setting('offsets.topic.compression.codec', 'int', 0, 'Codec of __consumer_offsets.', INERT),
  setting('offsets.topic.num.partitions', 'int', 50, 'Partitions of __consumer_offsets, when it is created.', {
    min: 1,
  }),
  setting(
    'offsets.topic.replication.factor',
    'short',
    1,
    'Replicas of __consumer_offsets; only 1 can be served, which is the default here.',
    { min: 1 },
  ),
  setting('offsets.topic.segment.bytes', 'int', 104857600, 'Segment size of __consumer_offsets, in bytes.', { min: 1 }),
];
