/**
 * Passwords, keys and tokens of a broker that is set up, administered, logged in to and misused: none of them is in its log
 * (of everything), in an answer about settings, in an error text, or in what it says of itself.
 */
import assert from 'node:assert/strict';
import { pbkdf2Sync } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient } from './conformance/differential/api-client.ts';
import { BrokerProcess } from './support/broker-process.ts';
import { Authority } from './support/certificates.ts';

const SECRETS = {
  plain: 'hunter2-of-alice',
  plainWrong: 'hunter3-was-wrong',
  scram: 'pencil-of-carol',
  tokenKey: 'key-of-all-tokens',
  keystore: 'password-of-a-keystore',
  jaas: 'password-in-a-broken-jaas',
  reference: 'secret-behind-a-reference',
} as const;

/** The middle of a PEM, on one line. */
function marked(pem: string): string {
  return pem.split('\n')[2] as string;
}

const LONG_ENOUGH_FOR_THE_LOG_MS = 300;
const SET = 0;

test('no secret leaves the broker', async () => {
  const authority = await Authority.create();
  const issued = await authority.issue();
  const oneLine = (text: string) => text.trim().replaceAll('\n', '\\n');
  process.env['WALKA_TEST_SECRET'] = SECRETS.reference;
  await using broker = await BrokerProcess.start({
    target: 'walka',
    clientProtocol: 'SASL_PLAINTEXT',
    settings: {
      'walka.log.level': 'debug',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
      'listener.name.client.plain.sasl.jaas.config': `x.PlainLoginModule required user_alice="${SECRETS.plain}";`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS;User:alice',
      'delegation.token.secret.key': SECRETS.tokenKey,
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.key': oneLine(issued.key),
      'ssl.keystore.certificate.chain': oneLine(issued.chain),
      'ssl.truststore.password': SECRETS.keystore,
      'ssl.key.password': '${env:WALKA_TEST_SECRET}',
    },
  });
  const told: unknown[] = [];
  const open = (port: number) => ApiClient.open(port);
  const admin = await open(broker.port);
  const ask = async (client: ApiClient, ...args: Parameters<ApiClient['call']>) => {
    const answer = await client.call(...args);
    told.push(answer);
    return answer;
  };

  const saltedPassword = pbkdf2Sync(SECRETS.scram, 'salt', 4096, 32, 'sha256');
  const user = { name: 'carol', mechanism: 1, iterations: 4096, salt: Buffer.from('salt'), saltedPassword };
  await ask(admin, 'AlterUserScramCredentials', 0, { deletions: [], upsertions: [user, { ...user, iterations: 1 }] });
  await ask(admin, 'AlterUserScramCredentials', 0, { deletions: [], upsertions: [user] });
  await ask(admin, 'DescribeUserScramCredentials', 0, { users: null });

  // Logins that succeed and fail, and what is no login.
  for (const authBytes of [`\0alice\0${SECRETS.plainWrong}`, `alice\0${SECRETS.plainWrong}`, SECRETS.plainWrong]) {
    const client = await open(broker.clientPort);
    await ask(client, 'SaslHandshake', 1, { mechanism: 'PLAIN' });
    await ask(client, 'SaslAuthenticate', 2, { authBytes: Buffer.from(authBytes) });
    client.close();
  }
  const alice = await open(broker.clientPort);
  await ask(alice, 'SaslHandshake', 1, { mechanism: 'PLAIN' });
  await ask(alice, 'SaslAuthenticate', 2, { authBytes: Buffer.from(`\0alice\0${SECRETS.plain}`) });
  // Who makes a token is told its key, in this answer and when describing it.
  const token = await alice.call('CreateDelegationToken', 3, { renewers: [], maxLifetimeMs: -1 });
  assert.ok(typeof token === 'object' && 'hmac' in token && token['errorCode'] === 0);
  const hmac = token['hmac'] as Buffer;
  await ask(admin, 'RenewDelegationToken', 2, { hmac, renewPeriodMs: -1 });

  // Settings that are told, and those that are refused, whole and one by one.
  const broken = [
    ['listener.name.client.plain.sasl.jaas.config', `x required user_a="${SECRETS.jaas}`],
    ['listener.name.client.ssl.keystore.key', `-----BEGIN ${SECRETS.jaas}`],
    ['listener.name.client.ssl.keystore.password', SECRETS.jaas],
    ['listener.name.client.ssl.truststore.certificates', SECRETS.jaas],
    ['delegation.token.secret.key', SECRETS.jaas],
    ['sasl.jaas.config', SECRETS.jaas],
    ['ssl.key.password', SECRETS.jaas],
    ['sasl.oauthbearer.jwks.endpoint.url', `https://user:${SECRETS.jaas}@127.0.0.1/`],
  ];
  for (const resourceName of ['1', '']) {
    for (const [name, value] of broken) {
      const resources = [{ resourceType: 4, resourceName, configs: [{ name, configOperation: SET, value }] }];
      await ask(admin, 'IncrementalAlterConfigs', 1, { resources, validateOnly: true });
    }
    const all = { resources: [{ resourceType: 4, resourceName, configurationKeys: null }] };
    await ask(admin, 'DescribeConfigs', 4, { ...all, includeSynonyms: true, includeDocumentation: true });
  }
  await delay(LONG_ENOUGH_FOR_THE_LOG_MS);
  for (const client of [admin, alice]) client.close();

  const bigints = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  const answers = JSON.stringify(told, bigints).replaceAll(
    /\{"type":"Buffer","data":\[([\d,]*)\]\}/g,
    (_, bytes: string) => Buffer.from(bytes.split(',').map(Number)).toString('latin1'),
  );
  assert.match(broker.log, /authentication-failed/);
  assert.match(answers, /ssl\.keystore\.key/);
  const secrets = {
    ...SECRETS,
    key: marked(issued.key),
    salted: saltedPassword.toString('base64'),
    saltedHex: saltedPassword.toString('hex'),
    hmac: hmac.toString('base64'),
    hmacHex: hmac.toString('hex'),
    hmacRaw: JSON.stringify(hmac.toString('latin1')),
  };
  for (const [name, secret] of Object.entries(secrets)) {
    assert.ok(!broker.log.includes(secret), `${name} is in the log`);
    assert.ok(!answers.includes(secret), `${name} is in an answer`);
  }
});
