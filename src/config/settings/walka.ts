/** Settings that Kafka does not have. */
import { setting, type Setting } from '../setting.ts';

const MIB = 1024 * 1024;

export const WALKA_SETTINGS: readonly Setting[] = [
  setting(
    'walka.advertised.host',
    'string',
    null,
    'Host that clients are told to connect to where advertised.listeners names no address of their listener, they come ' +
      "from outside of this machine's networks, and this is set: what reaches a container by a published port. All " +
      "others are told the address that they connected to. Walka's image sets it to localhost.",
    { nonEmpty: true },
  ),
  setting(
    'walka.min.client.version',
    'string',
    '0.8',
    'Kafka release of the oldest clients that are served, as in 0.10 or 2.1. Versions of the protocol that none of them ' +
      'needs any more are refused; 2.1 leaves what Kafka 4 serves. Message formats before v2, for which every fetch is ' +
      'converted, are served to clients before 0.11.',
    { check: (value) => (/^\d+(\.\d+){0,3}$/.test(value) ? null : 'Must be a release, as in 0.10 or 2.1') },
  ),
  setting(
    'walka.durability',
    'string',
    'os',
    'When a write is acknowledged: memory (kept in memory only, nothing on disk), os (handed to the operating system, ' +
      'synced to the device in the background) or fsync (on the device). A topic can ask for more with flush.messages=1.',
    { values: ['memory', 'os', 'fsync'] },
  ),
  setting(
    'walka.flush.interval.ms',
    'int',
    10,
    'With os durability, the longest time in ms that acknowledged data waits for its sync to the device.',
    { min: 1, max: 60_000 },
  ),
  setting(
    'walka.memory.max.bytes',
    'long',
    512 * MIB,
    'With memory durability, bytes of record data kept; beyond that the oldest data goes.',
    { min: 8 * MIB },
  ),
  setting(
    'walka.journal.file.bytes',
    'int',
    128 * MIB,
    'Size in bytes at which a journal file is sealed and the next one begins, and that segments have at most, about.',
    { min: MIB, max: 1024 * MIB },
  ),
  setting(
    'walka.journal.file.ms',
    'long',
    21_600_000,
    'Age in ms at which a journal file that holds data is sealed, so that retention can drop it.',
    { min: 1000 },
  ),
  setting(
    'walka.compression.level',
    'int',
    3,
    'Level of zstd, 1 to 22, for record batches that their producers left uncompressed, once they are moved from the ' +
      'journal into segments; 0: none. Where it saves less than a tenth, they stay as they are. Clients get what was ' +
      'produced. A higher level takes less disk and much more CPU; while conversion falls behind, a lower one is used.',
    { min: 0, max: 22 },
  ),
  setting(
    'walka.convert.bytes.per.second',
    'long',
    100 * MIB,
    'Bytes that conversion of journal files into segments reads and writes a second, together; 0: as many as one thread ' +
      'can. More than twice what is produced keeps up; less leaves more of the disk to clients. When conversion falls far ' +
      'behind, more is used than this.',
    { min: 0 },
  ),
  setting(
    'walka.cache.bytes',
    'long',
    24 * MIB,
    'Bytes of the newest records kept in memory for consumers that keep up, shared by all partitions.',
    { min: MIB },
  ),
  setting(
    'walka.index.cache.bytes',
    'long',
    32 * MIB,
    'Bytes of run indexes of sealed journal files kept in memory; 256 more for each partition in use beyond 100,000.',
    { min: MIB },
  ),
  setting(
    'walka.receive.buffer.bytes',
    'long',
    64 * MIB,
    'Budget in bytes for requests being received, records on their way to the journal and those of them that the cache ' +
      'keeps; beyond it, what gives way is the cache, then requests that have stalled, and then large requests wait.',
    { min: 8 * MIB },
  ),
  setting(
    'walka.max.concurrent.writes',
    'int',
    1024,
    'Produce requests that may wait for their commit at once; beyond that, connections that produce are not read.',
    { min: 1 },
  ),
  setting(
    'walka.connection.unsent.bytes',
    'int',
    2 * MIB,
    'Bytes of responses that one connection may hold unsent; what lies in files is read as the socket drains.',
    { min: 64 * 1024 },
  ),
  setting(
    'walka.gather.us',
    'int',
    500,
    'While thousands of small requests a second come, the microseconds for which the event loop lets more of them gather ' +
      'before it serves them together: less CPU for up to that much latency. Clients that wait for each answer are not ' +
      'slowed down. 0, the default of an embedded broker, serves each at once.',
    { min: 0, max: 10_000 },
  ),
  setting(
    'walka.busy.poll.us',
    'int',
    200,
    'While clients wait for each answer before they send the next of thousands of small requests a second, the ' +
      'microseconds for which the event loop stays awake for the next one: much less latency for up to one busy CPU. It ' +
      'ends where it brings no more requests. 0, the default of an embedded broker, sleeps at once.',
    { min: 0, max: 10_000 },
  ),
  setting(
    'walka.tls.handshake.timeout.ms',
    'int',
    30_000,
    'How long a client may keep a TLS handshake waiting before its connection is closed, in ms.',
    { min: 100, max: 3_600_000, update: 'cluster-wide' },
  ),
  setting(
    'walka.validate.records',
    'string',
    'full',
    'How closely produced batches are looked at: full (every record of every batch is checked, as Apache Kafka does; ' +
      'compressed ones are expanded for that) or header (the header and its checksum, and records only where a rule needs ' +
      'them: less CPU, for those who trust their producers). true and false, of former versions, mean full and header.',
    { values: ['full', 'header'], aliases: { true: 'full', false: 'header' } },
  ),
  setting(
    'walka.audit.denials',
    'string',
    'rated',
    'Lines in the log (not-authorized) of what clients ask for without a right to it: rated, some 20 in 10 s and one that ' +
      'counts the rest; all, one for each.',
    { values: ['rated', 'all'] },
  ),
  setting(
    'walka.scram.users',
    'password',
    null,
    'SCRAM users that are created at start unless they exist, as kafka-storage format --add-scram takes them: ' +
      'SCRAM-SHA-256=[name=alice,password=secret], with semicolons or line ends between several.',
  ),
  setting(
    'walka.metrics.port',
    'int',
    -1,
    'Port for metrics (/metrics) and health (/healthz, /livez, /readyz) over HTTP; 0 takes a free one, -1 serves none.',
    { min: -1, max: 65_535 },
  ),
  setting('walka.metrics.host', 'string', '127.0.0.1', 'Address on which metrics and health are served.', {
    nonEmpty: true,
  }),
  setting(
    'walka.metrics.max.series',
    'int',
    10_000,
    'Time series of one metric by topic, partition or group that are exported at most; the others are counted in ' +
      'walka_metrics_left_out_series. Topics come in the order of their names.',
    { min: 0, update: 'cluster-wide' },
  ),
  setting(
    'walka.otel.export',
    'list',
    '',
    'What is sent by OpenTelemetry: metrics, traces, or both; nothing by default. Where to and how is up to the standard ' +
      'OTEL_* variables of the environment (docs/monitoring.md); its packages are to be installed beside Walka. A program ' +
      'around an embedded broker that has an SDK of its own gets them there.',
    { values: ['metrics', 'traces'] },
  ),
  setting('walka.log.level', 'string', 'info', 'Least level of log lines that are written.', {
    values: ['debug', 'info', 'warn', 'error', 'silent'],
  }),
  setting(
    'walka.log.format',
    'string',
    'auto',
    'How log lines are written: json (one object a line), text (for people), or auto: text where standard output is a ' +
      'terminal, json elsewhere.',
    { values: ['auto', 'text', 'json'] },
  ),
];
