/** The tables of group settings (resource type GROUP) and client-metrics settings (KIP-714) of Apache Kafka 4.4. */
import { parseIsoDuration } from './iso-duration.ts';
import { setting, type Setting } from './setting.ts';

function autoOffsetReset(value: string): string | null {
  const [, duration = ''] = /^by_duration:(.*)$/.exec(value) ?? [];
  const valid = ['latest', 'earliest'].includes(value) || (parseIsoDuration(duration) ?? -1) >= 0;
  return valid ? null : 'Must be latest, earliest or by_duration: followed by an ISO 8601 duration';
}

/** All group settings. */
export const GROUP_SETTINGS_LIST: readonly Setting[] = [
  setting('consumer.assignment.interval.ms', 'int', 1000, 'Least time in ms between two assignments.', { min: 0 }),
  setting('consumer.assignor.offload.enable', 'boolean', true, 'Computes assignments aside.', { internal: true }),
  setting('consumer.heartbeat.interval.ms', 'int', 5000, 'Time in ms between heartbeats of members.', { min: 1 }),
  setting('consumer.session.timeout.ms', 'int', 45_000, 'Silence in ms after which a member is removed.', { min: 1 }),
  setting(
    'errors.deadletterqueue.copy.record.enable',
    'boolean',
    false,
    'Copies whole records to the dead letter topic.',
  ),
  setting('errors.deadletterqueue.topic.name', 'string', '', 'Topic for records that a share group cannot process.', {
    check: (name) => (name.startsWith('__') ? "DLQ topic name must not start with '__'" : null),
  }),
  setting('share.assignment.interval.ms', 'int', 1000, 'Least time in ms between two assignments.', { min: 0 }),
  setting('share.assignor.offload.enable', 'boolean', true, 'Computes assignments aside.', { internal: true }),
  setting('share.auto.offset.reset', 'string', 'latest', 'Where a share group starts without a stored position.', {
    check: autoOffsetReset,
  }),
  setting('share.delivery.count.limit', 'int', 5, 'Deliveries of a record before it is given up.', { min: 2 }),
  setting('share.heartbeat.interval.ms', 'int', 5000, 'Time in ms between heartbeats of members.', { min: 1 }),
  setting('share.isolation.level', 'string', 'read_uncommitted', 'Which records of transactions members see.', {
    values: ['read_committed', 'read_uncommitted'],
  }),
  setting('share.partition.max.record.locks', 'int', 2000, 'Records of a partition in delivery at once.', { min: 100 }),
  setting('share.record.lock.duration.ms', 'int', 30_000, 'Time in ms for which a delivered record is locked.', {
    min: 1000,
  }),
  setting('share.renew.acknowledge.enable', 'boolean', true, 'Members may renew the lock of a record.'),
  setting('share.session.timeout.ms', 'int', 45_000, 'Silence in ms after which a member is removed.', { min: 1 }),
  setting('streams.acceptable.recovery.lag', 'long', 10_000, 'Lag at which a task counts as caught up.', {
    min: 0,
    internal: true,
  }),
  setting('streams.assignment.interval.ms', 'int', 1000, 'Least time in ms between two assignments.', { min: 0 }),
  setting('streams.assignor.name', 'string', null, 'Assignor of the group; there is one.', {
    values: ['sticky'],
  }),
  setting('streams.assignor.offload.enable', 'boolean', true, 'Computes assignments aside.', { internal: true }),
  setting('streams.heartbeat.interval.ms', 'int', 5000, 'Time in ms between heartbeats of members.', { min: 1 }),
  setting('streams.initial.rebalance.delay.ms', 'int', 3000, 'Time in ms a new group waits for more members.', {
    min: 0,
  }),
  setting('streams.num.standby.replicas', 'int', 0, 'Standby copies of each task.', { min: 0 }),
  setting('streams.num.warmup.replicas', 'int', 2, 'Tasks that may warm up at once.', { min: 0, internal: true }),
  setting('streams.rack.aware.assignment.tags', 'list', '', 'Client tags that members are to have.'),
  setting('streams.session.timeout.ms', 'int', 45_000, 'Silence in ms after which a member is removed.', { min: 1 }),
  setting('streams.task.offset.interval.ms', 'int', 60_000, 'Time in ms between reports of task offsets.', {
    min: 1,
    internal: true,
  }),
];

export const GROUP_SETTINGS: ReadonlyMap<string, Setting> = new Map(
  GROUP_SETTINGS_LIST.map((definition) => [definition.name, definition]),
);

const WITHOUT_BROKER_NAME: ReadonlySet<string> = new Set([
  'errors.deadletterqueue.copy.record.enable',
  'errors.deadletterqueue.topic.name',
  'share.auto.offset.reset',
  'share.isolation.level',
  'share.renew.acknowledge.enable',
]);

/** The broker setting that gives a group setting's default, or null where there is none. */
export function groupBrokerNameOf(name: string): string | null {
  if (WITHOUT_BROKER_NAME.has(name)) return null;
  return name === 'streams.assignor.name' ? 'group.streams.assignors' : `group.${name}`;
}

/** Broker settings that bound a group setting. */
export function groupBoundsOf(name: string): { readonly min: string | null; readonly max: string | null } {
  const match = /^(consumer|share|streams)\.(.+)$/.exec(name);
  const bound = (kind: 'min' | 'max'): string => `group.${match?.[1]}.${kind}.${match?.[2]}`;
  switch (match?.[2]) {
    case 'session.timeout.ms':
    case 'heartbeat.interval.ms':
    case 'assignment.interval.ms':
    case 'record.lock.duration.ms':
    case 'delivery.count.limit':
    case 'partition.max.record.locks':
      return { min: bound('min'), max: bound('max') };
    case 'task.offset.interval.ms':
      return { min: bound('min'), max: null };
    case 'num.standby.replicas':
      return { min: null, max: 'group.streams.max.standby.replicas' };
    case 'num.warmup.replicas':
      return { min: null, max: 'group.streams.max.warmup.replicas' };
    default:
      return { min: null, max: null };
  }
}

/** All client-metrics settings. */
export const CLIENT_METRICS_SETTINGS_LIST: readonly Setting[] = [
  setting('interval.ms', 'int', 300_000, 'Time in ms between two reports of a client.', { min: 100, max: 3_600_000 }),
  setting('match', 'list', '', 'Which clients report: key=regex for ids, software, addresses; without any, all do.'),
  setting('metrics', 'list', '', 'Prefixes of the metrics wanted; * wants all, nothing wants none.'),
];

export const CLIENT_METRICS_SETTINGS: ReadonlyMap<string, Setting> = new Map(
  CLIENT_METRICS_SETTINGS_LIST.map((definition) => [definition.name, definition]),
);
