/**
 * Records test/golden/frames: what real clients and Apache Kafka 4.4.0 say to each other. Not a test; run it by hand
 * after `test/conformance/install.sh`, when there is a new client or a new Kafka.
 *
 * And what the coordinators of that Kafka then have in their topics: test/golden/coordinator-records.hex.
 *
 * One file per API; each line is `version request|response hex`, without the length of the frame. Per version and
 * direction it keeps the first frame and the largest up to a limit.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiInfo, apiName } from '../../protocol/apis.ts';
import { kebabCase } from '../../protocol/generator/model.ts';
import { BrokerProcess, cacheDir } from '../support/broker-process.ts';
import { coordinatorRecords } from './coordinator-records.ts';
import type { Exchange } from '../support/recording-proxy.ts';
import { startRecordingProxy } from '../support/recording-proxy.ts';

const PROXY_PORT = 19100;
const MAX_FRAME_BYTES = 1200;
const PROGRAM_LIMIT_MS = 240_000;

const folder = join(import.meta.dirname, 'frames');
const conformance = join(import.meta.dirname, '../conformance');

/** Frames kept, by file and then by version and direction. */
const kept = new Map<string, Map<string, Buffer[]>>();

function keep(file: string, key: string, frame: Buffer | undefined): void {
  if (frame === undefined || frame.length > MAX_FRAME_BYTES) return;
  const keys = kept.get(file) ?? new Map<string, Buffer[]>();
  kept.set(file, keys);
  const [first, largest] = keys.get(key) ?? [];
  if (first === undefined) keys.set(key, [frame]);
  else if (frame.length > (largest ?? first).length) keys.set(key, [first, frame]);
}

function onExchange({ apiKey, apiVersion, request, response }: Exchange): void {
  if (!apiInfo.has(apiKey)) return;
  const file = `${kebabCase(apiName(apiKey))}.hex`;
  keep(file, `${apiVersion} request`, request);
  keep(file, `${apiVersion} response`, response);
}

async function run(name: string, command: string, args: readonly string[], input = ''): Promise<void> {
  const environment = { ...process.env, WALKA_CONFLUENT: join(cacheDir, 'confluent') };
  const child = spawn(command, args, { stdio: 'pipe', timeout: PROGRAM_LIMIT_MS, env: environment });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.on('error', (error) => (output += error.message));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  process.stdout.write(`${name}: ${code}${code === 0 ? '' : `\n${output.slice(-600)}`}\n`);
}

async function runClients(bootstrap: string, directory: string): Promise<void> {
  const python = join(cacheDir, 'python/bin/python');
  const java = ['-Xmx256m', '-cp', `${join(cacheDir, 'java/classes')}:${join(cacheDir, 'java/libs')}/*`];
  const programs: ReadonlyArray<readonly [string, string, readonly string[]]> = [
    ['kafkajs', process.execPath, [join(conformance, 'node/kafkajs.ts')]],
    ['platformatic', process.execPath, [join(conformance, 'node/platformatic.ts')]],
    ['kcat', process.execPath, [join(conformance, 'node/kcat.ts')]],
    ['confluent', process.execPath, [join(conformance, 'confluent/client.ts')]],
    ['confluent-python', python, ['-u', join(conformance, 'python/confluent_client.py')]],
    ['kafka-python', python, ['-u', join(conformance, 'python/kafka_python_client.py')]],
    ['aiokafka', python, ['-u', join(conformance, 'python/aiokafka_client.py')]],
    ['franz-go', join(cacheDir, 'go/franz'), []],
    ['sarama', join(cacheDir, 'go/sarama'), []],
    ['segmentio', join(cacheDir, 'go/segmentio'), []],
    ['java', 'java', [...java, 'ClientScenarios']],
  ];
  for (const [name, command, args] of programs) await run(name, command, [...args, bootstrap, 'run', `rec-${name}`]);
  const streams = `${join(cacheDir, 'streams/classes')}:${join(cacheDir, 'streams/libs')}/*`;
  await run('streams', 'java', ['-cp', streams, 'WordCount', bootstrap, 'at_least_once', directory], '\n\n\n');
}

