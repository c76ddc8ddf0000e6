/** Network, requests, topics in general. */
import { INERT, INERT_CLUSTER_WIDE, LONG_MAX, PER_BROKER_AT_START, setting, type Setting } from '../setting.ts';
import { splitList } from '../value.ts';

const INT_MAX = 2_147_483_647;

/** Host names and addresses as Kafka takes them; commas at the end do no harm. */
function connectionOverrides(value: string): string | null {
  const wrong = splitList(value.replace(/[\s,]+$/, '')).find((entry) => {
    const [, count] = /^[\w.:%-]*:\s*([+-]?\d+)$/.exec(entry) ?? [];
    return count === undefined || Math.abs(Number(count)) > INT_MAX;
  });
  return wrong === undefined ? null : `Must be address:count, separated by commas, but has '${wrong}'`;
}

export const NETWORK_SETTINGS: readonly Setting[] = [
  setting(
    'advertised.listeners',
    'list',
    null,
    'What clients are told to connect to, by listener: NAME://host:port. A listener that is not named here answers with the address that the client itself connected to.',
    { nonEmpty: true },
  ),
  setting(
    'alter.config.policy.class.name',
    'class',
    null,
    'Java class that may veto changes of settings; it cannot be loaded here, and a broker that is told of one does not start.',
  ),
  setting(
    'auto.create.topics.enable',
    'boolean',
    true,
    'Creates a topic with the default settings when a client asks for one that does not exist.',
  ),
  setting('auto.leader.rebalance.enable', 'boolean', true, 'Moves leadership back to preferred replicas.', INERT),
  setting('background.threads', 'int', 10, 'Threads for background work.', {
    min: 1,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('broker.id', 'int', -1, 'Older name of node.id; where both are set they must be the same.'),
  setting('broker.rack', 'string', null, 'Rack or zone of this broker, as shown to clients.'),
  setting(
    'compression.gzip.level',
    'int',
    -1,
    'Level for gzip where the broker compresses; -1 is the library default.',
    { min: 1, max: 9, except: -1, update: 'cluster-wide' },
  ),
  setting('compression.lz4.level', 'int', 9, 'Level for lz4; the library used here has one.', {
    min: 1,
    max: 17,
    update: 'cluster-wide',
    inert: true,
  }),
  setting(
    'compression.type',
    'string',
    'producer',
    'Codec in which batches are kept: producer leaves them as they came, any other re-encodes what differs.',
    { values: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'], update: 'cluster-wide' },
  ),
  setting('compression.zstd.level', 'int', 3, 'Level for zstd where the broker compresses.', {
    min: -131072,
    max: 22,
    update: 'cluster-wide',
  }),
  setting(
    'config.providers',
    'list',
    '',
    "Names of config providers, whose values settings may refer to: ${env:NAME}, ${file:path:key}, ${dir:path:file}. Each has a class, config.providers.NAME.class: Kafka's EnvVarConfigProvider, FileConfigProvider or DirectoryConfigProvider.",
    { update: 'cluster-wide', atStart: true },
  ),
  setting(
    'connection.failed.authentication.delay.ms',
    'int',
    100,
    'Delay in ms before the answer to a failed authentication, after which the connection closes.',
    { min: 0 },
  ),
  setting('connections.max.idle.ms', 'long', 600000, 'A connection on which nothing moves for this many ms is closed.'),
  setting(
    'connections.max.reauth.ms',
    'long',
    0,
    'Time in ms after which SASL clients must authenticate again; 0: never.',
  ),
  setting('controlled.shutdown.enable', 'boolean', true, 'Moves leadership away before a stop.', INERT),
  setting(
    'create.topic.policy.class.name',
    'class',
    null,
    'Java class that may veto new topics; it cannot be loaded here, and a broker that is told of one does not start.',
  ),
  setting(
    'default.replication.factor',
    'int',
    1,
    'Replicas of a topic that is created without a number; only 1 can be served.',
  ),
  setting(
    'delete.records.purgatory.purge.interval.requests',
    'int',
    1,
    'Housekeeping of waiting DeleteRecords requests.',
    INERT,
  ),
  setting('delete.topic.enable', 'boolean', true, 'Whether topics may be deleted.'),
  setting('early.start.listeners', 'list', null, 'Listeners that open before authorization is ready.', INERT),
  setting(
    'fetch.max.bytes',
    'int',
    57671680,
    'Bytes that one Fetch response has at most, beyond a first batch that is larger.',
    { min: 1024 },
  ),
  setting('fetch.purgatory.purge.interval.requests', 'int', 1000, 'Housekeeping of waiting Fetch requests.', INERT),
  setting(
    'inter.broker.listener.name',
    'string',
    null,
    'Listener for other brokers; there are none, it only must be one of listeners.',
  ),
  setting('kafka.metrics.polling.interval.secs', 'int', 10, 'Seconds between polls of Java metrics reporters.', {
    min: 1,
    inert: true,
  }),
  setting('kafka.metrics.reporters', 'list', '', 'Java classes that report metrics.', INERT),
  setting(
    'leader.imbalance.check.interval.seconds',
    'long',
    300,
    'Seconds between checks for leadership that should move.',
    { min: 1, inert: true },
  ),
  setting(
    'listener.security.protocol.map',
    'string',
    'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    'Security protocol of each listener name, NAME:PROTOCOL: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.',
    PER_BROKER_AT_START,
  ),
  setting(
    'listeners',
    'list',
    'PLAINTEXT://127.0.0.1:9092',
    'Where to listen: NAME://host:port, separated by commas. An empty host is every address, port 0 a free one. Those that controller.listener.names names answer for the controller.',
    { nonEmpty: true, update: 'per-broker', atStart: true },
  ),
  setting(
    'max.connection.creation.rate',
    'int',
    2147483647,
    'New connections a second, on all listeners, or on one as `listener.name.NAME.max.connection.creation.rate`; more wait, unread.',
    { min: 0, update: 'cluster-wide' },
  ),
  setting(
    'max.connections',
    'int',
    2147483647,
    'Open connections at most, of all listeners, or of one as `listener.name.NAME.max.connections`; more wait, unread, until another ends.',
    { min: 0, update: 'cluster-wide' },
  ),
  setting(
    'max.connections.per.ip',
    'int',
    2147483647,
    'Open connections from one address at most; more are closed at once.',
    {
      min: 0,
      update: 'cluster-wide',
    },
  ),
  setting(
    'max.connections.per.ip.overrides',
    'string',
    '',
    'Other numbers for some addresses and hosts: address:count, separated by commas.',
    { check: connectionOverrides, update: 'cluster-wide' },
  ),
  setting(
    'max.decompressed.message.bytes',
    'int',
    134217728,
    "Bytes that a record of a compressed batch may have; the batch as a whole may have as many, and 128 MiB in any case. 128 MiB here, so that a small request cannot take much memory; Kafka's own default is 2147483639.",
    { min: 1, max: 2147483639, update: 'cluster-wide' },
  ),
  setting('max.incremental.fetch.session.cache.slots', 'int', 1000, 'Fetch sessions kept at once.', { min: 0 }),
  setting(
    'max.request.partition.size.limit',
    'int',
    2000,
    'Partitions that one DescribeTopicPartitions response lists at most.',
    { min: 1 },
  ),
  setting('message.max.bytes', 'int', 1048588, 'Largest record batch accepted, in bytes, as it came over the wire.', {
    min: 0,
    update: 'cluster-wide',
  }),
  setting(
    'metric.reporters',
    'list',
    'org.apache.kafka.common.metrics.JmxReporter',
    'Java classes that report metrics.',
    INERT_CLUSTER_WIDE,
  ),
  setting('metrics.num.samples', 'int', 2, 'Samples that Java metrics are computed from.', { min: 1, inert: true }),
  setting('metrics.recording.level', 'string', 'INFO', 'Level of detail of Java metrics.', INERT),
  setting('metrics.sample.window.ms', 'long', 30000, 'Window in ms of a sample of Java metrics.', {
    min: 1,
    inert: true,
  }),
  setting(
    'min.insync.replicas',
    'int',
    1,
    'Replicas that must have a write with acks=all, but never more than there are: one.',
    { min: 1, update: 'cluster-wide' },
  ),
  setting('node.id', 'int', 1, 'Number of this broker, as clients see it.', { min: 0, required: true }),
  setting('num.io.threads', 'int', 8, 'Threads that serve requests.', { min: 1, update: 'cluster-wide', inert: true }),
  setting('num.network.threads', 'int', 3, 'Threads that serve connections.', {
    min: 1,
    update: 'cluster-wide',
    inert: true,
  }),
  setting('num.partitions', 'int', 1, 'Partitions of a topic that is created without a number.', { min: 1 }),
  setting('process.roles', 'list', null, 'Roles of a Kafka node; this process is broker and controller in any case.', {
    nonEmpty: true,
    values: ['broker', 'controller'],
  }),
  setting(
    'producer.purgatory.purge.interval.requests',
    'int',
    1000,
    'Housekeeping of waiting Produce requests.',
    INERT,
  ),
  setting('queued.max.request.bytes', 'long', -1, 'Bytes of requests that wait for a thread.', INERT),
  setting('queued.max.requests', 'int', 500, 'Requests that wait for a thread.', { min: 1, inert: true }),
  setting('request.timeout.ms', 'int', 30000, 'Time in ms that requests between brokers may take.', INERT),
  setting(
    'security.inter.broker.protocol',
    'string',
    'PLAINTEXT',
    'Security protocol between brokers; there are no others.',
    { values: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] },
  ),
  setting('server.max.startup.time.ms', 'long', LONG_MAX, 'Time in ms that a start may take.', {
    min: 0,
    inert: true,
    internal: true,
  }),
  setting(
    'share.fetch.purgatory.purge.interval.requests',
    'int',
    1000,
    'Housekeeping of waiting ShareFetch requests.',
    INERT,
  ),
  setting(
    'socket.listen.backlog.size',
    'int',
    50,
    'Connections that may wait to be served, in the system and at max.connections; at least 511.',
    { min: 1 },
  ),
  setting('socket.receive.buffer.bytes', 'int', 102400, 'Receive buffer of a socket; left to the system.', INERT),
  setting(
    'socket.request.max.bytes',
    'int',
    104857600,
    'Largest request accepted, in bytes; a larger one closes its connection.',
    { min: 1 },
  ),
  setting('socket.send.buffer.bytes', 'int', 102400, 'Send buffer of a socket; left to the system.', INERT),
  setting(
    'telemetry.max.bytes',
    'int',
    1048576,
    'Largest report of client metrics, in bytes, compressed and expanded.',
    {
      min: 1,
    },
  ),
  setting(
    'unclean.leader.election.enable',
    'boolean',
    false,
    'Lets a replica lead that lacks acknowledged records.',
    INERT_CLUSTER_WIDE,
  ),
  setting('unclean.leader.election.interval.ms', 'long', 300000, 'Time in ms between such elections.', {
    min: 1,
    inert: true,
    internal: true,
  }),
  setting(
    'unstable.api.versions.enable',
    'boolean',
    false,
    'Serves versions of APIs that are not final: InitProducerId 6.',
    { internal: true },
  ),
  setting(
    'unstable.feature.versions.enable',
    'boolean',
    false,
    'Permits levels of features that are not final; none are here.',
    { inert: true, internal: true },
  ),
];
