/** Conversations that are recorded, and had again with another broker. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { type Broker, type Difference, replay, startBroker, type StartBrokerOptions } from '../../src/index.ts';
import { Authority, pemSettings } from '../support/certificates.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-replay-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => join(directory, `${++files}.jsonl`);

const OPTIONS: StartBrokerOptions = {
  topics: [{ name: 'orders', partitions: 2 }],
  config: { 'group.initial.rebalance.delay.ms': 0 },
};

function kafkaOf(broker: Broker, clientId = 'app'): Kafka {
  return new Kafka({ clientId, brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING });
}

async function produce(broker: Broker, clientId?: string): Promise<void> {
  const producer = kafkaOf(broker, clientId).producer({ idempotent: true });
  await producer.connect();
  await producer.send({ topic: 'orders', messages: [{ key: 'k', value: 'one', partition: 0, headers: { h: 'x' } }] });
  await producer.send({ topic: 'orders', messages: [{ value: 'two', partition: 1 }] });
  await producer.disconnect();
}

/** Reads what `produce` wrote, as a group. */
async function consume(broker: Broker): Promise<void> {
  const consumer = kafkaOf(broker).consumer({ groupId: 'readers', maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic: 'orders', fromBeginning: true });
  const { promise, resolve } = Promise.withResolvers<void>();
  let count = 0;
  await consumer.run({ eachMessage: async () => void (++count === 2 && resolve()) });
  await promise;
  await consumer.disconnect();
}

async function recorded(talk: (broker: Broker) => Promise<void>, options = OPTIONS): Promise<string> {
  const file = newFile();
  await using broker = await startBroker(options);
  await using _ = await broker.record(file);
  await talk(broker);
  return file;
}

