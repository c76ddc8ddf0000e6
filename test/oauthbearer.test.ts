/** OAUTHBEARER over sockets, with a provider on this machine; texts as Apache Kafka 4.4.0 was seen to answer. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { JWK } from 'jose';
import { Kafka, logLevel } from 'kafkajs';
import { ErrorCode } from '../protocol/errors.ts';
import type { Logger } from '../src/base/logger.ts';
import { type RunningBroker, startBrokerServer } from '../src/broker.ts';
import { createBrokerConfig } from '../src/config/broker-config.ts';
import { ConfigError } from '../src/config/config-error.ts';
import { Metadata } from './support/admin-apis.ts';
import { Authority } from './support/certificates.ts';
import { authenticate, sendToken } from './support/sasl-client.ts';
import { Lines } from './support/log-lines.ts';
import { TokenProvider } from './support/token-provider.ts';
import { WireClient } from './support/wire-client.ts';

const UNSECURED =
  'org.apache.kafka.common.security.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler';
const SETTINGS = {
  listeners: 'CLIENT://127.0.0.1:0',
  'listener.security.protocol.map': 'CLIENT:SASL_PLAINTEXT',
  'sasl.enabled.mechanisms': 'OAUTHBEARER',
  'connection.failed.authentication.delay.ms': '0',
  'group.initial.rebalance.delay.ms': '0',
  'walka.durability': 'memory',
};
const REFUSED = '{"status":"invalid_token"}';
const ACKNOWLEDGEMENT = '\x01';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function provide(): Promise<TokenProvider> {
  const provider = await TokenProvider.open();
  opened.push(provider);
  return provider;
}

function ofProvider({ url, issuer }: TokenProvider): Record<string, string> {
  return {
    'sasl.oauthbearer.jwks.endpoint.url': url,
    'sasl.oauthbearer.expected.issuer': issuer,
    'sasl.oauthbearer.expected.audience': 'walka,others',
  };
}

async function start(settings: Readonly<Record<string, string>>, logger?: Logger): Promise<RunningBroker> {
  const config = createBrokerConfig(new Map(Object.entries({ ...SETTINGS, ...settings })));
  const broker = await startBrokerServer({ config, ...(logger && { logger }) });
  opened.push(broker);
  return broker;
}

const portOf = ({ listeners }: RunningBroker): number => listeners[0]?.port ?? 0;
const connect = (broker: RunningBroker): Promise<WireClient> => WireClient.open(portOf(broker));

function message(token: string, name = ''): string {
  return `n,${name === '' ? '' : `a=${name}`},\x01auth=Bearer ${token}\x01\x01`;
}

async function login(broker: RunningBroker, token: string, name = '') {
  const client = await connect(broker);
  return { client, answer: await authenticate(client, 'OAUTHBEARER', message(token, name)) };
}

async function assertRefused(broker: RunningBroker, token: string): Promise<void> {
  const { client, answer } = await login(broker, token);
  assert.deepEqual([answer.errorCode, answer.authBytes.toString()], [ErrorCode.NONE, REFUSED]);
  const end = await sendToken(client, ACKNOWLEDGEMENT);
  assert.deepEqual([end.errorCode, end.errorMessage], [ErrorCode.SASL_AUTHENTICATION_FAILED, REFUSED]);
  await client.closed;
}

/** A token without a signature. */
function unsigned(claims: Readonly<Record<string, unknown>>, header = { alg: 'none' }): string {
  const [first, second] = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return `${first}.${second}.`;
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

describe('a client with a token of the provider', () => {
  test('of kafkajs writes and reads', async () => {
    const provider = await provide();
    const broker = await start(ofProvider(provider));
    const oauthBearerProvider = async () => ({ value: await provider.token('alice') });
    const sasl = { mechanism: 'oauthbearer' as const, oauthBearerProvider };
    const kafka = new Kafka({ brokers: [`127.0.0.1:${portOf(broker)}`], sasl, logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: 'orders', messages: [{ value: 'one' }] });
    await producer.disconnect();
    const consumer = kafka.consumer({ groupId: 'readers' });
    await consumer.connect();
    await consumer.subscribe({ topics: ['orders'], fromBeginning: true });
    const value = await new Promise((resolve) => {
      void consumer.run({ eachMessage: async ({ message: { value: bytes } }) => resolve(bytes?.toString()) });
    });
    await consumer.disconnect();
    assert.equal(value, 'one');
  });

  test('is who the token says, for as long as the token lives', async () => {
    const provider = await provide();
    const acls = {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:alice',
      'sasl.oauthbearer.sub.claim.name': 'client_id',
    };
    const broker = await start({ ...ofProvider(provider), ...acls });
    const exp = nowSeconds() + 600;
    for (const [user, errorCode] of [
      ['alice', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      ['bob', 29],
    ] as const) {
      const { client, answer } = await login(broker, await provider.token('nobody', { client_id: user, exp }), user);
      assert.equal(answer.errorCode, ErrorCode.NONE);
      assert.ok(answer.sessionLifetimeMs > 590_000 && answer.sessionLifetimeMs <= 600_000);
      const request = { topics: [{ name: 'orders' }], allowAutoTopicCreation: false };
      assert.equal((await client.call(Metadata, 4, request)).topics[0]?.errorCode, errorCode);
      client.close();
    }
  });

  test('may not ask to be another', async () => {
    const provider = await provide();
    const { client, answer } = await login(await start(ofProvider(provider)), await provider.token('alice'), 'bob');
    assert.equal(answer.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
    const text =
      "Authentication failed: Client requested an authorization id (bob) that is different from the token's principal name (alice)";
    assert.equal(answer.errorMessage, text);
    await client.closed;
  });

  test('authenticates again with a newer one, and not with one of another user', async () => {
    const provider = await provide();
    const { client } = await login(await start(ofProvider(provider)), await provider.token('alice'));
    const again = await authenticate(client, 'OAUTHBEARER', message(await provider.token('alice')));
    assert.equal(again.errorCode, ErrorCode.NONE);
    client.close();
    const { client: other } = await login(await start(ofProvider(provider)), await provider.token('alice'));
    const changed = await authenticate(other, 'OAUTHBEARER', message(await provider.token('bob')));
    assert.equal(changed.errorMessage, 'Cannot change principals during re-authentication from User.alice: User.bob');
    await other.closed;
  });

  test('is let in after the provider changed its keys', async () => {
    const provider = await provide();
    const broker = await start(ofProvider(provider));
    const old = await provider.token('alice');
    await provider.rotate('second', 'ES256');
    const { client, answer } = await login(broker, await provider.token('alice'));
    assert.deepEqual([answer.errorCode, answer.authBytes.length, provider.asked], [ErrorCode.NONE, 0, 2]);
    client.close();
    await assertRefused(broker, old);
    assert.equal(provider.asked, 2, 'the provider is not asked for each token that nobody signed');
  });

  test('is let in once a broken key of the same name is mended', async () => {
    const provider = await provide();
    const [good] = provider.keys.keys;
    const token = await provider.token('alice');
    for (const broken of [{ ...good, n: '!' }, (await provide()).keys.keys[0]]) {
      provider.publish([{ ...broken, kid: 'first' } as JWK]);
      const broker = await start(ofProvider(provider));
      if (good !== undefined) provider.publish([good]);
      const { client, answer } = await login(broker, token);
      assert.deepEqual([answer.errorCode, answer.authBytes.length], [ErrorCode.NONE, 0]);
      client.close();
    }
  });

  test('is let in by the right one of several keys without names', async () => {
    const provider = await provide();
    const keys = [...(await provide()).keys.keys, ...provider.keys.keys];
    for (const key of keys) delete key.kid;
    provider.publish(keys);
    const broker = await start(ofProvider(provider));
    const { client, answer } = await login(broker, await provider.token('alice', {}, undefined, null));
    assert.deepEqual([answer.errorCode, answer.authBytes.length], [ErrorCode.NONE, 0]);
    client.close();
    const stranger = await provide();
    await assertRefused(broker, await stranger.token('alice', { iss: provider.issuer }, undefined, null));
  });

  test('is let in by keys of a provider whose authority JAAS names', async () => {
    const authority = await Authority.create();
    const provider = await TokenProvider.open(await authority.issue());
    opened.push(provider);
    const jaas = (options: string) => ({
      'listener.name.client.oauthbearer.sasl.jaas.config': `org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required ${options};`,
    });
    const trust = `ssl.truststore.type="PEM" ssl.truststore.certificates="${authority.certificate}"`;
    const broker = await start({ ...ofProvider(provider), ...jaas(trust) });
    const { client, answer } = await login(broker, await provider.token('alice'));
    assert.deepEqual([answer.errorCode, answer.authBytes.length], [ErrorCode.NONE, 0]);
    client.close();
    await assertRefused(await start(ofProvider(provider)), await provider.token('alice'));
    const nowhere = jaas('ssl.truststore.type="PEM" ssl.truststore.location="/nowhere"');
    await assert.rejects(start({ ...ofProvider(provider), ...nowhere }), /ssl\.truststore\.location: .*\/nowhere/);
  });

  test('is let in by keys in a file', async () => {
    const provider = await provide();
    const directory = await mkdtemp(join(tmpdir(), 'walka-keys-'));
    opened.push({ [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) });
    const file = join(directory, 'keys.json');
    await writeFile(file, JSON.stringify(provider.keys));
    const settings = { ...ofProvider(provider), 'sasl.oauthbearer.jwks.endpoint.url': pathToFileURL(file).href };
    const { client, answer } = await login(await start(settings), await provider.token('alice'));
    assert.deepEqual([answer.errorCode, answer.authBytes.length], [ErrorCode.NONE, 0]);
    client.close();
  });

  test('is let in where keys of other kinds stand beside that which signed it', async () => {
    const provider = await provide();
    const directory = await mkdtemp(join(tmpdir(), 'walka-keys-'));
    opened.push({ [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) });
    const file = join(directory, 'keys.json');
    const settings = { ...ofProvider(provider), 'sasl.oauthbearer.jwks.endpoint.url': pathToFileURL(file).href };
    await writeFile(file, JSON.stringify({ keys: [null, 5, {}, { kty: 'new', kid: 'x' }, ...provider.keys.keys] }));
    const { client, answer } = await login(await start(settings), await provider.token('alice'));
    assert.deepEqual([answer.errorCode, answer.authBytes.length], [ErrorCode.NONE, 0]);
    client.close();
    await writeFile(file, JSON.stringify({ keys: [null] }));
    await assert.rejects(start(settings), /the keys cannot be read: there is no key in it/);
  });

  test('is let in for as long as numbers go, where it ends after that', async () => {
    const provider = await provide();
    const broker = await start(ofProvider(provider));
    for (const exp of [1e13, 1e15, 1e300, 1e306]) {
      const { client, answer } = await login(broker, await provider.token('alice', { exp }));
      assert.deepEqual([answer.errorCode, answer.authBytes.length], [ErrorCode.NONE, 0]);
      assert.ok(answer.sessionLifetimeMs > 8e15, `${answer.sessionLifetimeMs} ms`);
      client.close();
    }
  });

  test('is told of a wrong name in few words, however long that is', async () => {
    const provider = await provide();
    const broker = await start(ofProvider(provider));
    const { client, answer } = await login(broker, await provider.token('alice'), 'b'.repeat(400_000));
    assert.equal(answer.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
    assert.equal(answer.errorMessage?.length, 1000);
    await client.closed;
  });
});

describe('a token is refused', () => {
  const now = nowSeconds();
  const wrong: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'that is expired': { iat: now - 7200, exp: now - 3600 },
    'that never expires': { exp: undefined },
    'that does not say when it was made': { iat: undefined },
    'of another issuer': { iss: 'https://issuer.example' },
    'without an issuer': { iss: undefined },
    'for another audience': { aud: 'somebody-else' },
    'without an audience': { aud: undefined },
    'that is not good yet': { nbf: now + 3600 },
    'that names nobody': { sub: undefined },
    'that names a number': { sub: 5 },
    'whose scope is a number': { scope: 5 },
  };
  for (const [what, claims] of Object.entries(wrong)) {
    test(what, async () => {
      const provider = await provide();
      await assertRefused(await start(ofProvider(provider)), await provider.token('alice', claims));
    });
  }

  const made: Readonly<Record<string, (good: string) => string>> = {
    'without a signature': () => unsigned({ sub: 'alice', aud: 'walka', iat: now, exp: now + 3600 }),
    'whose signature is of something else': (good) => {
      const [header, payload, signature] = good.split('.');
      const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as object;
      return [header, Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url'), signature].join(
        '.',
      );
    },
    'whose signature is cut': (good) => good.slice(0, -8),
    'that is none': () => 'abc',
  };
  for (const [what, make] of Object.entries(made)) {
    test(what, async () => {
      const provider = await provide();
      await assertRefused(await start(ofProvider(provider)), make(await provider.token('alice')));
    });
  }

  test('of somebody who has other keys under the same name', async () => {
    const provider = await provide();
    const stranger = await provide();
    await assertRefused(await start(ofProvider(provider)), await stranger.token('alice', { iss: provider.issuer }));
  });

  test('with what was wrong in the log, and nothing of the token', async () => {
    const logger = new Lines();
    const provider = await provide();
    const broker = await start(ofProvider(provider), logger);
    const token = await provider.token('alice', { aud: 'somebody-else' });
    await assertRefused(broker, token);
    const text = JSON.stringify(logger.lines);
    assert.match(text, /Authentication failed: the token does not count: its claim aud is not as it must be/);
    for (const part of token.split('.')) assert.ok(!text.includes(part));
  });

  test('where only a clock that is off makes it good, beyond what is allowed', async () => {
    const provider = await provide();
    const broker = await start({ ...ofProvider(provider), 'sasl.oauthbearer.clock.skew.seconds': '60' });
    const late = await login(broker, await provider.token('alice', { exp: nowSeconds() - 20 }));
    assert.equal(late.answer.authBytes.length, 0);
    late.client.close();
    await assertRefused(broker, await provider.token('alice', { exp: nowSeconds() - 100 }));
  });
});

test('a first message that is malformed is told no more than that it failed', async () => {
  const provider = await provide();
  const broker = await start(ofProvider(provider));
  const token = await provider.token('alice');
  for (const text of [
    '',
    'hello',
    ACKNOWLEDGEMENT,
    `y,,\x01auth=Bearer ${token}\x01\x01`,
    `n,,\x01auth=Basic ${token}\x01\x01`,
    `n,,\x01auth=Bearer ${token}\x01`,
    'n,,\x01x=y\x01\x01',
  ]) {
    const client = await connect(broker);
    const answer = await authenticate(client, 'OAUTHBEARER', text);
    assert.equal(
      answer.errorMessage,
      'Authentication failed during authentication due to invalid credentials with SASL mechanism OAUTHBEARER',
    );
    await client.closed;
  }
  const { client, answer } = await login(broker, token);
  assert.equal(answer.errorCode, ErrorCode.NONE, 'extensions are taken');
  client.close();
});

describe('tokens that nobody signed', () => {
  const good = () => unsigned({ sub: 'alice', iat: nowSeconds(), exp: nowSeconds() + 3600, scope: ['a', 'b'] });
  const options = {
    'sasl.server.callback.handler.class': UNSECURED,
    'sasl.jaas.config':
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredValidatorRequiredScope="a b";',
  };

  test('are taken where the settings name what takes them', async () => {
    const { client, answer } = await login(await start(options), good());
    assert.deepEqual([answer.errorCode, answer.authBytes.length], [ErrorCode.NONE, 0]);
    client.close();
  });

  test('are told which scope they have not', async () => {
    const token = unsigned({ sub: 'alice', exp: nowSeconds() + 3600, scope: 'b' });
    const { client, answer } = await login(await start(options), token);
    assert.equal(answer.authBytes.toString(), '{"status":"insufficient_scope","scope":"a b"}');
    client.close();
  });

  test('are refused when they are expired, of the future or signed', async () => {
    const broker = await start({ 'sasl.server.callback.handler.class': UNSECURED });
    const now = nowSeconds();
    await assertRefused(broker, unsigned({ sub: 'alice', exp: now - 1 }));
    await assertRefused(broker, unsigned({ sub: 'alice', iat: now + 1000, exp: now + 3600 }));
    await assertRefused(broker, unsigned({ sub: 'alice', exp: now + 3600 }, { alg: 'RS256' }));
    await assertRefused(broker, `${unsigned({ sub: 'alice', exp: now + 3600 })}AAAA`);
    await assertRefused(broker, unsigned({ sub: '', exp: now + 3600 }));
    await assertRefused(broker, unsigned({ sub: 'alice', exp: String(now + 3600) }));
  });
});

describe('settings of OAUTHBEARER', () => {
  const url = 'http://127.0.0.1:1/keys';
  const wrong: ReadonlyArray<readonly [Readonly<Record<string, string>>, RegExp]> = [
    [{}, /^sasl.oauthbearer.jwks.endpoint.url: OAUTHBEARER needs the keys .* For tests, .*UnsecuredValidator/],
    [{ 'sasl.server.callback.handler.class': 'com.acme.Handler' }, /com.acme.Handler cannot be run here/],
    [{ 'sasl.oauthbearer.jwks.endpoint.url': url }, /^sasl.oauthbearer.expected.audience: it is not set/],
    [
      { 'sasl.oauthbearer.jwks.endpoint.url': url, 'sasl.oauthbearer.expected.audience': 'walka' },
      /^sasl.oauthbearer.expected.issuer: it is not set.*allow.unverified.issuer=true/,
    ],
    [
      { 'sasl.oauthbearer.jwks.endpoint.url': url, 'sasl.oauthbearer.jwt.validator.class': 'com.acme.Validator' },
      /com.acme.Validator cannot be run here/,
    ],
    [
      {
        'sasl.oauthbearer.jwks.endpoint.url': 'file:///nowhere/keys.json',
        'sasl.oauthbearer.allow.unverified.audience': 'true',
        'sasl.oauthbearer.allow.unverified.issuer': 'true',
      },
      /^sasl.oauthbearer.jwks.endpoint.url: the keys cannot be read/,
    ],
    [
      {
        'sasl.oauthbearer.jwks.endpoint.url': 'ftp://127.0.0.1/keys.json',
        'sasl.oauthbearer.allow.unverified.audience': 'true',
        'sasl.oauthbearer.allow.unverified.issuer': 'true',
      },
      /^sasl.oauthbearer.jwks.endpoint.url: it is not an address/,
    ],
    [
      {
        'sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.client.plain.sasl.server.callback.handler.class': 'com.acme.H',
      },
      /^listener.name.client.plain.sasl.server.callback.handler.class: com.acme.H cannot be run here/,
    ],
  ];
  for (const [settings, text] of wrong) {
    test(`${JSON.stringify(settings)} are refused`, async () => {
      await assert.rejects(
        async () => start(settings),
        (error) => error instanceof ConfigError && text.test(error.message),
      );
    });
  }

  test('of tokens with any audience and issuer are taken where somebody says so', async () => {
    const provider = await provide();
    const settings = {
      'sasl.oauthbearer.jwks.endpoint.url': provider.url,
      'sasl.oauthbearer.allow.unverified.audience': 'true',
      'sasl.oauthbearer.allow.unverified.issuer': 'true',
    };
    const { client, answer } = await login(
      await start(settings),
      await provider.token('alice', { iss: 'x', aud: 'y' }),
    );
    assert.equal(answer.authBytes.length, 0);
    client.close();
  });

  test('of the controllers are asked for once at the start, too', async () => {
    const provider = await provide();
    await start({
      ...ofProvider(provider),
      listeners: 'CLIENT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
      'controller.listener.names': 'CONTROLLER',
      'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:SASL_PLAINTEXT',
    });
    assert.equal(provider.asked, 1);
  });

  test('name a provider that comes later, and tokens count from then on', async () => {
    const provider = await provide();
    provider.isBroken = true;
    const broker = await start({ ...ofProvider(provider), 'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms': '1' });
    await assertRefused(broker, await provider.token('alice'));
    provider.isBroken = false;
    for (let isIn = false; !isIn; ) {
      const { client, answer } = await login(broker, await provider.token('alice'));
      isIn = answer.authBytes.length === 0;
      client.close();
    }
  });
});
