/** Kafka Connect and MirrorMaker 4.3.1 on the broker: files to topics and back, one broker to another, Kafka's to Walka. */
import assert from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { BrokerProcess, conformanceTarget } from '../support/broker-process.ts';
import { claimPort } from '../support/port-claims.ts';
import { WireClient } from '../support/wire-client.ts';
import { walkaAt } from '../cli/in-process.ts';
import { readRecords } from '../jepsen/final-read.ts';
import { missing } from './client-suite.ts';
import { CONNECT, CONNECT_NEEDS, JavaProgram, propertiesFile } from './java-program.ts';
import { eventually, range } from './node/scenario-runner.ts';
import { createTopics, writeValues } from './prepared-topics.ts';
import { kafkaNeeds } from './settings-oracle.ts';

const LIMIT_MS = 240_000;
const LINES = 200;

const options = { skip: missing(CONNECT_NEEDS), timeout: 1_200_000 };

const lines = (from: number, end: number) => range(end - from).map((index) => `line ${from + index}`);
const asText = (all: readonly string[]) => all.map((line) => `${line}\n`).join('');

const converters = {
  'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
};
const source = (file: string, topic: string) => ({
  'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
  'tasks.max': '1',
  file,
  topic,
});
const sink = (file: string, topic: string) => ({
  'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
  'tasks.max': '1',
  file,
  topics: topic,
});

const valueOf = ({ value }: { readonly value: Buffer | null }) => value?.toString() ?? '';

async function committedValues(port: number, topic: string): Promise<string[]> {
  const client = await WireClient.open(port);
  try {
    return (await readRecords(client, topic, 0, valueOf)).committed;
  } finally {
    client.close();
  }
}

const linesOf = async (file: string) => (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(0, -1);

async function arrived(file: string, expected: readonly string[], worker: JavaProgram): Promise<void> {
  const isThere = async () => expected.every((line) => found.has(line)) || undefined;
  let found = new Set<string>();
  await eventually(
    `${expected.length} lines in ${file}`,
    async () => {
      found = new Set(await linesOf(file));
      return isThere();
    },
    LIMIT_MS,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${found.size} are there\n${worker.tail}`);
  });
}

test(`Kafka Connect standalone takes a file through ${conformanceTarget} to another file`, options, async () => {
  await using broker = await BrokerProcess.start();
  const at = (name: string) => join(broker.directory, name);
  await writeFile(at('from.txt'), asText(lines(0, LINES)));
  await using rest = await claimPort();
  const worker = await propertiesFile(at('worker.properties'), {
    'bootstrap.servers': broker.bootstrap,
    'offset.storage.file.filename': at('offsets'),
    'offset.flush.interval.ms': '500',
    listeners: `http://127.0.0.1:${rest.port}`,
    'consumer.auto.offset.reset': 'earliest',
    ...converters,
  });
  const from = await propertiesFile(at('source.properties'), { name: 'from', ...source(at('from.txt'), 'lines') });
  const to = await propertiesFile(at('sink.properties'), { name: 'to', ...sink(at('to.txt'), 'lines') });
  const args = [worker, from, to];
  await using connect = new JavaProgram(CONNECT, 'org.apache.kafka.connect.cli.ConnectStandalone', args);
  await arrived(at('to.txt'), lines(0, LINES), connect);
  await appendFile(at('from.txt'), asText(lines(LINES, 2 * LINES)));
  await arrived(at('to.txt'), lines(LINES, 2 * LINES), connect);
  assert.deepEqual(await linesOf(at('to.txt')), lines(0, 2 * LINES));
});

async function putConnector(port: number, name: string, config: Readonly<Record<string, string>>): Promise<void> {
  await eventually(
    `the connector ${name}`,
    async () => {
      const response = await fetch(`http://127.0.0.1:${port}/connectors/${name}/config`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(config),
      }).catch(() => undefined);
      return response?.ok === true ? true : undefined;
    },
    LIMIT_MS,
  );
}

test(`Kafka Connect distributed writes a file exactly once while ${conformanceTarget} is killed`, options, async () => {
  await using broker = await BrokerProcess.start();
  const at = (name: string) => join(broker.directory, name);
  await writeFile(at('from.txt'), asText(lines(0, LINES)));
  await using rest = await claimPort();
  const storage = ['config', 'offset', 'status'].flatMap((name) => [
    [`${name}.storage.topic`, `connect-${name}`],
    [`${name}.storage.replication.factor`, '1'],
  ]);
  const worker = await propertiesFile(at('worker.properties'), {
    'bootstrap.servers': broker.bootstrap,
    'group.id': 'connect',
    'exactly.once.source.support': 'enabled',
    'offset.flush.interval.ms': '500',
    listeners: `http://127.0.0.1:${rest.port}`,
    'reconnect.backoff.max.ms': '500',
    ...Object.fromEntries(storage),
    ...converters,
  });
  await using connect = new JavaProgram(CONNECT, 'org.apache.kafka.connect.cli.ConnectDistributed', [worker]);
  await putConnector(rest.port, 'from', source(at('from.txt'), 'lines'));
  await putConnector(rest.port, 'to', {
    ...sink(at('to.txt'), 'lines'),
    'consumer.override.auto.offset.reset': 'earliest',
  });
  await arrived(at('to.txt'), lines(0, LINES), connect);
  for (const round of [1, 2]) {
    await appendFile(at('from.txt'), asText(lines(round * LINES, (round + 1) * LINES)));
    await broker.kill();
    await broker.restart();
    await arrived(at('to.txt'), lines(round * LINES, (round + 1) * LINES), connect);
  }
  assert.deepEqual(await committedValues(broker.port, 'lines'), lines(0, 3 * LINES));
});

