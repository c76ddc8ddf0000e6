/** Delegation tokens over sockets, as Apache Kafka 4.4.0 was seen to answer. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { ApiKey } from '../protocol/apis.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { writeCreateDelegationTokenRequest } from '../protocol/generated/create-delegation-token-request.ts';
import {
  type CreateDelegationTokenResponse,
  readCreateDelegationTokenResponse,
} from '../protocol/generated/create-delegation-token-response.ts';
import { writeDescribeDelegationTokenRequest } from '../protocol/generated/describe-delegation-token-request.ts';
import { readDescribeDelegationTokenResponse } from '../protocol/generated/describe-delegation-token-response.ts';
import { writeExpireDelegationTokenRequest } from '../protocol/generated/expire-delegation-token-request.ts';
import { readExpireDelegationTokenResponse } from '../protocol/generated/expire-delegation-token-response.ts';
import { writeRenewDelegationTokenRequest } from '../protocol/generated/renew-delegation-token-request.ts';
import { readRenewDelegationTokenResponse } from '../protocol/generated/renew-delegation-token-response.ts';
import { systemClock } from '../src/base/clock.ts';
import { ManualClock } from '../src/base/manual-clock.ts';
import { type RunningBroker, startBrokerServer } from '../src/broker.ts';
import { createBrokerConfig } from '../src/config/broker-config.ts';
import type { Acl } from '../src/security/acls/acl.ts';
import { Metadata } from './support/admin-apis.ts';
import { turns, until } from './support/run-clock.ts';
import { authenticate, authenticateScram, plainToken } from './support/sasl-client.ts';
import { WireClient } from './support/wire-client.ts';

const Create = {
  apiKey: ApiKey.CreateDelegationToken,
  write: writeCreateDelegationTokenRequest,
  read: readCreateDelegationTokenResponse,
};
const Describe = {
  apiKey: ApiKey.DescribeDelegationToken,
  write: writeDescribeDelegationTokenRequest,
  read: readDescribeDelegationTokenResponse,
};
const Renew = {
  apiKey: ApiKey.RenewDelegationToken,
  write: writeRenewDelegationTokenRequest,
  read: readRenewDelegationTokenResponse,
};
const Expire = {
  apiKey: ApiKey.ExpireDelegationToken,
  write: writeExpireDelegationTokenRequest,
  read: readExpireDelegationTokenResponse,
};

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SECRET_KEY = 'the key of this cluster';
const SETTINGS = {
  listeners: 'OPEN://127.0.0.1:0,CLIENT://127.0.0.1:0',
  'listener.security.protocol.map': 'OPEN:PLAINTEXT,CLIENT:SASL_PLAINTEXT',
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
  'sasl.jaas.config': 'PlainLoginModule required user_alice="a" user_bob="b" user_carol="c" user_admin="d";',
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:admin',
  'connection.failed.authentication.delay.ms': '0',
  'connections.max.idle.ms': '864000000',
  'delegation.token.secret.key': SECRET_KEY,
  'walka.durability': 'memory',
};
const PASSWORDS = { alice: 'a', bob: 'b', carol: 'c', admin: 'd' } as const;

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const broker of opened.splice(0).toReversed()) await broker[Symbol.asyncDispose]();
});

interface Started {
  readonly broker: RunningBroker;
  readonly clock: ManualClock;
  readonly port: number;
}

async function start(settings: Readonly<Record<string, string>> = {}, realTime = false): Promise<Started> {
  const config = createBrokerConfig(new Map(Object.entries({ ...SETTINGS, ...settings })));
  const clock = new ManualClock();
  const broker = await startBrokerServer({ config, clock: realTime ? systemClock : clock });
  opened.push(broker);
  return { broker, clock, port: broker.listeners.find(({ name }) => name === 'CLIENT')?.port ?? 0 };
}

async function login({ port }: Started, user: keyof typeof PASSWORDS): Promise<WireClient> {
  const client = await WireClient.open(port);
  const { errorCode } = await authenticate(client, 'PLAIN', plainToken(user, PASSWORDS[user]));
  assert.equal(errorCode, ErrorCode.NONE);
  return client;
}

const user = (name: string) => ({ principalType: 'User', principalName: name });

interface Wanted {
  readonly owner?: string;
  readonly renewers?: readonly ReturnType<typeof user>[];
  readonly maxLifetimeMs?: number;
}

function create(client: WireClient, { owner, renewers = [], maxLifetimeMs = -1 }: Wanted = {}) {
  const ownerFields =
    owner === undefined
      ? { ownerPrincipalType: null, ownerPrincipalName: null }
      : { ownerPrincipalType: 'User', ownerPrincipalName: owner };
  return client.call(Create, 3, { ...ownerFields, renewers: [...renewers], maxLifetimeMs });
}

function renew(client: WireClient, { hmac }: { readonly hmac: Buffer }, renewPeriodMs: number) {
  return client.call(Renew, 2, { hmac, renewPeriodMs });
}

function expire(client: WireClient, { hmac }: { readonly hmac: Buffer }, expiryTimePeriodMs: number) {
  return client.call(Expire, 2, { hmac, expiryTimePeriodMs });
}

/** Names of the owners of the tokens that a client sees. */
async function owners(client: WireClient, of: readonly string[] | null = null): Promise<string[]> {
  const { errorCode, tokens } = await client.call(Describe, 3, { owners: of?.map(user) ?? null });
  assert.equal(errorCode, ErrorCode.NONE);
  return tokens.map(({ principalName }) => principalName).sort();
}

