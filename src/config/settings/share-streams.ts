/** Share groups and streams groups. */
import { setting, type Setting } from '../setting.ts';

export const SHARE_STREAMS_SETTINGS: readonly Setting[] = [
  setting('group.share.assignment.interval.ms', 'int', 1000, 'Least time in ms between two assignments of a group.', {
    min: 0,
    update: 'cluster-wide',
  }),
  setting('group.share.assignor.offload.enable', 'boolean', true, 'Computes assignments aside.', {
    update: 'cluster-wide',
    inert: true,
    internal: true,
  }),
  setting('group.share.assignors', 'list', 'simple', 'Assignors of share groups.', { nonEmpty: true, inert: true }),
  setting('group.share.delivery.count.limit', 'int', 5, 'Deliveries of a record before it is given up.', {
    min: 2,
    max: 10,
  }),
  setting(
    'group.share.dlq.manager.class.name',
    'string',
    'org.apache.kafka.server.share.dlq.DefaultShareGroupDLQManager',
    'Java class that keeps records that cannot be processed.',
    { inert: true, internal: true },
  ),
  setting('group.share.heartbeat.interval.ms', 'int', 5000, 'Time in ms between heartbeats of members.', {
    min: 1,
  }),
  setting(
    'group.share.initialize.retry.interval.ms',
    'int',
    30000,
    'Time in ms between attempts to set up a share partition.',
    { min: 1, internal: true },
  ),
  setting(
    'group.share.max.assignment.interval.ms',
    'int',
    15000,
    'Largest assignment interval that a group may ask for, in ms.',
    { min: 0 },
  ),
  setting('group.share.max.delivery.count.limit', 'int', 10, 'Largest delivery count limit that a group may ask for.', {
    min: 5,
    max: 25,
  }),
  setting(
    'group.share.max.heartbeat.interval.ms',
    'int',
    15000,
    'Largest heartbeat interval that a group may ask for, in ms.',
    { min: 1 },
  ),
  setting('group.share.max.partition.max.record.locks', 'int', 4000, 'Most record locks that a group may ask for.', {
    min: 2000,
    max: 10000,
  }),
  setting('group.share.max.record.lock.duration.ms', 'int', 60000, 'Longest lock that a group may ask for, in ms.', {
    min: 30000,
    max: 3600000,
  }),
  setting(
    'group.share.max.session.timeout.ms',
    'int',
    60000,
    'Largest session timeout that a group may ask for, in ms.',
    { min: 1 },
  ),
  setting('group.share.max.share.sessions', 'int', 2000, 'Share sessions kept at once.', { min: 1 }),
  setting('group.share.max.size', 'int', 200, 'Members of a share group at most.', { min: 1, max: 1000 }),
  setting(
    'group.share.min.assignment.interval.ms',
    'int',
    0,
    'Least assignment interval that a group may ask for, in ms.',
    { min: 0 },
  ),
  setting('group.share.min.delivery.count.limit', 'int', 2, 'Least delivery count limit that a group may ask for.', {
    min: 2,
    max: 5,
  }),
  setting(
    'group.share.min.heartbeat.interval.ms',
    'int',
    5000,
    'Least heartbeat interval that a group may ask for, in ms.',
    { min: 1 },
  ),
  setting('group.share.min.partition.max.record.locks', 'int', 100, 'Fewest record locks that a group may ask for.', {
    min: 100,
    max: 2000,
  }),
  setting('group.share.min.record.lock.duration.ms', 'int', 15000, 'Shortest lock that a group may ask for, in ms.', {
    min: 1000,
    max: 30000,
  }),
  setting(
    'group.share.min.session.timeout.ms',
    'int',
    45000,
    'Least session timeout that a group may ask for, in ms.',
    { min: 1 },
  ),
  setting('group.share.partition.max.record.locks', 'int', 2000, 'Records of a partition in delivery at once.', {
    min: 100,
    max: 10000,
  }),
  setting(
    'group.share.persister.class.name',
    'string',
    'org.apache.kafka.server.share.persister.DefaultStatePersister',
    'Java class that keeps the state of share groups.',
    { inert: true, internal: true },
  ),
  setting('group.share.record.lock.duration.ms', 'int', 30000, 'Time in ms for which a delivered record is locked.', {
    min: 1000,
    max: 3600000,
  }),
  setting('group.share.session.timeout.ms', 'int', 45000, 'Silence in ms after which a member is removed.', {
    min: 1,
  }),
  setting('group.streams.acceptable.recovery.lag', 'long', 10000, 'Lag at which a task counts as caught up.', {
    min: 0,
    internal: true,
  }),
  setting('group.streams.assignment.interval.ms', 'int', 1000, 'Least time in ms between two assignments of a group.', {
    min: 0,
    update: 'cluster-wide',
  }),
  setting('group.streams.assignor.offload.enable', 'boolean', true, 'Computes assignments aside.', {
    update: 'cluster-wide',
    inert: true,
    internal: true,
  }),
  setting('group.streams.assignors', 'list', 'sticky', 'Assignors of streams groups, the default first.', {
    nonEmpty: true,
    inert: true,
  }),
  setting('group.streams.heartbeat.interval.ms', 'int', 5000, 'Time in ms between heartbeats of members.', {
    min: 1,
  }),
  setting(
    'group.streams.initial.rebalance.delay.ms',
    'int',
    3000,
    'Time in ms that a new group waits for more members.',
    { min: 0 },
  ),
  setting(
    'group.streams.max.assignment.interval.ms',
    'int',
    15000,
    'Largest assignment interval that a group may ask for, in ms.',
    { min: 0 },
  ),
  setting(
    'group.streams.max.heartbeat.interval.ms',
    'int',
    15000,
    'Largest heartbeat interval that a group may ask for, in ms.',
    { min: 1 },
  ),
  setting(
    'group.streams.max.session.timeout.ms',
    'int',
    60000,
    'Largest session timeout that a group may ask for, in ms.',
    { min: 1 },
  ),
  setting('group.streams.max.size', 'int', 2147483647, 'Members of a streams group at most.', { min: 1 }),
  setting('group.streams.max.standby.replicas', 'int', 2, 'Most standby copies that a group may ask for.', {
    min: 0,
  }),
  setting('group.streams.max.warmup.replicas', 'int', 20, 'Most warming tasks that a group may ask for.', {
    min: 0,
    inert: true,
    internal: true,
  }),
  setting(
    'group.streams.min.assignment.interval.ms',
    'int',
    0,
    'Least assignment interval that a group may ask for, in ms.',
    { min: 0 },
  ),
  setting(
    'group.streams.min.heartbeat.interval.ms',
    'int',
    5000,
    'Least heartbeat interval that a group may ask for, in ms.',
    { min: 1 },
  ),
  setting(
    'group.streams.min.session.timeout.ms',
    'int',
    45000,
    'Least session timeout that a group may ask for, in ms.',
    { min: 1 },
  ),
  setting(
    'group.streams.min.task.offset.interval.ms',
    'int',
    15000,
    'Least interval of task offset reports that a group may ask for, in ms.',
    { min: 1, internal: true },
  ),
  setting('group.streams.num.standby.replicas', 'int', 0, 'Standby copies of each task.', { min: 0 }),
  setting('group.streams.num.warmup.replicas', 'int', 2, 'Tasks that may warm up at once.', {
    min: 0,
    inert: true,
    internal: true,
  }),
  setting('group.streams.rack.aware.assignment.tags', 'list', '', 'Client tags that members of a group are to have.'),
  setting('group.streams.session.timeout.ms', 'int', 45000, 'Silence in ms after which a member is removed.', {
    min: 1,
  }),
  setting('group.streams.task.offset.interval.ms', 'int', 60000, 'Time in ms between reports of task offsets.', {
    min: 1,
    internal: true,
  }),
  setting('group.streams.topology.description.plugin.class', 'class', null, 'Java class that describes topologies.', {
    inert: true,
  }),
  setting(
    'share.coordinator.append.linger.ms',
    'int',
    -1,
    'Time in ms that the share coordinator waits for more to write.',
    { min: -1, inert: true },
  ),
  setting(
    'share.coordinator.cached.buffer.max.bytes',
    'int',
    1048588,
    'Largest buffer that the share coordinator keeps.',
    { min: 524288, update: 'cluster-wide', inert: true },
  ),
  setting(
    'share.coordinator.cold.partition.snapshot.interval.ms',
    'int',
    300000,
    'Time in ms between snapshots of share partitions at rest.',
    { min: 1, inert: true, internal: true },
  ),
  setting('share.coordinator.load.buffer.size', 'int', 5242880, 'Bytes that the share coordinator loads at once.', {
    min: 1,
    inert: true,
  }),
  setting(
    'share.coordinator.snapshot.update.records.per.snapshot',
    'int',
    500,
    'Updates of a share partition between two snapshots.',
    { min: 0, max: 500 },
  ),
  setting('share.coordinator.state.topic.compression.codec', 'int', 0, 'Codec of __share_group_state.', {
    inert: true,
  }),
  setting(
    'share.coordinator.state.topic.min.isr',
    'short',
    1,
    'Replicas of __share_group_state that must have a write.',
    { min: 1 },
  ),
  setting('share.coordinator.state.topic.num.partitions', 'int', 50, 'Partitions of __share_group_state.', {
    min: 1,
  }),
  setting(
    'share.coordinator.state.topic.prune.interval.ms',
    'int',
    300000,
    'Time in ms between two looks for state that may go.',
    { min: 1, inert: true, internal: true },
  ),
  setting('share.coordinator.state.topic.replication.factor', 'short', 1, 'Replicas of __share_group_state.', {
    min: 1,
  }),
  setting(
    'share.coordinator.state.topic.segment.bytes',
    'int',
    104857600,
    'Segment size of __share_group_state, in bytes.',
    { min: 1 },
  ),
  setting('share.coordinator.threads', 'int', 1, 'Threads of the share coordinator.', { min: 1, inert: true }),
  setting(
    'share.coordinator.write.timeout.ms',
    'int',
    5000,
    'Longest time in ms that a write of the share coordinator waits.',
    { min: 1 },
  ),
];
