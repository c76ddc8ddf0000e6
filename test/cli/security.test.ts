/** Commands against listeners with TLS and SASL. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type RunningBroker, startBrokerServer } from '../../src/broker.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import { credentialOf, encodeCredential, saltedPassword } from '../../src/security/sasl/scram-credential.ts';
import { StoredResourceType } from '../../src/metadata/types.ts';
import { Authority, type Issued, pemSettings } from '../support/certificates.ts';
import { type Ran, ran } from './in-process.ts';

const LISTENERS = {
  PLAIN: 'PLAINTEXT',
  SECURE: 'SSL',
  MUTUAL: 'SSL',
  LOGIN: 'SASL_PLAINTEXT',
  BOTH: 'SASL_SSL',
} as const;
type ListenerName = keyof typeof LISTENERS;

let broker: RunningBroker;
let authority: Authority;
let alice: Issued;
let folder: string;

const scram = (name: string, user: string, password: string): Record<string, string> => ({
  'sasl.mechanism': name,
  'sasl.jaas.config': `org.apache.kafka.common.security.scram.ScramLoginModule required username="${user}" password="${password}";`,
});
const plain = (password: string): Record<string, string> => ({
  'sasl.mechanism': 'PLAIN',
  'sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required username="bob" password="${password}";`,
});

before(async () => {
  authority = await Authority.create();
  const server = await authority.issue();
  alice = await authority.issue('CN=alice');
  folder = mkdtempSync(join(tmpdir(), 'walka-security-'));
  const names = Object.keys(LISTENERS);
  const values = {
    listeners: names.map((name) => `${name}://0.0.0.0:0`).join(','),
    'listener.security.protocol.map': Object.entries(LISTENERS)
      .map(([name, protocol]) => `${name}:${protocol}`)
      .join(','),
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    ...Object.fromEntries(
      ['login', 'both'].map((name) => [
        `listener.name.${name}.plain.sasl.jaas.config`,
        'org.apache.kafka.common.security.plain.PlainLoginModule required user_bob="secret";',
      ]),
    ),
    'connection.failed.authentication.delay.ms': '0',
    'listener.name.mutual.ssl.client.auth': 'required',
    'walka.durability': 'memory',
    ...pemSettings(server, authority),
  };
  broker = await startBrokerServer({
    config: createBrokerConfig(new Map(Object.entries(values))),
    topics: [{ name: 'orders' }],
  });
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
    const [salt, iterations] = [Buffer.from('salt'), 4096];
    const salted = await saltedPassword(mechanism, 'pencil', salt, iterations);
    const credential = encodeCredential(credentialOf(mechanism, salted, { salt, iterations }));
    await broker.services.metadata.alterDynamicConfigs(StoredResourceType.SCRAM_USER, 'carol, =', (before) =>
      new Map(before).set(mechanism, credential),
    );
  }
});
after(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

/** Lists topics by a properties file. */
async function list(
  name: ListenerName,
  properties: Readonly<Record<string, string>>,
  host = 'localhost',
): Promise<Ran> {
  const file = join(folder, 'client.properties');
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value.replaceAll('\n', '\\\n')}`);
  writeFileSync(file, lines.join('\n'));
  const port = broker.listeners.find((listener) => listener.name === name)?.port;
  return ran(['topics', 'list', '-b', `${host}:${port}`, '--command-config', file], { NO_COLOR: '1' });
}

const trust = (): Record<string, string> => ({
  'ssl.truststore.type': 'PEM',
  'ssl.truststore.certificates': authority.certificate.replaceAll('\n', ' '),
});

describe('a command', () => {
  const served: ReadonlyArray<readonly [string, ListenerName, () => Record<string, string>]> = [
    ['over SSL', 'SECURE', () => ({ 'security.protocol': 'SSL', ...trust() })],
    ['with a certificate of its own', 'MUTUAL', () => ({ 'security.protocol': 'SSL', ...keystore(), ...trust() })],
    ['with PLAIN', 'LOGIN', () => ({ 'security.protocol': 'SASL_PLAINTEXT', ...plain('secret') })],
    [
      'with SCRAM-SHA-256 over TLS',
      'BOTH',
      () => ({ 'security.protocol': 'SASL_SSL', ...trust(), ...scram('SCRAM-SHA-256', 'carol, =', 'pencil') }),
    ],
    [
      'with SCRAM-SHA-512',
      'LOGIN',
      () => ({ 'security.protocol': 'sasl_plaintext', ...scram('SCRAM-SHA-512', 'carol, =', 'pencil') }),
    ],
  ];
  for (const [how, name, properties] of served) {
    test(`${how} is answered`, async () => {
      const { code, out, err } = await list(name, properties());
      assert.deepEqual([code, out, err], [0, 'orders  1 partition\n', '']);
    });
  }

  const refused: ReadonlyArray<readonly [string, ListenerName, () => Record<string, string>, RegExp, string?]> = [
    [
      'with a wrong password',
      'LOGIN',
      () => ({ 'security.protocol': 'SASL_PLAINTEXT', ...plain('wrong') }),
      /Authentication failed: Invalid username or password \(SASL_AUTHENTICATION_FAILED\)/,
    ],
    [
      'with a wrong password of SCRAM',
      'LOGIN',
      () => ({ 'security.protocol': 'SASL_PLAINTEXT', ...scram('SCRAM-SHA-256', 'carol, =', 'wrong') }),
      /invalid credentials with SASL mechanism SCRAM-SHA-256 \(SASL_AUTHENTICATION_FAILED\)/,
    ],
    [
      'that does not trust the broker',
      'SECURE',
      () => ({ 'security.protocol': 'SSL' }),
      /the certificate of localhost:\d+ is not accepted: .*\(ssl\.truststore\.location says whom to trust\)/,
    ],
    [
      'for another host',
      'SECURE',
      () => ({ 'security.protocol': 'SSL', ...trust() }),
      /the certificate of 127\.0\.0\.2:\d+ is not accepted: .*127\.0\.0\.2/,
      '127.0.0.2',
    ],
    [
      'without the certificate that must be shown',
      'MUTUAL',
      () => ({ 'security.protocol': 'SSL', ...trust() }),
      /localhost:\d+ refuses the TLS handshake: .*bad certificate/,
    ],
    [
      'with TLS on a port without',
      'PLAIN',
      () => ({ 'security.protocol': 'SSL', ...trust() }),
      /localhost:\d+ has no TLS \(security\.protocol\?\)/,
    ],
    ['without TLS on a port that has it', 'SECURE', () => ({}), /localhost:\d+ does not speak Kafka \(TLS\?\)/],
    [
      'without a login on a port that wants one',
      'LOGIN',
      () => ({}),
      /localhost:\d+ closed the connection instead of answering Metadata: does this listener want SASL \(security\.protocol\)\?/,
    ],
    [
      'with TLS and without a login on a port that wants both',
      'BOTH',
      () => ({ 'security.protocol': 'SSL', ...trust() }),
      /localhost:\d+ closed the connection instead of answering Metadata: does this listener want SASL \(security\.protocol\)\?/,
    ],
    [
      'with a login and without TLS on a port that wants both',
      'BOTH',
      () => ({ 'security.protocol': 'SASL_PLAINTEXT', ...plain('secret') }),
      /localhost:\d+ does not speak Kafka \(TLS\?\)/,
    ],
    [
      'with a login and TLS on a port without TLS',
      'LOGIN',
      () => ({ 'security.protocol': 'SASL_SSL', ...plain('secret'), ...trust() }),
      /localhost:\d+ has no TLS \(security\.protocol\?\)/,
    ],
    [
      'with a login where nobody logs in',
      'PLAIN',
      () => ({ 'security.protocol': 'SASL_PLAINTEXT', ...plain('secret') }),
      /nobody logs in at this listener \(security\.protocol without SASL\?\) \(ILLEGAL_SASL_STATE\)/,
    ],
    [
      'with a mechanism that is not known',
      'LOGIN',
      () => ({ 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'GSSAPI' }),
      /sasl\.mechanism: GSSAPI: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER are spoken here/,
    ],
    [
      'without a password',
      'LOGIN',
      () => ({ 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN' }),
      /sasl\.jaas\.config: it needs username="…" and password="…"/,
    ],
    [
      'with a protocol that is none',
      'LOGIN',
      () => ({ 'security.protocol': 'TLS' }),
      /security\.protocol: TLS is none of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL/,
    ],
    [
      'with a trust store that is not there',
      'SECURE',
      () => ({ 'security.protocol': 'SSL', 'ssl.truststore.location': '/nowhere' }),
      /ssl\.truststore\.location: .*\/nowhere/,
    ],
  ];
  for (const [how, name, properties, text, host] of refused) {
    test(`${how} says why, and ends with 1`, { skip: host !== undefined && process.platform !== 'linux' }, async () => {
      const { code, out, err } = await list(name, properties(), host);
      assert.match(err, text);
      assert.deepEqual([code, out, err.split('\n').length], [1, '', 2]);
      for (const secret of ['wrong', 'secret', 'pencil']) assert.ok(!err.includes(secret));
    });
  }

  test('that looks at a cluster which wants a login says so', async () => {
    const port = broker.listeners.find((listener) => listener.name === 'LOGIN')?.port;
    const { code, out, err } = await ran(['doctor', '-b', `localhost:${port}`], { NO_COLOR: '1' });
    assert.match(out, /!!  bootstrap +localhost:\d+ closed the connection .* does this listener want SASL/);
    assert.deepEqual([code, err], [4, '1 problem, 0 hints\n']);
  });

  test('takes another host for the broker where it is told not to look', {
    skip: process.platform !== 'linux',
  }, async () => {
    const properties = { 'security.protocol': 'SSL', 'ssl.endpoint.identification.algorithm': '', ...trust() };
    const { code, err } = await list('SECURE', properties, '127.0.0.2');
    assert.deepEqual([code, err], [0, '']);
  });
});

function keystore(): Record<string, string> {
  const one = (text: string): string => text.replaceAll('\n', ' ');
  return pemSettings({ chain: one(alice.chain), key: one(alice.key) });
}
