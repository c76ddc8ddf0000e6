/** ACLs over real sockets: users of a SASL listener, an administrator, and a client of others. */
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import kafkajs, { type Admin } from 'kafkajs';
import { type RunningBroker, startBrokerServer } from '../src/broker.ts';
import { createBrokerConfig } from '../src/config/broker-config.ts';
import { ConfigError } from '../src/config/config-error.ts';
import { type Logger, silentLogger } from '../src/base/logger.ts';
import { Metadata } from './support/admin-apis.ts';
import { authenticate, plainToken } from './support/sasl-client.ts';
import { WireClient } from './support/wire-client.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } = kafkajs;

const SETTINGS = {
  listeners: 'CLIENT://127.0.0.1:0',
  'listener.security.protocol.map': 'CLIENT:SASL_PLAINTEXT',
  'sasl.enabled.mechanisms': 'PLAIN',
  'listener.name.client.plain.sasl.jaas.config':
    'org.apache.kafka.common.security.plain.PlainLoginModule required user_admin="a" user_alice="b";',
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:admin;User:other',
  'group.initial.rebalance.delay.ms': '0',
  'walka.durability': 'memory',
};
const PASSWORDS = { admin: 'a', alice: 'b' } as const;

const closing: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Keeps what is said at level info. */
function infoLogger(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    info: (event, message) => void lines.push(`${event}: ${message}`),
    child: () => logger,
  };
  return { logger, lines };
}

async function start(
  settings: Readonly<Record<string, string>> = {},
  logger: Logger = silentLogger,
): Promise<RunningBroker> {
  const config = createBrokerConfig(new Map(Object.entries({ ...SETTINGS, ...settings })));
  const broker = await startBrokerServer({ config, logger });
  closing.push(() => broker.close());
  return broker;
}

function as(broker: RunningBroker, username: keyof typeof PASSWORDS) {
  return new Kafka({
    brokers: [`127.0.0.1:${broker.listeners[0]?.port}`],
    sasl: { mechanism: 'plain', username, password: PASSWORDS[username] },
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  });
}

async function admin(broker: RunningBroker): Promise<Admin> {
  const client = as(broker, 'admin').admin();
  await client.connect();
  closing.push(() => client.disconnect());
  return client;
}

const acl = {
  resourceType: AclResourceTypes.TOPIC,
  resourceName: 'orders',
  resourcePatternType: ResourcePatternTypes.LITERAL,
  principal: 'User:alice',
  host: '*',
  operation: AclOperationTypes.WRITE,
  permissionType: AclPermissionTypes.ALLOW,
};

async function send(broker: RunningBroker): Promise<void> {
  const producer = as(broker, 'alice').producer();
  await producer.connect();
  try {
    await producer.send({ topic: 'orders', messages: [{ value: 'one' }] });
  } finally {
    await producer.disconnect();
  }
}

describe('a user', () => {
  test('writes once an ACL allows it, and no more when it is gone', async () => {
    const broker = await start();
    const client = await admin(broker);
    await client.createTopics({ topics: [{ topic: 'orders' }] });
    await assert.rejects(async () => send(broker), /not authorized|authorization failed/i);
    await client.createAcls({ acl: [acl] });
    await send(broker);
    await client.deleteAcls({ filters: [acl] });
    await assert.rejects(async () => send(broker), /not authorized|authorization failed/i);
    const [partition] = await client.fetchTopicOffsets('orders');
    assert.equal(partition?.high, '1');
  });

  test('sees the topics that it may describe and no others', async () => {
    const broker = await start();
    const client = await admin(broker);
    await client.createTopics({ topics: [{ topic: 'orders' }, { topic: 'payments' }] });
    await client.createAcls({ acl: [{ ...acl, operation: AclOperationTypes.DESCRIBE }] });
    const alice = as(broker, 'alice').admin();
    await alice.connect();
    closing.push(() => alice.disconnect());
    assert.deepEqual(await alice.listTopics(), ['orders']);
    assert.deepEqual((await client.listTopics()).sort(), ['orders', 'payments']);
    await assert.rejects(async () => alice.deleteTopics({ topics: ['payments'] }), /authoriz/i);
    await assert.rejects(async () => alice.createAcls({ acl: [acl] }), /authoriz/i);
  });

  test('is written down with what was refused', async () => {
    const { logger, lines } = infoLogger();
    const broker = await start({}, logger);
    await (await admin(broker)).createTopics({ topics: [{ topic: 'orders' }] });
    await assert.rejects(async () => send(broker));
    assert.ok(
      lines.some((line) => /^not-authorized: User:alice may not \w+ TOPIC orders$/.test(line)),
      lines.join('\n'),
    );
  });
});

describe('settings of an authorizer', () => {
  test('of former names mean ACLs, too; others are refused by name', async () => {
    await start({ 'authorizer.class.name': 'kafka.security.authorizer.AclAuthorizer' });
    await assert.rejects(
      async () => start({ 'authorizer.class.name': 'com.example.Mine' }),
      (error) =>
        error instanceof ConfigError && /^authorizer.class.name: com.example.Mine is not served/.test(error.message),
    );
    await assert.rejects(
      async () => start({ 'super.users': 'admin' }),
      (error) => error instanceof ConfigError && error.message === 'super.users: admin is not of the form User:name',
    );
  });

  test('leave open what no ACL is about, where they say so', async () => {
    const broker = await start({ 'allow.everyone.if.no.acl.found': 'true' });
    await (await admin(broker)).createTopics({ topics: [{ topic: 'orders' }] });
    await send(broker);
  });
});

describe('lines of what is denied', () => {
  for (const [setting, isComplete] of [
    ['rated', false],
    ['all', true],
  ] as const) {
    test(`are ${isComplete ? 'as many as denials' : 'bounded'} with walka.audit.denials=${setting}`, async () => {
      const { logger, lines } = infoLogger();
      const broker = await start({ 'walka.audit.denials': setting }, logger);
      const port = broker.listeners[0]?.port ?? 0;
      const client = await WireClient.open(port);
      closing.push(async () => client.close());
      await authenticate(client, 'PLAIN', plainToken('alice', PASSWORDS.alice));
      const topics = Array.from({ length: 100 }, (_, i) => ({ name: `t${i}` }));
      await client.call(Metadata, 4, { topics, allowAutoTopicCreation: false });
      const denials = lines.filter((line) => line.startsWith('not-authorized: User:alice may not DESCRIBE TOPIC t'));
      if (isComplete) assert.equal(denials.length, 100);
      else assert.ok(denials.length > 0 && denials.length < 50, `${denials.length} lines`);
    });
  }
});