/** Tool calls that use APIs the client scenarios do not. `TO` stands for the bootstrap option. */
const TOOL_CALLS: ReadonlyArray<readonly [args: string, input?: string]> = [
  ['org.apache.kafka.tools.TopicCommand TO --create --topic rec --partitions 2 --config retention.ms=86400000'],
  ['org.apache.kafka.tools.TopicCommand TO --create --topic rec --partitions 2'],
  ['org.apache.kafka.tools.TopicCommand TO --alter --topic rec --partitions 3'],
  ['org.apache.kafka.tools.TopicCommand TO --describe --topic rec'],
  [
    'kafka.admin.ConfigCommand TO --alter --entity-type topics --entity-name rec --add-config max.message.bytes=2000000',
  ],
  ['kafka.admin.ConfigCommand TO --describe --entity-type topics --entity-name rec'],
  [
    'kafka.admin.ConfigCommand TO --alter --add-config producer_byte_rate=1000000 --entity-type clients --entity-name c',
  ],
  ['kafka.admin.ConfigCommand TO --describe --entity-type clients'],
  [
    'kafka.admin.ConfigCommand TO --alter --add-config SCRAM-SHA-256=[iterations=4096,password=x] --entity-type users --entity-name u',
  ],
  ['kafka.admin.ConfigCommand TO --describe --entity-type users --entity-name u'],
  [
    'kafka.admin.ConfigCommand TO --alter --entity-type groups --entity-name g --add-config consumer.session.timeout.ms=50000',
  ],
  [
    'org.apache.kafka.tools.ProducerPerformance TO --topic rec --num-records 50 --record-size 20 --throughput 20 --transactional-id tx --transaction-duration-ms 200',
  ],
  [
    'org.apache.kafka.tools.ProducerPerformance TO --topic rec --num-records 5 --record-size 20 --throughput -1 --command-property acks=0',
  ],
  [
    'org.apache.kafka.tools.consumer.ConsoleConsumer TO --topic rec --from-beginning --max-messages 10 --timeout-ms 20000 --group classic --isolation-level read_committed',
  ],
  [
    'org.apache.kafka.tools.consumer.ConsoleConsumer TO --include rec.* --from-beginning --max-messages 10 --timeout-ms 20000 --group next --consumer-property group.protocol=consumer',
  ],
  [
    'kafka.admin.ConfigCommand TO --alter --entity-type groups --entity-name share --add-config share.auto.offset.reset=earliest',
  ],
  [
    'org.apache.kafka.tools.consumer.ConsoleShareConsumer TO --topic rec --max-messages 10 --timeout-ms 10000 --group share',
  ],
  ['org.apache.kafka.tools.consumer.group.ShareGroupCommand TO --list'],
  ['org.apache.kafka.tools.consumer.group.ShareGroupCommand TO --describe --group share'],
  ['org.apache.kafka.tools.consumer.group.ShareGroupCommand TO --describe --group share --members'],
  [
    'org.apache.kafka.tools.consumer.group.ShareGroupCommand TO --reset-offsets --group share --topic rec --to-earliest --execute',
  ],
  ['org.apache.kafka.tools.consumer.group.ShareGroupCommand TO --delete-offsets --group share --topic rec'],
  ['org.apache.kafka.tools.consumer.group.ConsumerGroupCommand TO --list --state --type'],
  ['org.apache.kafka.tools.consumer.group.ConsumerGroupCommand TO --describe --all-groups --members --verbose'],
  [
    'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand TO --reset-offsets --group classic --topic rec --to-earliest --execute',
  ],
  ['org.apache.kafka.tools.consumer.group.ConsumerGroupCommand TO --delete-offsets --group classic --topic rec:0'],
  ['org.apache.kafka.tools.consumer.group.ConsumerGroupCommand TO --delete --group classic --group missing'],
  ['org.apache.kafka.tools.streams.StreamsGroupCommand TO --list'],
  ['org.apache.kafka.tools.GroupsCommand TO --list'],
  ['org.apache.kafka.tools.GetOffsetShell TO --topic rec --time max-timestamp'],
  ['org.apache.kafka.tools.TransactionsCommand TO list'],
  ['org.apache.kafka.tools.TransactionsCommand TO describe --transactional-id tx'],
  ['org.apache.kafka.tools.TransactionsCommand TO describe-producers --topic rec --partition 0'],
  ['org.apache.kafka.tools.TransactionsCommand TO find-hanging --topic rec --partition 0'],
  ['org.apache.kafka.tools.LogDirsCommand TO --describe --topic-list rec'],
  ['org.apache.kafka.tools.FeatureCommand TO describe'],
  ['org.apache.kafka.tools.FeatureCommand TO upgrade --feature share.version=1 --dry-run'],
  ['org.apache.kafka.tools.LeaderElectionCommand TO --election-type preferred --topic rec --partition 0'],
  ['org.apache.kafka.tools.MetadataQuorumCommand TO describe --status'],
  [
    'org.apache.kafka.tools.ClientMetricsCommand TO --alter --name m --metrics org.apache.kafka.producer. --interval 1000',
  ],
  ['org.apache.kafka.tools.ClientMetricsCommand TO --list'],
  ['org.apache.kafka.tools.ProducerPerformance TO --topic rec --num-records 60 --record-size 20 --throughput 20'],
  ['org.apache.kafka.tools.AclCommand TO --add --allow-principal User:alice --operation Read --topic rec'],
  [
    'org.apache.kafka.tools.AclCommand TO --add --allow-principal User:bob --operation All --topic r --resource-pattern-type prefixed',
  ],
  ['org.apache.kafka.tools.AclCommand TO --list'],
  ['org.apache.kafka.tools.AclCommand TO --remove --force --allow-principal User:alice --operation Read --topic rec'],
  ['org.apache.kafka.tools.reassign.ReassignPartitionsCommand TO --list'],
  ['org.apache.kafka.tools.ClusterTool cluster-id TO'],
  ['org.apache.kafka.tools.ClusterTool unregister --id 7 TO'],
  ['org.apache.kafka.tools.BrokerApiVersionsCommand TO'],
  ['org.apache.kafka.tools.TopicCommand TO --delete --topic rec'],
];

