/**
 * Kafka's command-line tools with their common options, each against Walka and against Apache Kafka 4.4.0 beside it: the
 * same exit code and the same output, but for ids, times, addresses and the words of errors.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { test, type TestContext } from 'node:test';
import { BrokerProcess, cacheDir, conformanceTarget } from '../support/broker-process.ts';
import { missing } from './client-suite.ts';
import { ToolServer, TOOLS_NEEDS } from './java-program.ts';

const TOOLS = 'org.apache.kafka.tools';
const TOPICS = `${TOOLS}.TopicCommand`;
const CONFIGS = 'kafka.admin.ConfigCommand';
const FEATURES = `${TOOLS}.FeatureCommand`;
const QUORUM = `${TOOLS}.MetadataQuorumCommand`;
const CLIENT_METRICS = `${TOOLS}.ClientMetricsCommand`;
const LOG_DIRS = `${TOOLS}.LogDirsCommand`;
const ELECTION = `${TOOLS}.LeaderElectionCommand`;
const CLUSTER = `${TOOLS}.ClusterTool`;
const API_VERSIONS = `${TOOLS}.BrokerApiVersionsCommand`;
const OFFSETS = `${TOOLS}.GetOffsetShell`;
const DELETE_RECORDS = `${TOOLS}.DeleteRecordsCommand`;
const ACLS = `${TOOLS}.AclCommand`;
const TOKENS = `${TOOLS}.DelegationTokenCommand`;
const GROUPS = `${TOOLS}.GroupsCommand`;
const TRANSACTIONS = `${TOOLS}.TransactionsCommand`;
const REASSIGN = `${TOOLS}.reassign.ReassignPartitionsCommand`;
const CONSUMER_GROUPS = `${TOOLS}.consumer.group.ConsumerGroupCommand`;
const SHARE_GROUPS = `${TOOLS}.consumer.group.ShareGroupCommand`;
const STREAMS_GROUPS = `${TOOLS}.streams.StreamsGroupCommand`;

/** The tool, what it is called with (`FILE` stands for a file of that content), and what is not compared. */
interface Call {
  readonly name: string;
  readonly args: string;
  readonly file?: unknown;
  /** What it replaces by nothing in both outputs. */
  readonly without?: RegExp;
  readonly input?: string;
  /** The controller's listener is asked, by `--bootstrap-controller`. */
  readonly ofController?: true;
}

function call(name: string, args: string, more: Omit<Call, 'name' | 'args'> = {}): Call {
  return { name, args, ...more };
}

const REASSIGNMENT = { version: 1, partitions: [{ topic: 'tools', partition: 0, replicas: [1] }] };
/** With eligible leader replicas Kafka sets this for the cluster. */
const ELIGIBLE_REPLICAS = /min\.insync\.replicas=1,/g;
const METADATA_FEATURE = /^Feature: (metadata\.version|eligible\.leader\.replicas\.version|group\.version).*$/gm;

