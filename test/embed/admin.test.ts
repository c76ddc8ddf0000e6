/** Topics, groups and reset of a broker in a program, with clients connected. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import kafkajs, { type Consumer } from 'kafkajs';
import { type Broker, startBroker } from '../../src/index.ts';
import { WireClient } from '../support/wire-client.ts';
import { AlterUserScramCredentials, DescribeUserScramCredentials, UpdateFeatures } from '../support/config-apis.ts';
import { ApiVersions } from '../support/data-apis.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel } = kafkajs;

function kafkaOf(broker: Broker): kafkajs.Kafka {
  return new Kafka({
    brokers: [broker.bootstrapServers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20, retries: 20 },
  });
}

/** A consumer that gives every value it reads to `onValue`. */
async function consume(kafka: kafkajs.Kafka, topic: string, onValue: (value: string) => void): Promise<Consumer> {
  const consumer = kafka.consumer({ groupId: 'readers', heartbeatInterval: 100, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => onValue(String(message.value)) });
  return consumer;
}

test('topics are made, listed and deleted', async () => {
  await using broker = await startBroker({ topics: ['b'] });
  await broker.createTopic({ name: 'a', partitions: 3, configs: { 'retention.ms': 1000 } });
  const [a, b] = broker.topics();
  assert.deepEqual({ ...a, id: '' }, { name: 'a', id: '', partitions: 3, configs: { 'retention.ms': '1000' } });
  assert.match(b?.id ?? '', /^[\w-]{22}$/);
  await assert.rejects(broker.createTopic('a'), { codeName: 'TOPIC_ALREADY_EXISTS' });
  await assert.rejects(broker.createTopic({ name: 'c', partitions: 0 }), {
    message: 'createTopic: partitions of topic c must be a whole number from 1 on, not 0',
  });
  await broker.deleteTopic('a');
  await assert.rejects(broker.deleteTopic('a'), { message: 'There is no topic a; did you mean b?' });
  await broker.produce('b', ['1', '2']);
  assert.deepEqual(await broker.offsets('b'), [{ partition: 0, start: 0, end: 2, stableEnd: 2 }]);
  await assert.rejects(broker.offsets('zz'), { codeName: 'UNKNOWN_TOPIC_OR_PARTITION' });
});

test('a group is shown with its members and its lag', async () => {
  await using broker = await startBroker({
    topics: [{ name: 'orders', partitions: 2 }],
    config: { 'group.initial.rebalance.delay.ms': 0 },
  });
  assert.deepEqual(await broker.groups(), []);
  assert.equal(await broker.group('readers'), null);
  await broker.produce('orders', [
    { value: 'a', partition: 0 },
    { value: 'b', partition: 0 },
  ]);
  const seen: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const consumer = await consume(kafkaOf(broker), 'orders', (value) => void (seen.push(value) === 2 && resolve()));
  await promise;
  const group = await broker.group('readers');
  assert.deepEqual([group?.type, group?.state, group?.members.length], ['classic', 'Stable', 1]);
  assert.deepEqual(group?.members[0]?.assignment, [{ topic: 'orders', partitions: [0, 1] }]);
  await consumer.stop();
  await consumer.disconnect();
  await broker.produce('orders', { value: 'c', partition: 0 });
  const [idle] = await broker.groups();
  assert.deepEqual(idle?.offsets, [{ topic: 'orders', partition: 0, committed: 2, end: 3, lag: 1 }]);
  assert.deepEqual([idle?.state, idle?.lag], ['Empty', 1]);
});