async function runTools(bootstrap: string): Promise<void> {
  const jvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', `${join(cacheDir, 'tools')}/*`];
  for (const [text, input] of TOOL_CALLS) {
    const args = text.split(' ').flatMap((word) => (word === 'TO' ? ['--bootstrap-server', bootstrap] : [word]));
    await run(text.slice(0, 100), 'java', [...jvm, ...args], input);
  }
}

/** Adds what an earlier run recorded, so that a run with fewer clients loses nothing. */
function readFormer(file: string): Map<string, Buffer[]> {
  const former = new Map<string, Buffer[]>();
  let text = '';
  try {
    text = readFileSync(join(folder, file), 'utf8');
  } catch {
    return former; // nothing recorded yet
  }
  for (const line of text.trim().split('\n')) {
    const [version, direction, hex] = line.split(' ');
    const key = `${version} ${direction}`;
    former.set(key, [...(former.get(key) ?? []), Buffer.from(hex ?? '', 'hex')]);
  }
  return former;
}

await using broker = await BrokerProcess.start({
  target: 'kafka',
  settings: {
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${PROXY_PORT}`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    'num.partitions': '4',
    'message.max.bytes': '4194304',
  },
});
await using proxy = await startRecordingProxy(PROXY_PORT, broker.port, onExchange);
const what = process.argv[2] ?? 'all';
if (what !== 'tools') await runClients(`127.0.0.1:${proxy.port}`, broker.directory);
if (what !== 'clients') await runTools(`127.0.0.1:${proxy.port}`);
const records = coordinatorRecords(broker.dataDirectory);
writeFileSync(join(import.meta.dirname, 'coordinator-records.hex'), `${records.join('\n')}\n`);

mkdirSync(folder, { recursive: true });
for (const [file, keys] of kept) {
  const all = new Map([...keys, ...readFormer(file)]);
  const lines = [...all].flatMap(([key, frames]) => frames.map((frame) => `${key} ${frame.toString('hex')}\n`));
  writeFileSync(join(folder, file), lines.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).join(''));
}
