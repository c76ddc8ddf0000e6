/** Controller quorum, metadata log, quotas and other settings of a Kafka node. */
import { setting, type Setting } from '../setting.ts';

export const CONTROLLER_SETTINGS: readonly Setting[] = [
  setting('broker.heartbeat.interval.ms', 'int', 2000, 'Time in ms between heartbeats to the controller.', {
    inert: true,
  }),
  setting('broker.session.timeout.ms', 'int', 9000, 'Silence in ms after which the controller fences a broker.', {
    inert: true,
  }),
  setting(
    'client.quota.callback.class',
    'class',
    null,
    'Java class that decides on quotas; it cannot be loaded here, and a broker that is told of one does not start.',
  ),
  setting(
    'controller.listener.names',
    'list',
    null,
    'Names of listeners for controllers; they are accepted and not opened.',
    { nonEmpty: true },
  ),
  setting(
    'controller.performance.always.log.threshold.ms',
    'long',
    2000,
    'Controller events that take longer, in ms, are logged.',
    { min: 0, inert: true, internal: true },
  ),
  setting(
    'controller.performance.sample.period.ms',
    'long',
    60000,
    'Time in ms over which controller events are sampled.',
    { min: 100, inert: true, internal: true },
  ),
  setting(
    'controller.quorum.append.linger.ms',
    'int',
    25,
    'Time in ms that the quorum leader waits for more to write.',
    { min: 0, inert: true },
  ),
  setting('controller.quorum.auto.join.enable', 'boolean', false, 'Lets a controller join the quorum by itself.', {
    inert: true,
  }),
  setting('controller.quorum.bootstrap.servers', 'list', '', 'Controllers to ask for the quorum.', {
    repeats: true,
    inert: true,
  }),
  setting('controller.quorum.election.backoff.max.ms', 'int', 1000, 'Longest wait in ms between elections.', {
    min: 0,
    inert: true,
  }),
  setting('controller.quorum.election.timeout.ms', 'int', 1000, 'Time in ms after which an election is repeated.', {
    min: 0,
    inert: true,
  }),
  setting('controller.quorum.fetch.max.bytes', 'int', 1048576, 'Bytes of metadata log that a voter fetches at once.', {
    min: 1,
    inert: true,
  }),
  setting(
    'controller.quorum.fetch.snapshot.max.bytes',
    'int',
    1048576,
    'Bytes of a snapshot that a voter fetches at once.',
    { min: 1, inert: true },
  ),
  setting(
    'controller.quorum.fetch.timeout.ms',
    'int',
    2000,
    'Silence in ms after which a voter looks for a new leader.',
    { min: 0, inert: true },
  ),
  setting(
    'controller.quorum.request.timeout.ms',
    'int',
    2000,
    'Longest time in ms that a request of the quorum takes.',
    { min: 0, inert: true },
  ),
  setting('controller.quorum.retry.backoff.ms', 'int', 20, 'Wait in ms before such a request is repeated.', {
    min: 0,
    inert: true,
  }),
  setting('controller.quorum.voters', 'list', '', 'Voters of the quorum; this process keeps its metadata itself.', {
    repeats: true,
    inert: true,
  }),
  setting(
    'controller.quota.window.num',
    'int',
    11,
    'Windows over which changes of metadata are measured for `controller_mutation_rate`: what comes in all of them may be used at once.',
    { min: 1 },
  ),
  setting('controller.quota.window.size.seconds', 'int', 1, 'Length of such a window in seconds.', { min: 1 }),
  setting('controller.socket.timeout.ms', 'int', 30000, 'Timeout in ms of sockets to the controller.', { inert: true }),
  setting('initial.broker.registration.timeout.ms', 'int', 60000, 'Time in ms in which a broker must register.', {
    inert: true,
  }),
  setting('internal.metadata.delete.delay.millis', 'long', 60000, 'Delay in ms before files of the metadata log go.', {
    inert: true,
    internal: true,
  }),
  setting('internal.metadata.log.segment.bytes', 'int', null, 'Segment size of the metadata log in tests, in bytes.', {
    inert: true,
    internal: true,
  }),
  setting('internal.metadata.max.batch.size.in.bytes', 'int', 8388608, 'Largest batch of the metadata log, in bytes.', {
    inert: true,
    internal: true,
  }),
  setting(
    'metadata.log.max.record.bytes.between.snapshots',
    'long',
    20971520,
    'Bytes of metadata log between two snapshots.',
    { min: 1, inert: true },
  ),
  setting('metadata.log.max.snapshot.interval.ms', 'long', 3600000, 'Longest time in ms between two snapshots.', {
    min: 0,
    inert: true,
  }),
  setting('metadata.log.segment.bytes', 'int', 1073741824, 'Segment size of the metadata log, in bytes.', {
    min: 8388608,
    inert: true,
  }),
  setting('metadata.log.segment.ms', 'long', 604800000, 'Age in ms at which a segment of the metadata log ends.', {
    inert: true,
  }),
  setting('metadata.max.idle.interval.ms', 'int', 500, 'Time in ms after which an idle controller writes something.', {
    min: 0,
    inert: true,
  }),
  setting('metadata.max.retention.bytes', 'long', 104857600, 'Bytes of metadata log and snapshots kept.', {
    inert: true,
  }),
  setting('metadata.max.retention.ms', 'long', 604800000, 'Age in ms of metadata log and snapshots kept.', {
    inert: true,
  }),
  setting(
    'quota.window.num',
    'int',
    11,
    'Windows over which clients, and new connections, are measured against their quotas: what all but one of them allow may come at once.',
    { min: 1 },
  ),
  setting(
    'quota.window.size.seconds',
    'int',
    1,
    'Length of such a window in seconds; nobody is held back for longer at once for `request_percentage` or too many connections.',
    { min: 1 },
  ),
  setting(
    'socket.connection.setup.timeout.max.ms',
    'long',
    30000,
    'Longest time in ms to set up a connection to another broker.',
    { inert: true },
  ),
  setting(
    'socket.connection.setup.timeout.ms',
    'long',
    10000,
    'First time in ms to set up a connection to another broker.',
    { inert: true },
  ),
];