function linesOf(file: string): Record<string, unknown>[] {
  const [, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('a conversation of a producer and a group has the same meaning with a fresh broker', async () => {
  const file = await recorded(async (broker) => {
    await produce(broker);
    await consume(broker);
  });
  const apis = new Set(linesOf(file).map(({ api }) => api));
  for (const api of ['Metadata', 'InitProducerId', 'Produce', 'JoinGroup', 'SyncGroup', 'Fetch', 'OffsetCommit']) {
    assert.ok(apis.has(api), api);
  }
  await using fresh = await startBroker(OPTIONS);
  assert.deepEqual(await replay(file, { bootstrapServers: fresh.bootstrapServers }), []);
  assert.deepEqual(
    (await fresh.records('orders')).map(({ value }) => value),
    ['one', 'two'],
  );
  assert.equal((await fresh.group('readers'))?.lag, 0);
});

test('transactions, and a broker that gives other ids, make no difference', async () => {
  const file = await recorded(async (broker) => {
    const producer = kafkaOf(broker).producer({ transactionalId: 'x', idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (const end of ['abort', 'commit'] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: 'orders', messages: [{ value: end, partition: 0 }] });
      const topics = [{ topic: 'orders', partitions: [{ partition: 0, offset: '1' }] }];
      await transaction.sendOffsets({ consumerGroupId: 'readers', topics });
      await transaction[end]();
    }
    await producer.disconnect();
  });
  await using other = await startBroker(OPTIONS);
  await produce(other, 'takes the first producer id');
  const differences = await replay(file, { bootstrapServers: other.bootstrapServers, ignore: ['baseOffset'] });
  assert.deepEqual(differences, []);
  const values = (await other.records('orders', { partition: 0 })).map(({ value }) => value);
  assert.deepEqual(values, ['one', 'commit']);
});

test('members, topics and sessions of a newer client are known again by their ids', async () => {
  const file = await recorded(async (broker) => {
    const common = { clientId: 'app', bootstrapBrokers: [broker.bootstrapServers] };
    const producer = new Producer({ ...common, serializers: stringSerializers });
    await producer.send({ messages: [{ topic: 'orders', key: 'a', value: 'one' }] });
    await producer.close();
    const consumer = new Consumer({
      ...common,
      groupId: 'new',
      groupProtocol: 'consumer',
      deserializers: stringDeserializers,
    });
    const stream = await consumer.consume({
      topics: ['orders'],
      mode: 'earliest',
      maxWaitTime: 100,
      autocommit: false,
    });
    for await (const message of stream) {
      await message.commit();
      break;
    }
    await consumer.close(true);
  });
  await using fresh = await startBroker(OPTIONS);
  assert.deepEqual(await replay(file, { bootstrapServers: fresh.bootstrapServers, paced: true }), []);
  assert.equal((await fresh.group('new'))?.lag, 0);
});

test('each line of a recording says who asked what, and when', async () => {
  const file = await recorded((broker) => produce(broker));
  const lines = linesOf(file);
  assert.deepEqual(
    lines.map(({ order }) => order),
    lines.map((_, index) => index + 1),
  );
  const [request, response] = lines.filter(({ api }) => api === 'Produce');
  assert.deepEqual(Object.keys(request ?? {}), [
    'order',
    'at',
    'connection',
    'kind',
    'api',
    'version',
    'correlationId',
    'clientId',
    'frame',
  ]);
  assert.equal(request?.['kind'], 'request');
  assert.deepEqual(
    { ...response, order: 0, at: 0, frame: '' },
    { ...request, kind: 'response', order: 0, at: 0, frame: '' },
  );
});

test('what a changed broker says otherwise is named', async () => {
  const file = await recorded((broker) => produce(broker));
  await using faulty = await startBroker(OPTIONS);
  faulty.fail('Produce', { error: 'NOT_LEADER_OR_FOLLOWER', topic: 'orders' });
  const differences = await replay(file, { bootstrapServers: faulty.bootstrapServers });
  const [first] = differences;
  assert.equal(first?.api, 'Produce');
  assert.equal(first.field, 'responses[orders].partitionResponses[0].errorCode');
  assert.equal(first.recorded, 'NONE');
  assert.equal(first.replayed, 'NOT_LEADER_OR_FOLLOWER');

  await using other = await startBroker({ topics: ['orders'] });
  const missing = await replay(file, { bootstrapServers: other.bootstrapServers });
  const partition = missing.find(({ field }) => field === 'topics[orders].partitions[1]');
  assert.equal(partition?.api, 'Metadata');
  assert.equal(partition.replayed, undefined);
});

test('a broker that closes the connection in place of an answer differs in that', async () => {
  const file = await recorded((broker) => produce(broker));
  await using broker = await startBroker(OPTIONS);
  broker.drop('InitProducerId');
  const [first] = await replay(file, { bootstrapServers: broker.bootstrapServers });
  assert.equal(first?.api, 'InitProducerId');
  assert.equal(first.field, '');
  assert.equal(first.replayed, 'the broker closed the connection');
});

test('fields that a program names are not compared', async () => {
  const file = await recorded((broker) => produce(broker));
  await using broker = await startBroker(OPTIONS);
  broker.fail('Produce', { error: 'NOT_LEADER_OR_FOLLOWER', topic: 'orders', times: Infinity });
  const ignore = ['errorCode', 'baseOffset', 'logStartOffset', 'currentLeader', 'nodeEndpoints'];
  assert.deepEqual(await replay(file, { bootstrapServers: broker.bootstrapServers, ignore }), []);
});

test('a recording of one client has nothing of the others, and ends when it is stopped', async () => {
  const file = newFile();
  await using broker = await startBroker(OPTIONS);
  const recording = await broker.record(file, { clientId: 'one' });
  await Promise.all([produce(broker, 'one'), produce(broker, 'other')]);
  await recording.stop();
  await produce(broker, 'one');
  const lines = linesOf(file);
  assert.deepEqual(new Set(lines.map(({ clientId }) => clientId)), new Set(['one']));
  assert.equal(lines.filter(({ api, kind }) => api === 'Produce' && kind === 'request').length, 2);
});

test('what a client logs in with is not in the file, and the rest is replayed without it', async () => {
  const file = newFile();
  await using broker = await startBroker({
    topics: ['orders'],
    config: {
      'listener.security.protocol.map': 'PLAINTEXT:SASL_PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.plaintext.plain.sasl.jaas.config':
        'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="opensesame";',
    },
  });
  const recording = await broker.record(file);
  const sasl = { mechanism: 'plain', username: 'alice', password: 'opensesame' } as const;
  const kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING, sasl });
  const admin = kafka.admin();
  await admin.connect();
  assert.deepEqual(await admin.listTopics(), ['orders']);
  await admin.disconnect();
  await recording.stop();
  const lines = linesOf(file);
  assert.equal(lines.filter(({ api }) => api === 'SaslAuthenticate').length, 2);
  const said = lines.map(({ frame }) => Buffer.from(String(frame ?? ''), 'base64').toString('latin1')).join();
  assert.ok(said.includes('orders') && !said.includes('opensesame') && !said.includes('alice'));
  await using open = await startBroker({ topics: ['orders'] });
  const differences = await replay(file, { bootstrapServers: open.bootstrapServers });
  assert.deepEqual(differences, []);
});

test('a conversation is recorded and had again over TLS, with logins of its own', async () => {
  const authority = await Authority.create();
  const server = await authority.issue();
  const secure: StartBrokerOptions = {
    topics: [{ name: 'orders', partitions: 2 }],
    config: {
      'listener.security.protocol.map': 'PLAINTEXT:SASL_SSL',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
      'listener.name.plaintext.plain.sasl.jaas.config':
        'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="opensesame";',
      'walka.scram.users': 'SCRAM-SHA-256=[name=bob,password=pencil]',
      'group.initial.rebalance.delay.ms': 0,
      ...pemSettings(server),
    },
  };
  const file = await recorded(async (broker) => {
    const kafka = new Kafka({
      brokers: [broker.bootstrapServers],
      logLevel: logLevel.NOTHING,
      ssl: { ca: authority.certificate },
      sasl: { mechanism: 'plain', username: 'alice', password: 'opensesame' },
    });
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: 'orders', messages: [{ value: 'one', partition: 0 }] });
    await producer.disconnect();
  }, secure);
  await using broker = await startBroker(secure);
  const { bootstrapServers } = broker;
  const clientConfig = {
    'security.protocol': 'SASL_SSL',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': authority.certificate,
    'sasl.mechanism': 'SCRAM-SHA-256',
    'sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required username="bob" password="pencil";',
  };
  assert.deepEqual(await replay(file, { bootstrapServers, clientConfig }), []);
  assert.deepEqual(
    (await broker.records('orders')).map(({ value }) => value),
    ['one'],
  );
  const wrong = { ...clientConfig, 'sasl.jaas.config': clientConfig['sasl.jaas.config'].replace('pencil', 'pen') };
  await assert.rejects(replay(file, { bootstrapServers, clientConfig: wrong }), /invalid credentials with SASL/);
  await assert.rejects(replay(file, { bootstrapServers, clientConfig: { 'security.protocol': 'TLS' } }), {
    name: 'ConfigError',
    message: /^replay: clientConfig: security\.protocol: TLS is none of/,
  });
  const [first] = await replay(file, { bootstrapServers });
  assert.match(String(first?.replayed), /does not speak Kafka \(TLS\?\)/);
});