function byToken(client: WireClient, { tokenId, hmac }: CreateDelegationTokenResponse, mechanism = 'SCRAM-SHA-256') {
  const chosen = mechanism as 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  return authenticateScram(client, chosen, tokenId, hmac.toString('base64'), ',tokenauth=true');
}

/** The end of a login that fails, for which the broker takes a moment, if one of no length. */
async function failed<T>(clock: ManualClock, login: Promise<T>): Promise<T> {
  let isOver = false;
  void login.finally(() => (isOver = true));
  await until(() => {
    clock.advance(0);
    return isOver;
  });
  return login;
}

function userAcl(operation: Acl['operation'], name: string): Acl {
  const about = { type: 'USER', patternType: 'LITERAL', name } as const;
  return { ...about, principal: 'User:alice', host: '*', operation, permission: 'ALLOW' };
}

describe('a delegation token', () => {
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    test(`lets who has it log in as its owner with ${mechanism}, as long as it lives`, async () => {
      const started = await start();
      await started.broker.services.acls?.create({ ...userAcl('DESCRIBE', 'orders'), type: 'TOPIC' });
      const token = await create(await login(started, 'alice'));
      started.clock.advance(HOUR);
      const client = await WireClient.open(started.port);
      const answer = await byToken(client, token, mechanism);
      assert.equal(answer.errorCode, ErrorCode.NONE);
      assert.equal(answer.sessionLifetimeMs, 23 * HOUR);
      const { topics } = await client.call(Metadata, 4, {
        topics: [{ name: 'orders' }],
        allowAutoTopicCreation: false,
      });
      assert.equal(topics[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'alice may see it');
      started.clock.advance(23 * HOUR + 1);
      client.start(Metadata, 4, { topics: [], allowAutoTopicCreation: false });
      await client.closed;
    });
  }

  test('has the secret that Kafka makes of its id and the key', async () => {
    const started = await start();
    const token = await create(await login(started, 'alice'));
    assert.deepEqual(token.hmac, createHmac('sha512', SECRET_KEY).update(token.tokenId).digest());
    assert.equal(token.principalName, 'alice');
    assert.equal(token.tokenRequesterPrincipalName, 'alice');
    const { issueTimestampMs: issued } = token;
    assert.equal(issued, started.clock.now());
    assert.equal(token.expiryTimestampMs, issued + DAY);
    assert.equal(token.maxTimestampMs, issued + 7 * DAY);
  });

  test('lives no longer than asked, nor than the settings let it', async () => {
    const started = await start({ 'delegation.token.expiry.time.ms': String(2 * HOUR) });
    const client = await login(started, 'alice');
    const lives = async (maxLifetimeMs: number) => {
      const { issueTimestampMs, expiryTimestampMs, maxTimestampMs } = await create(client, { maxLifetimeMs });
      return [expiryTimestampMs - issueTimestampMs, maxTimestampMs - issueTimestampMs];
    };
    assert.deepEqual(await lives(HOUR), [HOUR, HOUR]);
    assert.deepEqual(await lives(0), [2 * HOUR, 7 * DAY]);
    assert.deepEqual(await lives(-5), [2 * HOUR, 7 * DAY]);
    assert.deepEqual(await lives(8 * DAY), [2 * HOUR, 7 * DAY]);
  });

  test('may live for ever, as far as Kafka counts', async () => {
    const forEver = { 'delegation.token.max.lifetime.ms': '9223372036854775807' };
    const client = await login(await start(forEver), 'alice');
    const { errorCode, maxTimestampMs } = await create(client);
    assert.deepEqual([errorCode, maxTimestampMs], [ErrorCode.NONE, Number.MAX_SAFE_INTEGER]);
    assert.deepEqual(await owners(client), ['alice']);
  });

  const refused: ReadonlyArray<readonly [string, (token: CreateDelegationTokenResponse) => [string, string, string]]> =
    [
      ['a wrong secret', ({ tokenId }) => [tokenId, 'wrong', ',tokenauth=true']],
      ['an id that is none', ({ hmac }) => ['nobody', hmac.toString('base64'), ',tokenauth=true']],
      ['the id as the name of a user', ({ tokenId, hmac }) => [tokenId, hmac.toString('base64'), '']],
    ];
  for (const [what, credentials] of refused) {
    test(`does not let in who has ${what}`, async () => {
      const started = await start();
      const token = await create(await login(started, 'alice'));
      const client = await WireClient.open(started.port);
      const attempt = authenticateScram(client, 'SCRAM-SHA-256', ...credentials(token));
      const answer = await failed(started.clock, attempt);
      assert.equal(answer.errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
      await client.closed;
    });
  }

  test('lets nobody in who comes when it is expired, and is gone at the next look', async () => {
    const started = await start();
    const alice = await login(started, 'alice');
    const token = await create(alice, { maxLifetimeMs: 1000 });
    started.clock.advance(1001);
    const client = await WireClient.open(started.port);
    const { errorCode } = await failed(started.clock, byToken(client, token));
    assert.equal(errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
    assert.equal((await renew(alice, token, -1)).errorCode, ErrorCode.DELEGATION_TOKEN_EXPIRED);
    assert.deepEqual(await owners(alice), ['alice']);
    started.clock.advance(HOUR);
    while ((await owners(alice)).length > 0) await turns(1);
    assert.equal((await renew(alice, token, -1)).errorCode, ErrorCode.DELEGATION_TOKEN_NOT_FOUND);
  });

  test('is there after a restart, with the same secret, unless the key is another', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'walka-tokens-'));
    opened.push({ [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) });
    const settings = { 'walka.durability': 'os', 'log.dirs': directory };
    const first = await start(settings, true);
    const token = await create(await login(first, 'alice'), { renewers: [user('bob')] });
    await first.broker.close();
    const second = await start(settings, true);
    assert.equal((await byToken(await WireClient.open(second.port), token)).errorCode, ErrorCode.NONE);
    assert.equal((await renew(await login(second, 'bob'), token, -1)).errorCode, ErrorCode.NONE);
    await second.broker.close();
    const third = await start({ ...settings, 'delegation.token.secret.key': 'another' }, true);
    const { errorCode } = await byToken(await WireClient.open(third.port), token);
    assert.equal(errorCode, ErrorCode.SASL_AUTHENTICATION_FAILED);
  });
});