test('after a reset, clients that stayed connected go on with the new topics', async () => {
  await using broker = await startBroker({
    topics: [{ name: 'orders', partitions: 2 }],
    config: { 'group.initial.rebalance.delay.ms': 0 },
  });
  const kafka = kafkaOf(broker);
  const producer = kafka.producer();
  const idempotent = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await Promise.all([producer.connect(), idempotent.connect()]);
  const seen: string[] = [];
  let wake = (): void => {};
  const consumer = await consume(kafka, 'orders', (value) => {
    seen.push(value);
    wake();
  });
  const until = async (value: string): Promise<void> => {
    while (!seen.includes(value)) await new Promise<void>((resolve) => void (wake = resolve));
  };
  await producer.send({ topic: 'orders', messages: [{ value: 'before' }] });
  await idempotent.send({ topic: 'orders', messages: [{ value: 'before, idempotent' }] });
  await until('before');
  await broker.produce('other', 'x');
  const [{ id = '' } = {}] = broker.topics().filter(({ name }) => name === 'orders');

  await broker.reset();
  assert.deepEqual(
    broker.topics().map(({ name, partitions }) => [name, partitions]),
    [['orders', 2]],
  );
  assert.notEqual(broker.topics()[0]?.id, id);
  assert.deepEqual(await broker.groups(), []);
  assert.deepEqual(await broker.records('orders'), []);

  await producer.send({ topic: 'orders', messages: [{ value: 'after' }] });
  await idempotent.send({ topic: 'orders', messages: [{ value: 'after, idempotent' }] });
  await until('after');
  await until('after, idempotent');
  assert.equal((await broker.records('orders')).length, 2);
  await Promise.all([producer.disconnect(), idempotent.disconnect(), consumer.disconnect()]);
});

test('a reset undoes ACLs and users', async () => {
  const config = {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
  };
  await using broker = await startBroker({ topics: ['t'], config });
  const admin = kafkaOf(broker).admin();
  await admin.connect();
  const client = await WireClient.open(Number(broker.bootstrapServers.split(':')[1]));
  const secret = { salt: Buffer.from('s'), saltedPassword: Buffer.from('p') };
  const upsertions = [{ name: 'alice', mechanism: 1, iterations: 4096, ...secret }];
  await client.call(AlterUserScramCredentials, 0, { deletions: [], upsertions });
  const { ALL } = AclOperationTypes;
  const about = { resourceType: AclResourceTypes.TOPIC, resourceName: 't', resourcePatternType: 3, operation: ALL };
  const acl = { ...about, principal: 'User:alice', host: '*', permissionType: AclPermissionTypes.ALLOW };
  await admin.createAcls({ acl: [acl] });
  assert.equal((await admin.describeAcls(acl)).resources.length, 1);
  assert.equal((await client.call(DescribeUserScramCredentials, 0, { users: null })).results.length, 1);
  await broker.reset();
  assert.deepEqual((await admin.describeAcls(acl)).resources, []);
  assert.deepEqual((await client.call(DescribeUserScramCredentials, 0, { users: null })).results, []);
  client.close();
  await admin.disconnect();
});

test('a reset puts back the levels of features', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  const client = await WireClient.open(Number(broker.bootstrapServers.split(':')[1]));
  const names = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
  const isOn = async (): Promise<boolean> => {
    const { finalizedFeatures } = await client.call(ApiVersions, 4, names);
    return finalizedFeatures.some(({ name }) => name === 'share.version');
  };
  const off = { feature: 'share.version', maxVersionLevel: 0, upgradeType: 2 };
  const { errorCode } = await client.call(UpdateFeatures, 2, { featureUpdates: [off] });
  assert.equal(errorCode, 0);
  assert.equal(await isOn(), false);
  await broker.reset();
  assert.equal(await isOn(), true);
  client.close();
});

test('a reset undoes changed settings, and ends transactions', async () => {
  await using broker = await startBroker({ topics: ['t'] });
  const kafka = kafkaOf(broker);
  const admin = kafka.admin();
  await admin.connect();
  const setBroker = (value: string) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 4, name: '1', configEntries: [{ name: 'log.retention.ms', value }] }],
    });
  await setBroker('12345');
  const retention = async (): Promise<string | undefined> => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 4, name: '1', configNames: ['log.retention.ms'] }],
    });
    return resources[0]?.configEntries[0]?.configValue;
  };
  assert.equal(await retention(), '12345');
  const producer = kafka.producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic: 't', messages: [{ value: 'open' }] });
  await broker.reset();
  assert.notEqual(await retention(), '12345');
  await assert.rejects(transaction.commit());
  assert.deepEqual(await broker.records('t', { isolation: 'read_uncommitted' }), []);
  const anew = kafka.producer({ transactionalId: 'tx', idempotent: true, maxInFlightRequests: 1 });
  await anew.connect();
  const next = await anew.transaction();
  await next.send({ topic: 't', messages: [{ value: 'anew' }] });
  await next.commit();
  assert.deepEqual(
    (await broker.records('t')).map(({ value }) => value),
    ['anew'],
  );
  await Promise.all([admin.disconnect(), producer.disconnect(), anew.disconnect()]);
});