test('bare tokens, credentials and passwords in settings are not in the file either', async () => {
  const file = newFile();
  await using broker = await startBroker({ topics: ['orders'] });
  await using recording = await broker.record(file);
  const admin = kafkaOf(broker).admin();
  await admin.connect();
  const config = (name: string, value: string) => ({
    type: kafkajs.ConfigResourceTypes.TOPIC,
    name: 'orders',
    configEntries: [{ name, value }],
  });
  await assert.rejects(
    admin.alterConfigs({ validateOnly: false, resources: [config('ssl.key.password', 'opensesame')] }),
  );
  await admin.alterConfigs({ validateOnly: false, resources: [config('retention.ms', '1234567')] });
  await admin.disconnect();

  const [, port] = broker.bootstrapServers.split(':');
  const socket = connect({ host: '127.0.0.1', port: Number(port) });
  const framed = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  // SaslHandshake v0 with PLAIN, and at once the token.
  const handshake = Buffer.from('0011000000000007ffff0005504c41494e', 'hex');
  socket.write(Buffer.concat([framed(handshake), framed(Buffer.from('\0alice\0opensesame'))]));
  socket.resume();
  await once(socket, 'close');
  await recording.stop();

  const lines = linesOf(file);
  assert.deepEqual(
    lines.filter(({ api }) => api === 'AlterConfigs').map(({ frame }) => frame === null),
    [true, true, false, false],
  );
  assert.ok(lines.some(({ api, version }) => api === 'SaslHandshake' && version === 0));
  const said = lines.map(({ frame }) => Buffer.from(String(frame ?? ''), 'base64').toString('latin1')).join();
  assert.ok(said.includes('1234567') && !said.includes('opensesame'));
});

test('the example in the documentation does what it says', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/testing.md'), 'utf8');
  const [, example = ''] = /^## Record and replay\n[\s\S]*?```ts\n([\s\S]*?)```/m.exec(page) ?? [];
  const file = newFile();
  const code = example.replace(/^import .*$/m, '').replaceAll("'orders.jsonl'", JSON.stringify(file));
  const run = new Function(
    'startBroker',
    'replay',
    'broker',
    'placeOrder',
    `return (async () => { ${code}\n return differences; })()`,
  ) as (...given: unknown[]) => Promise<Difference[]>;
  await using broker = await startBroker({ topics: ['orders'] });
  const placeOrder = async (): Promise<void> => {
    const producer = kafkaOf(broker).producer();
    await producer.connect();
    await producer.send({ topic: 'orders', messages: [{ value: 'one' }] });
    await producer.disconnect();
  };
  const differences = await run(startBroker, replay, broker, placeOrder);
  assert.deepEqual(differences.map(({ field, recorded, replayed }) => ({ field, recorded, replayed }))[0], {
    field: 'responses[orders].partitionResponses[0].errorCode',
    recorded: 'NONE',
    replayed: 'NOT_LEADER_OR_FOLLOWER',
  });
});

test('a recording whose failure was told does not fail the close as well', async () => {
  const broker = await startBroker();
  const recording = await broker.record('/dev/full');
  await assert.rejects(recording.stop(), { code: 'ENOSPC' });
  await assert.rejects(recording.stop(), { code: 'ENOSPC' });
  await broker.close();
});

test('a file that is no recording, nobody who answers, and wrong options are told of', async () => {
  await using broker = await startBroker();
  const { bootstrapServers } = broker;
  await assert.rejects(broker.record(join(directory, 'none', 'x')), { code: 'ENOENT' });
  await assert.rejects(broker.record(5 as never), { message: 'record: the file is text, not 5' });
  await assert.rejects(replay(import.meta.filename, { bootstrapServers }), /replay.test.ts: line 1 is no JSON/);
  await assert.rejects(replay(newFile(), { bootstrapServers }), { code: 'ENOENT' });
  await assert.rejects(replay('x', { bootstrapServers, pace: 1 } as never), /unknown option pace/);
  await assert.rejects(replay('x', {} as never), /bootstrapServers is text, not undefined/);
});
