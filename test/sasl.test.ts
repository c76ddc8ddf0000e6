/** SASL over real sockets, with clients of others and frame by frame. */
import assert from 'node:assert/strict';
import { pbkdf2Sync } from 'node:crypto';
import { afterEach, describe, test } from 'node:test';
import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import { ApiKey } from '../protocol/apis.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { type RunningBroker, startBrokerServer } from '../src/broker.ts';
import { createBrokerConfig } from '../src/config/broker-config.ts';
import { ConfigError } from '../src/config/config-error.ts';
import type { Logger } from '../src/base/logger.ts';
import { Metadata } from './support/admin-apis.ts';
import { Lines } from './support/log-lines.ts';
import { requestFrame, WireClient } from './support/wire-client.ts';
import { ApiVersions } from './support/data-apis.ts';
import { authenticateScram, SaslHandshake, SaslAuthenticate } from './support/sasl-client.ts';
import { AlterUserScramCredentials, DescribeUserScramCredentials } from './support/config-apis.ts';

const SETTINGS = {
  listeners: 'ADMIN://127.0.0.1:0,CLIENT://127.0.0.1:0',
  'listener.security.protocol.map': 'ADMIN:PLAINTEXT,CLIENT:SASL_PLAINTEXT',
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
  'listener.name.client.plain.sasl.jaas.config':
    'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="secret";',
  'connection.failed.authentication.delay.ms': '0',
  'group.initial.rebalance.delay.ms': '0',
  'walka.durability': 'memory',
};
const NO_CLIENT = { clientSoftwareName: '', clientSoftwareVersion: '', clusterId: null, nodeId: -1 };
const MECHANISMS = { 1: 'sha256', 2: 'sha512' } as const;

const opened: RunningBroker[] = [];
afterEach(async () => {
  for (const broker of opened.splice(0)) await broker.close();
});

async function start(settings: Readonly<Record<string, string>> = {}, logger?: Logger): Promise<RunningBroker> {
  const config = createBrokerConfig(new Map(Object.entries({ ...SETTINGS, ...settings })));
  const broker = await startBrokerServer({ config, ...(logger && { logger }) });
  opened.push(broker);
  return broker;
}

function connect({ listeners }: RunningBroker, name: 'ADMIN' | 'CLIENT' = 'CLIENT'): Promise<WireClient> {
  return WireClient.open(listeners.find((listener) => listener.name === name)?.port ?? 0);
}

async function addScramUser(broker: RunningBroker, name: string, password: string): Promise<void> {
  const client = await connect(broker, 'ADMIN');
  const upsertions = Object.entries(MECHANISMS).map(([code, hash]) => {
    const salt = Buffer.from('salt');
    const saltedPassword = pbkdf2Sync(password, salt, 4096, hash === 'sha256' ? 32 : 64, hash);
    return { name, mechanism: Number(code), iterations: 4096, salt, saltedPassword };
  });
  for (const upsertion of upsertions) {
    const { results } = await client.call(AlterUserScramCredentials, 0, { deletions: [], upsertions: [upsertion] });
    assert.deepEqual(results, [{ user: name, errorCode: ErrorCode.NONE, errorMessage: null }]);
  }
  client.close();
}

