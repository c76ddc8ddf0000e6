/**
 * Clients of Kafka 0.9 to 2.0 against the broker, and records from them to clients of today and back; see scenarios.md.
 * Apache Kafka 4.4 does not serve them any more.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { CompressionTypes, Kafka, logLevel, type Message } from 'kafkajs';
import { BrokerProcess, cacheDir, conformanceTarget } from '../support/broker-process.ts';
import { KCAT, SARAMA } from './client-programs.ts';
import { type ClientProgram, missing, testOldClient } from './client-suite.ts';
import { eventually } from './node/scenario-runner.ts';
import { RUN_SCENARIOS, type Scenario } from './scenarios.ts';

/** Topics come from auto-creation. */
const settings = { 'num.partitions': '4', 'message.max.bytes': '4194304' };
const JAVA_RELEASES = ['0.9.0.1', '0.10.0.1', '0.10.2.2', '1.0.2', '2.0.1'];

function javaClient(release: string): ClientProgram & { readonly needs: NonNullable<ClientProgram['needs']> } {
  const folder = join(cacheDir, 'old', release);
  const lacks: readonly [first: string, scenario: Scenario][] = [
    ['0.10.1', 'seek-by-time'],
    ['0.11', 'idempotent-produce'],
  ];
  const isOlder = (first: string): boolean => release.localeCompare(first, 'en', { numeric: true }) < 0;
  return {
    name: `kafka-clients ${release} (Java)`,
    command: 'java',
    args: [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-cp',
      `${folder}/classes:${folder}/libs/*`,
    ].concat('OldClientScenarios'),
    needs: { files: [join(folder, 'classes/OldClientScenarios.class')], component: 'old' },
    settings,
    unsupported: [
      'create-topics',
      'describe-and-delete',
      'compression-zstd',
      ...lacks.filter(([first]) => isOlder(first)).map(([, scenario]) => scenario),
    ],
  };
}

/** All scenarios but these. */
function without(...scenarios: readonly Scenario[]): readonly Scenario[] {
  return RUN_SCENARIOS.filter((scenario) => !scenarios.includes(scenario));
}

/** librdkafka that does not ask for versions, and takes the broker for one of this release. */
function kcatAs(release: string): ClientProgram {
  const flags = `-X api.version.request=false -X broker.version.fallback=${release}`;
  return { ...KCAT, name: `kcat as of ${release}`, environment: { WALKA_KCAT_FLAGS: flags } };
}

function saramaAs(release: string): ClientProgram {
  return { ...SARAMA, name: `sarama as of ${release}`, environment: { WALKA_SARAMA_RELEASE: release } };
}

if (conformanceTarget !== 'kafka') {
  for (const release of JAVA_RELEASES) testOldClient(javaClient(release), RUN_SCENARIOS);
  const noAdmin = ['create-topics', 'describe-and-delete'] as const;
  const ofOldFormats = ['keyed-and-headed-records', 'compression-zstd', 'idempotent-produce'] as const;
  for (const release of ['0.9.0.1', '0.10.0.1']) {
    testOldClient(kcatAs(release), without(...noAdmin, ...ofOldFormats, 'seek-by-time'));
  }
  testOldClient(saramaAs('0.10.2.0'), without(...ofOldFormats, 'describe-and-delete'));
  testOldClient(saramaAs('1.0.0'), without('compression-zstd', 'describe-and-delete'));
  testOldClient(saramaAs('2.0.0'), without('compression-zstd'));
  for (const release of JAVA_RELEASES) testExchange(javaClient(release));
}

/** Runs the program once; gives what it prints. */
async function run({ command, args }: ClientProgram, bootstrap: string, phase: string, topic: string): Promise<string> {
  const child = spawn(command, [...args, bootstrap, phase, topic], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  return output;
}

function message(value: string): Message & { partition: number } {
  return { key: `key-${value}`, value, partition: 0, headers: { header: 'of today' } };
}

/** Records of a client of today: in transactions, one of them aborted, and compressed. */
async function produceToday(kafka: Kafka, topic: string): Promise<void> {
  const producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  for (const end of ['commit', 'abort'] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [message(`${end} 1`), message(`${end} 2`)] });
    await transaction[end]();
  }
  await producer.disconnect();
  const plain = kafka.producer();
  await plain.connect();
  await plain.send({ topic, compression: CompressionTypes.GZIP, messages: [message('gzip 1'), message('gzip 2')] });
  await plain.send({ topic, messages: [message('end')] });
  await plain.disconnect();
}

async function consumeToday(kafka: Kafka, topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: topic });
  const seen: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message: { offset, key, value } }) =>
      void seen.push(`${offset} ${String(key)} ${String(value)}`),
  });
  await eventually(`${count} records`, () => (seen.length >= count ? true : undefined));
  await consumer.disconnect();
  return seen;
}

function testExchange(client: ReturnType<typeof javaClient>): void {
  const skip = missing(client.needs);
  test(`records go from ${client.name} to a client of today, and back`, { skip, timeout: 300_000 }, async () => {
    await using broker = await BrokerProcess.start({ settings });
    const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: ['from-old', 'from-today'].map((topic) => ({ topic, numPartitions: 1 })) });
    await admin.disconnect();

    assert.match(await run(client, broker.bootstrap, 'produce', 'from-old'), /"ok":true/);
    const expected = Array.from({ length: 50 }, (_, i) => `${i} key-${i} ${i}`);
    assert.deepEqual(await consumeToday(kafka, 'from-old', 50), expected);

    await produceToday(kafka, 'from-today');
    const output = await run(client, broker.bootstrap, 'consume', 'from-today');
    const line = output.split('\n').find((text) => text.startsWith('{"records"')) ?? assert.fail(output);
    // Offsets 2 and 5 are markers; a client that reads all sees what was aborted, too.
    assert.deepEqual((JSON.parse(line) as { records: string[] }).records, [
      '0 key-commit 1 commit 1',
      '1 key-commit 2 commit 2',
      '3 key-abort 1 abort 1',
      '4 key-abort 2 abort 2',
      '6 key-gzip 1 gzip 1',
      '7 key-gzip 2 gzip 2',
      '8 key-end end',
    ]);
  });
}