describe('who may have to do with tokens', () => {
  test('nobody who has not said who he is, or who came by a token', async () => {
    const started = await start();
    const token = await create(await login(started, 'alice'));
    const byIt = await WireClient.open(started.port);
    await byToken(byIt, token);
    const anonymous = await WireClient.open(started.broker.listeners[0]?.port ?? 0);
    for (const client of [byIt, anonymous]) {
      const created = await create(client);
      assert.deepEqual([created.errorCode, created.expiryTimestampMs, created.hmac.length], [64, -1, 0]);
      assert.deepEqual(await renew(client, token, -1), { errorCode: 64, expiryTimestampMs: -1, throttleTimeMs: 0 });
      assert.deepEqual(await expire(client, token, -1), { errorCode: 64, expiryTimestampMs: -1, throttleTimeMs: 0 });
      const described = await client.call(Describe, 3, { owners: null });
      assert.deepEqual(described, { errorCode: 64, tokens: [], throttleTimeMs: 0 });
    }
  });

  test('nobody where there is no key', async () => {
    const started = await start({ 'delegation.token.secret.key': '' });
    const client = await login(started, 'alice');
    const created = await create(client);
    assert.deepEqual([created.errorCode, created.expiryTimestampMs], [ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED, 0]);
    const nothing = { hmac: Buffer.from('x') };
    for (const answer of [await renew(client, nothing, -1), await expire(client, nothing, -1)]) {
      assert.deepEqual([answer.errorCode, answer.expiryTimestampMs], [ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED, 0]);
    }
    const described = await client.call(Describe, 3, { owners: [] });
    assert.equal(described.errorCode, ErrorCode.DELEGATION_TOKEN_AUTH_DISABLED);
  });

  test('for another, who has the right to make some for him', async () => {
    const started = await start();
    const alice = await login(started, 'alice');
    const denied = await create(alice, { owner: 'bob' });
    assert.equal(denied.errorCode, ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED);
    assert.deepEqual([denied.principalName, denied.tokenRequesterPrincipalName], ['bob', 'alice']);
    await started.broker.services.acls?.create(userAcl('CREATE_TOKENS', 'User:bob'));
    const token = await create(alice, { owner: 'bob' });
    assert.equal(token.errorCode, ErrorCode.NONE);
    assert.deepEqual(await owners(alice), ['bob'], 'who asked for it sees it');
    assert.equal((await renew(alice, token, -1)).errorCode, ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH);
    assert.equal((await expire(alice, token, -1)).errorCode, ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH);
    assert.equal((await create(alice, { owner: 'carol' })).errorCode, 65);
  });

  test('renewing and expiring: owner and renewers, and no super user', async () => {
    const started = await start();
    const alice = await login(started, 'alice');
    const bob = await login(started, 'bob');
    const token = await create(alice, { renewers: [user('bob')] });
    for (const name of ['carol', 'admin'] as const) {
      const other = await login(started, name);
      assert.deepEqual(
        [(await renew(other, token, -1)).errorCode, (await expire(other, token, 0)).errorCode],
        [63, 63],
      );
    }
    started.clock.advance(HOUR);
    const now = started.clock.now();
    assert.equal((await renew(bob, token, HOUR)).expiryTimestampMs, now + HOUR);
    assert.equal((await renew(bob, token, 0)).expiryTimestampMs, now + DAY);
    assert.equal((await renew(alice, token, 30 * DAY)).expiryTimestampMs, now + DAY);
    assert.equal((await expire(bob, token, 30 * DAY)).expiryTimestampMs, token.maxTimestampMs);
    assert.equal((await expire(bob, token, 0)).expiryTimestampMs, now);
    assert.equal((await expire(bob, token, -1)).expiryTimestampMs, now);
    assert.equal((await expire(bob, token, -1)).errorCode, ErrorCode.DELEGATION_TOKEN_NOT_FOUND);
  });

  test('a renewer who is no user is refused', async () => {
    const client = await login(await start(), 'alice');
    const { errorCode } = await create(client, { renewers: [{ principalType: 'Group', principalName: 'g' }] });
    assert.equal(errorCode, ErrorCode.INVALID_PRINCIPAL_TYPE);
  });

  test('a token has no more renewers than are sensible', async () => {
    const client = await login(await start(), 'alice');
    const renewers = Array.from({ length: 1000 }, (_, i) => user(`renewer-${i}`));
    assert.equal((await create(client, { renewers })).errorCode, ErrorCode.INVALID_REQUEST);
    assert.deepEqual(await owners(client), []);
  });
});

