/**
 * Compose files as people have them for other images, in words of our own: one for each image's ways and for each trap.
 * Under `x-walka` each says what becomes of it with Walka's image in that place: what clients of which port are told, which
 * topics there are, what is said in the log; or how the refusal reads. A broker is started with the file's environment as
 * the image starts it, only on other ports, and a client goes through the addresses that it is told.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { startBrokerServer } from '../../src/broker.ts';
import { BROKER_FLAGS, parseArguments } from '../../src/cli/args.ts';
import { type Configuration, loadConfiguration } from '../../src/cli/configuration.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { readCompose, type Variables } from './compose-file.ts';

interface Expected {
  readonly service: string;
  /** The line that the container ends with, or part of it. */
  readonly refuses?: string;
  /** By port in the container: the address that a client from outside of its network is told. */
  readonly clients?: Readonly<Record<string, string>>;
  /** Topics that there are at the start, with their partitions. */
  readonly topics?: Readonly<Record<string, number>>;
  /** Settings that the file asks for. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly clusterId?: string;
  /** Who clients of the ports say that they are, by PLAIN. */
  readonly logins?: Readonly<Record<string, { readonly username: string; readonly password: string }>>;
  /** Names of warnings in the log; none where this is left out. */
  readonly warnings?: readonly string[];
}

const folder = join(import.meta.dirname, 'files');
/** Variables of the shell in which compose runs. */
const SHELL: Variables = { KAFKA_TAG: '7.4', HOST_FROM_SHELL: 'docker.example' };
/** What the image itself says. */
const OF_THE_IMAGE = { WALKA_IMAGE: 'walka' };

const load = (environment: Variables, ...args: string[]): Configuration =>
  loadConfiguration(parseArguments(args, BROKER_FLAGS), { ...OF_THE_IMAGE, ...environment });

type Login = NonNullable<Expected['logins']>[string];

/** What each listener serves: the port that the file gives it, and the one that it has got here. */
interface Port {
  readonly asked: number;
  readonly real: number;
}

/** Starts a broker with the environment, in memory and on free ports. */
async function started(t: TestContext, environment: Variables) {
  const asked = load(environment).config.listeners;
  const listeners = asked
    .map(({ name }) => `listeners=${name}://127.0.0.1:0`)
    .join(`,`)
    .replaceAll(',listeners=', ',');
  const moved = load(environment, '--override', listeners, '--override', 'walka.metrics.port=-1', '--memory');
  const { config, topics, clusterId } = moved;
  const broker = await startBrokerServer({ config, topics, clusterId, logger: silentLogger });
  t.after(() => broker.close());
  const ports = asked.map(({ name, port }): Port => {
    return { asked: port, real: broker.listeners.find((listener) => listener.name === name)?.port ?? 0 };
  });
  return { broker, ports };
}

/** A client that finds the port of the file where it is here, whatever the host. It notes where it was sent. */
function clientOf(ports: readonly Port[], port: Port, sentTo: Set<string>, told: string, login?: Login): Kafka {
  return new Kafka({
    ...(login && { sasl: { mechanism: 'plain', ...login } }),
    brokers: [`127.0.0.1:${port.real}`],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    socketFactory: ({ host, port: wanted, onConnect }) => {
      sentTo.add(`${host}:${wanted}`);
      const isTold = `${host}:${wanted}` === told;
      const real = isTold ? port.real : (ports.find(({ real: known }) => known === wanted)?.real ?? 0);
      return createConnection({ host: '127.0.0.1', port: real }, onConnect);
    },
  });
}

/** Produces by way of the address that the port's clients are told; gives the topics that there are. */
async function tried(ports: readonly Port[], port: Port, told: string, login?: Login): Promise<Map<string, number>> {
  const sentTo = new Set<string>();
  const kafka = clientOf(ports, port, sentTo, told.replace(/:own$/, `:${port.real}`), login);
  const admin = kafka.admin();
  await admin.connect();
  const { topics } = await admin.fetchTopicMetadata();
  await admin.createTopics({ topics: [{ topic: `tried-${port.asked}`, numPartitions: 1 }] });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: `tried-${port.asked}`, messages: [{ value: 'record' }] });
  await producer.disconnect();
  const expected = told.replace(/:own$/, `:${port.real}`);
  assert(sentTo.has(expected), `clients of port ${port.asked} were sent to ${[...sentTo].join(', ')}, not ${expected}`);
  return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
}

async function startsAndServes(t: TestContext, environment: Variables, expected: Expected): Promise<void> {
  const { config, clusterId, warnings } = load(environment);
  assert.deepEqual(
    warnings.map(({ event }) => event),
    expected.warnings ?? [],
  );
  for (const [name, value] of Object.entries(expected.settings ?? {})) assert.equal(config.text(name), value, name);
  if (expected.clusterId !== undefined) assert.equal(clusterId, expected.clusterId);
  const { ports } = await started(t, environment);
  assert.deepEqual(
    ports.map(({ asked }) => asked).sort(),
    Object.keys(expected.clients ?? {})
      .map(Number)
      .sort(),
  );
  const found = new Map<string, number>();
  for (const port of ports) {
    const topics = await tried(ports, port, expected.clients?.[port.asked] ?? '', expected.logins?.[port.asked]);
    for (const [name, count] of topics) found.set(name, count);
  }
  const own = [...found].filter(([name]) => !name.startsWith('tried-') && !name.startsWith('__'));
  assert.deepEqual(Object.fromEntries(own), expected.topics ?? {});
}

const files = readdirSync(folder);

for (const file of files) {
  const { services, expected } = readCompose(readFileSync(join(folder, file), 'utf8'), SHELL);
  const all = (Array.isArray(expected) ? expected : [expected]) as Expected[];
  for (const one of all) {
    const environment = services.get(one.service)?.environment ?? {};
    test(`${file}: ${one.service} ${one.refuses === undefined ? 'starts and serves' : 'is refused in one line'}`, async (t) => {
      if (one.refuses === undefined) return startsAndServes(t, environment, one);
      assert.throws(
        () => load(environment),
        (error) => {
          assert(error instanceof ConfigError, String(error));
          assert.equal(error.message, one.refuses);
          return !error.message.includes('\n');
        },
      );
    });
  }
}

test('the corpus is there', () => {
  assert(files.length >= 25, `${files.length} files`);
});