describe('kafkajs', () => {
  const mechanisms: readonly SASLOptions[] = [
    { mechanism: 'plain', username: 'alice', password: 'secret' },
    { mechanism: 'scram-sha-256', username: 'bob, =', password: 'pencil' },
    { mechanism: 'scram-sha-512', username: 'bob, =', password: 'pencil' },
  ];
  for (const options of mechanisms) {
    test(`writes and reads with ${options.mechanism}`, async () => {
      const broker = await start();
      await addScramUser(broker, 'bob, =', 'pencil');
      const port = broker.listeners.find(({ name }) => name === 'CLIENT')?.port;
      // kafkajs keeps the password of options that it has seen in them, also in their copies.
      const sasl = { ...options };
      const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], sasl, logLevel: logLevel.NOTHING });
      const producer = kafka.producer();
      await producer.connect();
      await producer.send({ topic: 'orders', messages: [{ value: 'one' }] });
      await producer.disconnect();
      const consumer = kafka.consumer({ groupId: 'readers' });
      await consumer.connect();
      await consumer.subscribe({ topics: ['orders'], fromBeginning: true });
      const value = await new Promise((resolve) => {
        void consumer.run({ eachMessage: async ({ message }) => resolve(message.value?.toString()) });
      });
      await consumer.disconnect();
      assert.equal(value, 'one');
    });

    test(`is refused with ${options.mechanism} and a wrong password`, async () => {
      const broker = await start();
      await addScramUser(broker, 'bob, =', 'pencil');
      const port = broker.listeners.find(({ name }) => name === 'CLIENT')?.port;
      const wrong = { ...options, password: 'wrong' } as SASLOptions;
      const retry = { retries: 0 };
      const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], sasl: wrong, retry, logLevel: logLevel.NOTHING });
      const admin = kafka.admin();
      await assert.rejects(async () => {
        await admin.connect();
        await admin.listTopics();
      }, /[Aa]uthentication failed/);
      await admin.disconnect();
    });
  }
});