const CALLS: readonly Call[] = [
  call(TOPICS, '--create --topic tools --partitions 2 --config retention.ms=86400000'),
  call(TOPICS, '--create --topic tools'),
  call(TOPICS, '--describe --topic tools', { without: ELIGIBLE_REPLICAS }),
  call(TOPICS, '--alter --topic tools --partitions 3'),
  // What is written next goes by the number of partitions that Kafka shows.
  call(TOPICS, '--describe --topic tools', { without: ELIGIBLE_REPLICAS }),
  call(TOPICS, '--list --exclude-internal'),
  call(TOPICS, '--describe --under-replicated-partitions'),
  // It ends without closing its producer, which would keep what it was given for a second.
  call(
    `${TOOLS}.ConsoleProducer`,
    '--sync --timeout 10 --topic tools --property parse.key=true --property key.separator=:',
    {
      input: 'k:one\nk:two\nl:three\n',
    },
  ),
  call(OFFSETS, '--topic tools'),
  call(OFFSETS, '--topic-partitions tools:1 --time latest'),
  call(OFFSETS, '--topic tools --time earliest'),
  call(OFFSETS, '--topic none'),
  call(DELETE_RECORDS, '--offset-json-file FILE', {
    file: { version: 1, partitions: [{ topic: 'tools', partition: 0, offset: 0 }] },
  }),
  call(FEATURES, 'describe', { without: /Epoch: \d+/g }),
  call(FEATURES, 'upgrade --feature transaction.version=2'),
  call(FEATURES, 'upgrade --feature no.such.feature=2'),
  call(FEATURES, 'downgrade --feature transaction.version=7'),
  call(FEATURES, 'disable --feature no.such.feature --dry-run'),
  call(FEATURES, 'version-mapping --release-version 4.0-IV3', { without: METADATA_FEATURE }),
  call(QUORUM, 'describe --status', { without: /(?<=HighWatermark:|LeaderEpoch:)\s+\d+|"endpoints": \[[^\]]*\]/g }),
  call(QUORUM, 'describe --replication', { without: /(?<=^1\s+\S+\s+)\d+(\s+\d+){3}|LogEndOffset.*/gm }),
  call(QUORUM, 'describe --replication --human-readable', {
    without: /(?<=^1\s+\S+\s+)\d+.*(?=Leader)|LogEndOffset.*/gm,
  }),
  call(QUORUM, 'remove-controller --controller-id 7 --controller-directory-id AAAAAAAAAAAAAAAAAAAAAQ'),
  call(CLIENT_METRICS, '--alter --name all --metrics org.apache.kafka.a --interval 10000 --match client_id=a.*'),
  call(CLIENT_METRICS, '--describe --name all'),
  call(CLIENT_METRICS, '--describe'),
  call(CLIENT_METRICS, '--list'),
  call(CLIENT_METRICS, '--alter --name all --interval 1'),
  call(CLIENT_METRICS, '--alter --name all --match other=a'),
  call(CLIENT_METRICS, '--alter --generate-name --metrics x', { without: /for \S+ to/g }),
  call(CLIENT_METRICS, '--delete --name all'),
  call(CLIENT_METRICS, '--delete --name none'),
  call(LOG_DIRS, '--describe --topic-list tools', { without: /"(size|logDir)":("[^"]*"|\d+)/g }),
  call(LOG_DIRS, '--describe --broker-list 7'),
  call(ELECTION, '--election-type preferred --topic tools --partition 0'),
  call(ELECTION, '--election-type preferred --all-topic-partitions'),
  call(ELECTION, '--election-type unclean --topic tools --partition 9'),
  call(REASSIGN, '--generate --broker-list 1 --topics-to-move-json-file FILE', {
    file: { version: 1, topics: [{ topic: 'tools' }] },
  }),
  call(REASSIGN, '--execute --reassignment-json-file FILE', { file: REASSIGNMENT }),
  call(REASSIGN, '--verify --reassignment-json-file FILE', { file: REASSIGNMENT }),
  call(REASSIGN, '--execute --reassignment-json-file FILE', {
    file: { version: 1, partitions: [{ topic: 'tools', partition: 0, replicas: [7] }] },
  }),
  call(REASSIGN, '--list'),
  call(CONFIGS, '--alter --entity-type topics --entity-name tools --add-config max.message.bytes=2000000'),
  call(CONFIGS, '--describe --entity-type topics --entity-name tools'),
  call(CONFIGS, '--alter --entity-type topics --entity-name tools --delete-config max.message.bytes'),
  call(CONFIGS, '--alter --entity-type topics --entity-name tools --add-config no.such=1'),
  call(CONFIGS, '--alter --entity-type brokers --entity-name 1 --add-config log.cleaner.threads=2'),
  call(CONFIGS, '--describe --entity-type brokers --entity-name 1'),
  call(CONFIGS, '--alter --entity-type brokers --entity-default --add-config log.retention.ms=100000000'),
  call(CONFIGS, '--describe --entity-type brokers --entity-default', { without: /.*min\.insync\.replicas.*/g }),
  call(CONFIGS, '--alter --entity-type brokers --entity-default --delete-config log.retention.ms'),
  call(CONFIGS, '--alter --entity-type broker-loggers --entity-name 1 --add-config root=WARN'),
  call(CONFIGS, '--alter --entity-type broker-loggers --entity-name 1 --add-config none=WARN'),
  call(CONFIGS, '--alter --entity-type groups --entity-name g --add-config consumer.session.timeout.ms=50000'),
  call(CONFIGS, '--describe --entity-type groups --entity-name g'),
  call(CONFIGS, '--describe --entity-type groups'),
  call(CONFIGS, '--alter --entity-type groups --entity-name g --delete-config consumer.session.timeout.ms'),
  call(CONFIGS, '--alter --entity-type client-metrics --entity-name m --add-config metrics=[a,b],interval.ms=1000'),
  call(CONFIGS, '--describe --entity-type client-metrics --entity-name m'),
  call(CONFIGS, '--alter --entity-type client-metrics --entity-name m --delete-config metrics,interval.ms'),
  call(
    CONFIGS,
    '--alter --entity-type users --entity-name u --add-config producer_byte_rate=1000000,request_percentage=200',
  ),
  call(CONFIGS, '--alter --entity-type users --entity-name u --add-config SCRAM-SHA-256=[iterations=4096,password=p]'),
  call(CONFIGS, '--describe --entity-type users --entity-name u'),
  call(CONFIGS, '--describe --entity-type users'),
  call(CONFIGS, '--alter --entity-type users --entity-name u --delete-config producer_byte_rate,request_percentage'),
  call(CONFIGS, '--alter --entity-type users --entity-name u --delete-config SCRAM-SHA-256'),
  call(CONFIGS, '--alter --entity-type clients --entity-default --add-config consumer_byte_rate=100000000'),
  call(CONFIGS, '--describe --entity-type clients'),
  call(CONFIGS, '--alter --entity-type clients --entity-default --delete-config consumer_byte_rate'),
  call(CONFIGS, '--alter --entity-type ips --entity-name 10.1.1.1 --add-config connection_creation_rate=100'),
  call(CONFIGS, '--describe --entity-type ips'),
  call(CONFIGS, '--alter --entity-type ips --entity-name 10.1.1.1 --delete-config connection_creation_rate'),
  call(CLUSTER, 'cluster-id'),
  call(CLUSTER, 'list-endpoints'),
  call(CLUSTER, 'unregister --id 77'),
  call(API_VERSIONS, '', { without: /.*id: 1 rack.*/g }),
  call(ACLS, '--list'),
  call(ACLS, '--add --allow-principal User:a --operation Read --topic tools'),
  call(TOKENS, '--create --max-life-time-period -1'),
  call(GROUPS, '--list'),
  call(GROUPS, '--list --group-type consumer'),
  call(TRANSACTIONS, 'list'),
  call(TRANSACTIONS, 'find-hanging --broker-id 1'),
  call(TRANSACTIONS, 'describe --transactional-id none'),
  call(TRANSACTIONS, 'describe-producers --topic tools --partition 0'),
  call(CONSUMER_GROUPS, '--list'),
  call(CONSUMER_GROUPS, '--list --state --type'),
  call(CONSUMER_GROUPS, '--describe --group none'),
  call(CONSUMER_GROUPS, '--describe --all-groups'),
  call(CONSUMER_GROUPS, '--reset-offsets --group made --topic tools --to-earliest --execute'),
  call(CONSUMER_GROUPS, '--reset-offsets --group made --topic tools --shift-by 1 --dry-run'),
  call(CONSUMER_GROUPS, '--describe --group made'),
  call(CONSUMER_GROUPS, '--describe --group made --state'),
  call(CONSUMER_GROUPS, '--describe --group made --members'),
  call(CONSUMER_GROUPS, '--delete-offsets --group made --topic tools:1'),
  call(CONSUMER_GROUPS, '--delete --group made'),
  call(CONSUMER_GROUPS, '--delete --group none'),
  call(SHARE_GROUPS, '--list'),
  call(SHARE_GROUPS, '--describe --group none'),
  call(SHARE_GROUPS, '--delete --group none'),
  call(STREAMS_GROUPS, '--list'),
  call(STREAMS_GROUPS, '--describe --group none'),
  call(TOPICS, '--delete --topic tools'),
  call(TOPICS, '--list --exclude-internal'),
  call(TOPICS, '--delete --topic tools'),
];

/** What is asked of the controller; what tools have no option for, or controllers no API, ends with the same words. */
const CONTROLLER_CALLS: readonly Call[] = [
  ...CALLS.filter(({ name }) => [FEATURES, QUORUM].includes(name)),
  call(CONFIGS, '--alter --entity-type brokers --entity-name 1 --add-config log.cleaner.threads=2'),
  call(CONFIGS, '--describe --entity-type brokers --entity-name 1'),
  call(CONFIGS, '--alter --entity-type brokers --entity-name 1 --delete-config log.cleaner.threads'),
  call(CONFIGS, '--alter --entity-type brokers --entity-default --add-config log.retention.ms=100000000'),
  call(CONFIGS, '--describe --entity-type brokers --entity-default', { without: /.*min\.insync\.replicas.*/g }),
  call(CONFIGS, '--alter --entity-type brokers --entity-default --delete-config log.retention.ms'),
  call(CONFIGS, '--describe --entity-type brokers', { without: /.*min\.insync\.replicas.*/g }),
  call(CONFIGS, '--describe --entity-type brokers --entity-name 2'),
  call(CONFIGS, '--alter --entity-type broker-loggers --entity-name 1 --add-config root=WARN'),
  call(CONFIGS, '--alter --entity-type topics --entity-name tools --add-config max.message.bytes=2000000'),
  call(CONFIGS, '--describe --entity-type users --entity-name u'),
  call(CONFIGS, '--alter --entity-type groups --entity-name g --add-config consumer.session.timeout.ms=50000'),
  call(CONFIGS, '--alter --entity-type groups --entity-name g --delete-config consumer.session.timeout.ms'),
  call(CONFIGS, '--describe --entity-type groups --entity-name g'),
  call(CONFIGS, '--alter --entity-type client-metrics --entity-name m --add-config metrics=[a,b],interval.ms=1000'),
  call(CONFIGS, '--alter --entity-type client-metrics --entity-name m --delete-config metrics,interval.ms'),
  call(CLUSTER, 'cluster-id'),
  call(CLUSTER, 'list-endpoints'),
  call(CLUSTER, 'list-endpoints --include-fenced-brokers'),
  call(CLUSTER, 'unregister --id 77'),
  call(ACLS, '--list'),
  call(ACLS, '--add --allow-principal User:a --operation Read --topic tools'),
  call(API_VERSIONS, '', { without: /.*id: 1 rack.*/g }),
  call(TOPICS, '--list'),
].map((one) => ({ ...one, ofController: true }));

/** Option that each takes the broker by; the others take `--bootstrap-server` at the end. */
const OPTION_FIRST: ReadonlySet<string> = new Set([FEATURES, QUORUM, TRANSACTIONS]);

const ADDRESS = /(localhost|127\.0\.0\.1)[:\s]+\d+/g;
const DIRECTORY = /\/[^"\s]*\/walka-broker-\w+/g;
const UUID = /\b[A-Za-z0-9_-]{22}\b/g;
const TIME = /\b1[78]\d{11}\b/g;
/** Calls that change nothing, and how long more of them are made while the brokers differ. */
const ONLY_LOOKS = /(^|--)(describe|list|verify)\b/;
const LOOKS_LIMIT_MS = 30_000;
/** Lines of a stack trace, of the log, and blank ones. */
const NOISE = /^(\s+at |\s+\.\.\. \d+ more|\[?\d{4}-\d\d-\d\d|\s*$|SLF4J|WARNING)/;
/** Of an error its class counts: the words are each broker's own. */
const ERROR = /\b(?:[a-z]+\.)+([A-Z]\w+(?:Exception|Error))\b/;

function comparable(output: string, { without }: Call): string[] {
  const masked = (without === undefined ? output : output.replace(without, ''))
    .replace(ADDRESS, 'ADDRESS')
    .replace(DIRECTORY, 'DIRECTORY')
    .replace(UUID, 'ID')
    .replace(TIME, 'TIME');
  const lines = masked.split('\n').filter((line) => !NOISE.test(line));
  const words = lines.map((line) => ERROR.exec(line)?.[1] ?? line.trimEnd().replaceAll(/\s+/g, ' '));
  // An error says its text once more in a line of its own.
  const isFailed = words.some((line) => /(Exception|Error)$/.test(line));
  return isFailed ? [...new Set(words.filter((line) => /(Exception|Error)$/.test(line)))].sort() : words.sort();
}

async function outcome(broker: BrokerProcess, tools: ToolServer, one: Call, index: number) {
  const file = join(broker.directory, `call-${index}.json`);
  if (one.file !== undefined) writeFileSync(file, JSON.stringify(one.file));
  const args = one.args.split(' ').filter((arg) => arg !== '');
  const named = args.map((arg) => (arg === 'FILE' ? file : arg));
  const to = one.ofController
    ? ['--bootstrap-controller', broker.controllerBootstrap]
    : ['--bootstrap-server', broker.bootstrap];
  const all = OPTION_FIRST.has(one.name) ? [...to, ...named] : [...named, ...to];
  const { code, output } = await tools.run(one.name, all, one.input);
  return { code, lines: comparable(output, one) };
}

const skip = missing(TOOLS_NEEDS) || missing({ files: [join(cacheDir, 'kafka')], component: 'kafka' });
const only = process.env['WALKA_TOOLS_ONLY'];

test("Kafka's command-line tools print of Walka what they print of Kafka", {
  skip,
  timeout: 1_800_000,
}, async (t: TestContext) => {
  await using kafka = await BrokerProcess.start({ target: 'kafka', controllerProtocol: 'PLAINTEXT' });
  // What Kafka 4.4 serves, and no older versions.
  const settings = conformanceTarget === 'kafka' ? {} : { 'walka.min.client.version': '2.1' };
  await using walka = await BrokerProcess.start({
    target: conformanceTarget,
    settings,
    controllerProtocol: 'PLAINTEXT',
  });
  await using toKafka = new ToolServer();
  await using toWalka = new ToolServer();
  for (const [index, one] of [...CALLS, ...CONTROLLER_CALLS].entries()) {
    const label = `${one.name.split('.').at(-1)} ${one.args}${one.ofController ? ' of the controller' : ''}`;
    if (only !== undefined && !new RegExp(only).test(label)) continue;
    await t.test(label, async () => {
      const both = (): Promise<unknown[]> =>
        Promise.all([outcome(walka, toWalka, one, index), outcome(kafka, toKafka, one, index)]);
      let [ours, theirs] = await both();
      // What Kafka has changed it may show a little later.
      const deadline = ONLY_LOOKS.test(one.args) ? performance.now() + LOOKS_LIMIT_MS : 0;
      while (!isDeepStrictEqual(ours, theirs) && performance.now() < deadline) [ours, theirs] = await both();
      assert.deepEqual(ours, theirs);
    });
  }
});