test(
  `MirrorMaker copies a topic from one ${conformanceTarget} to another, which is killed meanwhile`,
  options,
  async () => {
    await using primary = await BrokerProcess.start();
    await using backup = await BrokerProcess.start();
    await createTopics(primary.port, 1, 'orders');
    await writeValues(primary.port, 'orders', 0, lines(0, LINES));
    const factors = [
      'replication',
      'checkpoints.topic.replication',
      'heartbeats.topic.replication',
      'offset-syncs.topic.replication',
    ];
    const mirror = await propertiesFile(join(primary.directory, 'mirror.properties'), {
      clusters: 'primary, backup',
      'primary.bootstrap.servers': primary.bootstrap,
      'backup.bootstrap.servers': backup.bootstrap,
      'primary->backup.enabled': 'true',
      'backup->primary.enabled': 'false',
      topics: 'orders',
      'refresh.topics.interval.seconds': '1',
      'dedicated.mode.enable.internal.rest': 'false',
      ...Object.fromEntries(factors.map((name) => [`${name}.factor`, '1'])),
      ...Object.fromEntries(['config', 'offset', 'status'].map((name) => [`${name}.storage.replication.factor`, '1'])),
    });
    await using maker = new JavaProgram(CONNECT, 'org.apache.kafka.connect.mirror.MirrorMaker', [mirror]);
    /** Each at least once: MirrorMaker promises no more. */
    const mirrored = async (expected: readonly string[]) =>
      eventually(
        `${expected.length} records in the backup`,
        async () => {
          const values = new Set(await committedValues(backup.port, 'primary.orders').catch(() => []));
          return expected.every((value) => values.has(value)) || undefined;
        },
        LIMIT_MS,
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${maker.tail}`);
      });
    await mirrored(lines(0, LINES));
    await backup.kill();
    await backup.restart();
    await writeValues(primary.port, 'orders', 0, lines(LINES, 2 * LINES));
    await mirrored(lines(0, 2 * LINES));
  },
);

/** The settings of docs/operations.md, for brokers at these addresses. */
async function documentedMirror(kafka: string, walka: string): Promise<string> {
  const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [, block] = /^ *```properties\n([\s\S]*?)^ *```$/m.exec(page) ?? [];
  assert(block !== undefined, 'the page has the settings of MirrorMaker');
  return block.replaceAll(/^ +/gm, '').replaceAll('kafka:9092', kafka).replaceAll('walka:9092', walka);
}

const besideKafka = { ...options, skip: options.skip || missing(kafkaNeeds) };
test(
  'MirrorMaker takes a topic and a group from Kafka to Walka as docs/operations.md has it',
  besideKafka,
  async () => {
    await using kafka = await BrokerProcess.start({ target: 'kafka' });
    await using walka = await BrokerProcess.start({ target: 'walka' });
    await createTopics(kafka.port, 1, 'orders');
    await writeValues(kafka.port, 'orders', 0, lines(0, LINES));
    const reset = await walkaAt(kafka.port)('groups reset readers --topic orders --to latest');
    assert.equal(reset.code, 0, reset.err);
    const file = join(kafka.directory, 'mirror.properties');
    // Its own intervals are minutes.
    const quickly = ['emit.checkpoints.interval.seconds=1', 'sync.group.offsets.interval.seconds=1'];
    await writeFile(file, `${await documentedMirror(kafka.bootstrap, walka.bootstrap)}${asText(quickly)}`);
    await using maker = new JavaProgram(CONNECT, 'org.apache.kafka.connect.mirror.MirrorMaker', [file]);
    const orThrow = (error: unknown) => {
      throw new Error(`${String(error)}\n${maker.tail}`);
    };
    const values = async () => await committedValues(walka.port, 'orders').catch(() => []);
    const areThere = async () => (await values()).length >= LINES || undefined;
    await eventually(`${LINES} records in Walka`, areThere, LIMIT_MS).catch(orThrow);
    assert.deepEqual(new Set(await values()), new Set(lines(0, LINES)));
    const readers = async () => (await walkaAt(walka.port)('groups describe readers')).out;
    const isCommitted = async () => /^orders +0 +[1-9]/m.test(await readers()) || undefined;
    await eventually('the offset of the group in Walka', isCommitted, LIMIT_MS).catch(orThrow);
  },
);