describe('on a SASL listener', () => {
  test('whatever is asked before authentication closes the connection', async () => {
    const broker = await start();
    for (const api of [ApiKey.Metadata, ApiKey.Produce, ApiKey.SaslAuthenticate, ApiKey.Fetch]) {
      const client = await connect(broker);
      client.send(requestFrame(api, 0, 1));
      await client.closed;
    }
  });

  test('ApiVersions after the handshake is told so, and the connection closed', async () => {
    const broker = await start();
    const client = await connect(broker);
    assert.equal((await client.call(ApiVersions, 0, NO_CLIENT)).errorCode, ErrorCode.NONE);
    assert.equal((await client.call(SaslHandshake, 1, { mechanism: 'PLAIN' })).errorCode, ErrorCode.NONE);
    assert.equal((await client.call(ApiVersions, 0, NO_CLIENT)).errorCode, ErrorCode.ILLEGAL_SASL_STATE);
    await client.closed;
  });

  test('ApiVersions in a version that is not known is told the same there', async () => {
    const client = await connect(await start());
    await client.call(SaslHandshake, 1, { mechanism: 'PLAIN' });
    client.send(requestFrame(ApiKey.ApiVersions, 99, 7));
    const answer = await client.next();
    assert.deepEqual([answer?.readInt32BE(0), answer?.readInt16BE(4)], [7, ErrorCode.ILLEGAL_SASL_STATE]);
    await client.closed;
  });

  test('ApiVersions with a name that is none may be sent again', async () => {
    const client = await connect(await start());
    const wrong = { ...NO_CLIENT, clientSoftwareName: '-' };
    const right = { ...NO_CLIENT, clientSoftwareName: 'a', clientSoftwareVersion: '1' };
    for (let i = 0; i < 2; i++) {
      assert.equal((await client.call(ApiVersions, 3, wrong)).errorCode, ErrorCode.INVALID_REQUEST);
    }
    assert.equal((await client.call(ApiVersions, 3, right)).errorCode, ErrorCode.NONE);
    assert.equal((await client.call(SaslHandshake, 1, { mechanism: 'PLAIN' })).errorCode, ErrorCode.NONE);
    client.close();
  });

  test('a mechanism that is not served is answered with those that are, and the connection closed', async () => {
    const client = await connect(await start());
    assert.deepEqual(await client.call(SaslHandshake, 1, { mechanism: 'GSSAPI' }), {
      errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM,
      mechanisms: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
    });
    await client.closed;
  });

  test('a wrong password is answered with its text, and the connection closed', async () => {
    const client = await connect(await start());
    await client.call(SaslHandshake, 1, { mechanism: 'PLAIN' });
    const answer = await client.call(SaslAuthenticate, 2, { authBytes: Buffer.from('\0alice\0wrong') });
    assert.equal(answer.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
    assert.equal(answer.errorMessage, 'Authentication failed: Invalid username or password');
    await client.closed;
  });

  test('tokens have no bound of their own where that is -1', async () => {
    const client = await connect(await start({ 'sasl.server.max.receive.size': '-1' }));
    await client.call(SaslHandshake, 1, { mechanism: 'PLAIN' });
    const answer = await client.call(SaslAuthenticate, 2, { authBytes: Buffer.from('\0alice\0secret') });
    assert.equal(answer.errorCode, ErrorCode.NONE);
    client.close();
  });

  test('bare tokens follow the handshake of version 0', async () => {
    const client = await connect(await start());
    await client.call(SaslHandshake, 0, { mechanism: 'PLAIN' });
    const token = Buffer.from('\0alice\0secret');
    client.send(Buffer.concat([Buffer.from([0, 0, 0, token.length]), token]));
    assert.equal((await client.next())?.length, 0);
    const { brokers } = await client.call(Metadata, 1, { topics: [] });
    assert.equal(brokers.length, 1);
    client.close();
  });

  test('a wrong bare token closes the connection without an answer', async () => {
    const client = await connect(await start());
    await client.call(SaslHandshake, 0, { mechanism: 'PLAIN' });
    const token = Buffer.from('\0alice\0wrong');
    client.send(Buffer.concat([Buffer.from([0, 0, 0, token.length]), token]));
    assert.equal(await client.next(), null);
  });

  test('a session that has ended serves SaslHandshake and nothing else', async () => {
    const broker = await start({ 'listener.name.client.plain.connections.max.reauth.ms': '1' });
    const client = await connect(broker);
    await client.call(SaslHandshake, 1, { mechanism: 'PLAIN' });
    const authBytes = Buffer.from('\0alice\0secret');
    const { sessionLifetimeMs } = await client.call(SaslAuthenticate, 2, { authBytes });
    assert.equal(sessionLifetimeMs, 1);
    await new Promise((resolve) => void setTimeout(resolve, 5));
    assert.equal((await client.call(SaslHandshake, 1, { mechanism: 'PLAIN' })).errorCode, ErrorCode.NONE);
    assert.equal((await client.call(SaslAuthenticate, 2, { authBytes })).errorCode, ErrorCode.NONE);
    await new Promise((resolve) => void setTimeout(resolve, 5));
    client.send(requestFrame(ApiKey.Metadata, 1, 9));
    await client.closed;
  });
});

test('who need not say again who he is within any time is let in', async () => {
  const broker = await start({ 'connections.max.reauth.ms': '9223372036854775807' });
  const client = await connect(broker);
  await client.call(SaslHandshake, 1, { mechanism: 'PLAIN' });
  const answer = await client.call(SaslAuthenticate, 2, { authBytes: Buffer.from('\0alice\0secret') });
  assert.deepEqual([answer.errorCode, answer.sessionLifetimeMs], [ErrorCode.NONE, Number.MAX_SAFE_INTEGER]);
  assert.equal((await client.call(ApiVersions, 0, NO_CLIENT)).errorCode, ErrorCode.NONE);
  client.close();
});

test('who is to say once more who he is, and fails, is told that it was then', async () => {
  const broker = await start({ 'connections.max.reauth.ms': '60000' });
  await addScramUser(broker, 'bob', 'pencil');
  const client = await connect(broker);
  assert.equal((await authenticateScram(client, 'SCRAM-SHA-256', 'bob', 'pencil')).errorCode, ErrorCode.NONE);
  const { errorMessage } = await authenticateScram(client, 'SCRAM-SHA-256', 'bob', 'pen');
  assert.equal(
    errorMessage,
    'Authentication failed during re-authentication due to invalid credentials with SASL mechanism SCRAM-SHA-256',
  );
  await client.closed;
});

test('a listener without SASL says that it comes too late, and goes on', async () => {
  const client = await connect(await start(), 'ADMIN');
  const hello = await client.call(SaslHandshake, 1, { mechanism: 'PLAIN' });
  assert.equal(hello.errorCode, ErrorCode.ILLEGAL_SASL_STATE);
  const answer = await client.call(SaslAuthenticate, 2, { authBytes: Buffer.from('\0alice\0secret') });
  assert.equal(answer.errorCode, ErrorCode.ILLEGAL_SASL_STATE);
  assert.equal(answer.errorMessage, 'SaslAuthenticate request received after successful authentication');
  assert.equal((await client.call(ApiVersions, 0, NO_CLIENT)).errorCode, ErrorCode.NONE);
  client.close();
});

describe('SCRAM credentials', () => {
  const upsertion = {
    name: 'carol',
    mechanism: 1,
    iterations: 4096,
    salt: Buffer.from('s'),
    saltedPassword: Buffer.from('p'),
  };

  test('are described without what they are, and gone when they are deleted', async () => {
    const broker = await start();
    const client = await connect(broker, 'ADMIN');
    await client.call(AlterUserScramCredentials, 0, { deletions: [], upsertions: [upsertion] });
    const all = await client.call(DescribeUserScramCredentials, 0, { users: null });
    const credentialInfos = [{ mechanism: 1, iterations: 4096 }];
    assert.deepEqual(all.results, [{ user: 'carol', errorCode: 0, errorMessage: '', credentialInfos }]);
    const deletion = { name: 'carol', mechanism: 1 };
    await client.call(AlterUserScramCredentials, 0, { deletions: [deletion], upsertions: [] });
    assert.deepEqual((await client.call(DescribeUserScramCredentials, 0, { users: [] })).results, []);
    const again = await client.call(AlterUserScramCredentials, 0, { deletions: [deletion], upsertions: [] });
    assert.equal(again.results[0]?.errorCode, ErrorCode.RESOURCE_NOT_FOUND);
    client.close();
  });

  const wrong: ReadonlyArray<readonly [Partial<typeof upsertion>, number, string | null]> = [
    [{ iterations: 4095 }, ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Too few iterations'],
    [{ iterations: 16_385 }, ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Too many iterations'],
    [{ name: '' }, ErrorCode.UNACCEPTABLE_CREDENTIAL, 'Username must not be empty'],
    [{ mechanism: 0 }, ErrorCode.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism'],
    [{ mechanism: 3 }, ErrorCode.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism'],
    [{ saltedPassword: Buffer.alloc(0) }, ErrorCode.UNKNOWN_SERVER_ERROR, null],
    [{ salt: Buffer.alloc(0) }, ErrorCode.NONE, null],
  ];
  for (const [fields, errorCode, errorMessage] of wrong) {
    test(`with ${JSON.stringify(fields)} are answered with ${errorCode}`, async () => {
      const client = await connect(await start(), 'ADMIN');
      const { results } = await client.call(AlterUserScramCredentials, 0, {
        deletions: [],
        upsertions: [{ ...upsertion, ...fields }],
      });
      assert.deepEqual(results, [{ user: fields.name ?? 'carol', errorCode, errorMessage }]);
      client.close();
    });
  }

  test('of a user who is named twice are refused for the first change, where that is wrong', async () => {
    const client = await connect(await start(), 'ADMIN');
    const deletion = { name: 'carol', mechanism: 1 };
    const first = await client.call(AlterUserScramCredentials, 0, { deletions: [deletion], upsertions: [upsertion] });
    assert.equal(first.results[0]?.errorCode, ErrorCode.RESOURCE_NOT_FOUND);
    const wrong = { ...upsertion, mechanism: 3 };
    const second = await client.call(AlterUserScramCredentials, 0, { deletions: [], upsertions: [wrong, upsertion] });
    assert.equal(second.results[0]?.errorCode, ErrorCode.UNSUPPORTED_SASL_MECHANISM);
    client.close();
  });

  test('of a user who is named twice are left as they are, those of another are changed', async () => {
    const client = await connect(await start(), 'ADMIN');
    const upsertions = [upsertion, { ...upsertion, mechanism: 2 }, { ...upsertion, name: 'dave' }];
    const { results } = await client.call(AlterUserScramCredentials, 0, { deletions: [], upsertions });
    assert.deepEqual(
      results.map(({ user, errorCode }) => [user, errorCode]),
      [
        ['carol', ErrorCode.DUPLICATE_RESOURCE],
        ['dave', ErrorCode.NONE],
      ],
    );
    const users = ['carol', 'dave', 'erin', 'erin'].map((name) => ({ name }));
    const described = await client.call(DescribeUserScramCredentials, 0, { users });
    assert.deepEqual(
      described.results.map(({ user, errorCode }) => [user, errorCode]),
      [
        ['carol', ErrorCode.RESOURCE_NOT_FOUND],
        ['dave', ErrorCode.NONE],
        ['erin', ErrorCode.DUPLICATE_RESOURCE],
      ],
    );
    client.close();
  });
});

describe('settings of SASL', () => {
  const wrong: ReadonlyArray<readonly [Readonly<Record<string, string>>, RegExp]> = [
    [{ 'sasl.enabled.mechanisms': 'GSSAPI' }, /^sasl.enabled.mechanisms: CLIENT has GSSAPI, and PLAIN, .* are served$/],
    [
      { 'listener.name.client.plain.sasl.jaas.config': 'x required password="hunter2";' },
      /^listener.name.client.plain.sasl.jaas.config: PLAIN needs users/,
    ],
    [
      { 'listener.name.client.plain.sasl.jaas.config': 'x required user_a="hunter2' },
      /^listener.name.client.plain.sasl.jaas.config: at character \d+/,
    ],
  ];
  for (const [settings, message] of wrong) {
    test(`that cannot be served are refused in one line, without secrets: ${message.source}`, async () => {
      await assert.rejects(
        async () => start(settings),
        (error) => error instanceof ConfigError && message.test(error.message) && !error.message.includes('hunter2'),
      );
    });
  }
});

describe('a handler that is named without listener and mechanism', () => {
  const handler = 'sasl.server.callback.handler.class';
  const warnings = async (settings: Readonly<Record<string, string>>): Promise<string[]> => {
    const logger = new Lines();
    await start(settings, logger);
    return logger.lines.filter(({ event }) => event === 'handler-without-effect').map(({ message }) => message);
  };

  test('has no effect on passwords, which is said in one line, with the name that would have one', async () => {
    for (const name of [handler, `listener.name.client.${handler}`]) {
      assert.deepEqual(await warnings({ [name]: 'com.acme.LdapHandler' }), [
        `${handler} has no effect on PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 of listener CLIENT, as in Apache Kafka: it would be listener.name.client.plain.${handler}`,
      ]);
    }
  });

  test('is passed over where nothing is expected of it', async () => {
    assert.deepEqual(await warnings({}), []);
    const internals = 'org.apache.kafka.common.security.plain.internals';
    assert.deepEqual(await warnings({ [handler]: `${internals}.PlainServerCallbackHandler` }), []);
    const unsecured = 'org.apache.kafka.common.security.oauthbearer.internals.unsecured';
    const settings = {
      'sasl.enabled.mechanisms': 'PLAIN,OAUTHBEARER',
      [handler]: `${unsecured}.OAuthBearerUnsecuredValidatorCallbackHandler`,
    };
    assert.deepEqual(await warnings(settings), []);
  });
});