describe('tokens that are described', () => {
  test('are those that concern the client, and those that it may see', async () => {
    const started = await start();
    const { acls } = started.broker.services;
    const alice = await login(started, 'alice');
    const admin = await login(started, 'admin');
    const carol = await login(started, 'carol');
    const ofBob = await create(await login(started, 'bob'));
    const ofCarol = await create(carol, { renewers: [user('bob')] });
    assert.deepEqual(await owners(alice), []);
    assert.deepEqual(await owners(admin), ['bob', 'carol']);
    assert.deepEqual(await owners(admin, ['bob']), ['bob', 'carol'], 'a renewer finds it, too');
    assert.deepEqual(await owners(admin, []), []);
    assert.deepEqual(await owners(carol), ['carol']);
    await acls?.create(userAcl('DESCRIBE_TOKENS', 'User:carol'));
    assert.deepEqual(await owners(alice), ['carol']);
    await acls?.create({ ...userAcl('DESCRIBE', ofBob.tokenId), type: 'DELEGATION_TOKEN' });
    assert.deepEqual(await owners(alice), ['bob', 'carol']);
    const { tokens } = await carol.call(Describe, 3, { owners: null });
    const { errorCode: _, throttleTimeMs: __, ...fields } = ofCarol;
    const { issueTimestampMs, expiryTimestampMs, maxTimestampMs, ...rest } = fields;
    const times = {
      issueTimestamp: issueTimestampMs,
      expiryTimestamp: expiryTimestampMs,
      maxTimestamp: maxTimestampMs,
    };
    assert.deepEqual(tokens, [{ ...rest, ...times, renewers: [user('bob')] }]);
  });
});
