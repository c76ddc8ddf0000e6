/** Commands that log in with OAUTHBEARER, with a provider of tokens on this machine. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { exportPKCS8, generateKeyPair } from 'jose';
import { type RunningBroker, startBrokerServer } from '../../src/broker.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import { Authority } from '../support/certificates.ts';
import { TokenProvider } from '../support/token-provider.ts';
import { type Ran, ran } from './in-process.ts';

const PACKAGE = 'org.apache.kafka.common.security.oauthbearer';
const UNSECURED = `${PACKAGE}.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler`;
const MODULE = `${PACKAGE}.OAuthBearerLoginModule required`;

let authority: Authority;
let provider: TokenProvider;
let secure: TokenProvider;
let broker: RunningBroker;
let folder: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'walka-oauth-'));
  authority = await Authority.create();
  provider = await TokenProvider.open();
  secure = await TokenProvider.open(await authority.issue());
  for (const one of [provider, secure]) one.clients.set('billing', 'its secret+');
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  provider.assertionKey = publicKey;
  writeFileSync(join(folder, 'assertion.pem'), await exportPKCS8(privateKey));
  writeFileSync(join(folder, 'token'), `${await provider.token('from-file')}\n`);
  writeFileSync(join(folder, 'expired'), await provider.token('late', { exp: 1 }));
  writeFileSync(join(folder, 'template.json'), JSON.stringify({ header: { kid: 'mine' }, payload: { sub: 'batch' } }));
  const keys = (one: TokenProvider, listener: string): Record<string, string> => ({
    [`listener.name.${listener}.oauthbearer.sasl.oauthbearer.jwks.endpoint.url`]: pathToFileURL(keyFile(one, listener))
      .href,
    [`listener.name.${listener}.oauthbearer.sasl.oauthbearer.expected.issuer`]: one.issuer,
  });
  const values = {
    listeners: 'SIGNED://127.0.0.1:0,SECURE://127.0.0.1:0,UNSIGNED://127.0.0.1:0',
    'listener.security.protocol.map': 'SIGNED:SASL_PLAINTEXT,SECURE:SASL_PLAINTEXT,UNSIGNED:SASL_PLAINTEXT',
    'sasl.enabled.mechanisms': 'OAUTHBEARER',
    'sasl.oauthbearer.expected.audience': 'walka',
    ...keys(provider, 'signed'),
    ...keys(secure, 'secure'),
    'listener.name.unsigned.oauthbearer.sasl.server.callback.handler.class': UNSECURED,
    'connection.failed.authentication.delay.ms': '0',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:billing;User:from-file;User:batch;User:tester',
    'walka.durability': 'memory',
  };
  broker = await startBrokerServer({
    config: createBrokerConfig(new Map(Object.entries(values))),
    topics: [{ name: 'orders' }],
  });
});
after(async () => {
  await broker.close();
  for (const one of [provider, secure]) await one[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function keyFile({ keys }: TokenProvider, name: string): string {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(keys));
  return file;
}

async function list(listener: string, properties: Readonly<Record<string, string>>): Promise<Ran> {
  const file = join(folder, 'client.properties');
  const all = { 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'OAUTHBEARER', ...properties };
  writeFileSync(
    file,
    Object.entries(all)
      .map(([key, value]) => `${key}=${value.replaceAll('\n', ' ')}\n`)
      .join(''),
  );
  const port = broker.listeners.find(({ name }) => name === listener)?.port;
  return ran(['topics', 'list', '-b', `127.0.0.1:${port}`, '--command-config', file], { NO_COLOR: '1' });
}

const url = 'sasl.oauthbearer.token.endpoint.url';
const jaas = 'sasl.jaas.config';
const assertion = (): Record<string, string> => ({
  [url]: provider.tokenUrl,
  'sasl.oauthbearer.assertion.private.key.file': join(folder, 'assertion.pem'),
  'sasl.oauthbearer.assertion.algorithm': 'ES256',
  'sasl.oauthbearer.assertion.claim.iss': 'batch',
  'sasl.oauthbearer.assertion.claim.aud': provider.tokenUrl,
});

describe('a command', () => {
  const served: ReadonlyArray<readonly [string, string, () => Record<string, string>]> = [
    [
      'with credentials in JAAS',
      'SIGNED',
      () => ({
        [url]: provider.tokenUrl,
        'sasl.login.callback.handler.class': `${PACKAGE}.OAuthBearerLoginCallbackHandler`,
        [jaas]: `${MODULE} clientId="billing" clientSecret="its secret+" scope="orders" extension_cluster="x";`,
      }),
    ],
    [
      'with credentials in settings',
      'SIGNED',
      () => ({
        [url]: provider.tokenUrl,
        [jaas]: `${MODULE};`,
        'sasl.oauthbearer.client.credentials.client.id': 'billing',
        'sasl.oauthbearer.client.credentials.client.secret': 'its secret+',
        'sasl.oauthbearer.scope': 'orders',
      }),
    ],
    [
      'with a provider whose authority it is told of',
      'SECURE',
      () => ({
        [url]: secure.tokenUrl,
        [jaas]: `${MODULE} clientId="billing" clientSecret="its secret+" ssl.truststore.type="PEM" ssl.truststore.certificates="${authority.certificate}";`,
      }),
    ],
    ['with a token in a file', 'SIGNED', () => ({ [url]: pathToFileURL(join(folder, 'token')).href })],
    [
      'with an assertion in the place of a secret',
      'SIGNED',
      () => ({ ...assertion(), 'sasl.oauthbearer.assertion.claim.sub': 'batch' }),
    ],
    [
      'with an assertion as its grant',
      'SIGNED',
      () => ({
        ...assertion(),
        'sasl.oauthbearer.jwt.retriever.class': `${PACKAGE}.JwtBearerJwtRetriever`,
        'sasl.oauthbearer.assertion.template.file': join(folder, 'template.json'),
      }),
    ],
    [
      'with a token that nobody signed',
      'UNSIGNED',
      () => ({
        [jaas]: `${MODULE} unsecuredLoginStringClaim_sub="tester" unsecuredLoginListClaim_scope=",a,b" unsecuredLoginNumberClaim_level="3";`,
      }),
    ],
  ];
  for (const [how, listener, properties] of served) {
    test(`${how} is answered`, async () => {
      const { code, out, err } = await list(listener, properties());
      assert.deepEqual([code, out, err], [0, 'orders  1 partition\n', '']);
    });
  }

  test('asks for the scope that it wants, by the grant that it has', () => {
    const asked = provider.forms.map((form) => [form.get('grant_type'), form.get('scope'), form.get('client_id')]);
    assert.deepEqual(asked, [
      ['client_credentials', 'orders', null],
      ['client_credentials', 'orders', null],
      ['client_credentials', null, null],
      ['urn:ietf:params:oauth:grant-type:jwt-bearer', null, null],
    ]);
  });

  const refused: ReadonlyArray<readonly [string, string, () => Record<string, string>, RegExp]> = [
    [
      'with a wrong secret',
      'SIGNED',
      () => ({ [url]: provider.tokenUrl, [jaas]: `${MODULE} clientId="billing" clientSecret="wrong";` }),
      /no token from http:\/\/127\.0\.0\.1:\d+\/token: it answers 401 \(invalid_client, who are you\?\)/,
    ],
    [
      'that does not trust the provider',
      'SIGNED',
      () => ({
        [url]: secure.tokenUrl,
        'sasl.login.retry.backoff.max.ms': '0',
        [jaas]: `${MODULE} clientId="billing" clientSecret="its secret+";`,
      }),
      /no token from https:\/\/127\.0\.0\.1:\d+\/token: .*certificate/,
    ],
    [
      'with a token that is over',
      'SIGNED',
      () => ({ [url]: pathToFileURL(join(folder, 'expired')).href }),
      /\{"status":"invalid_token"\} \(SASL_AUTHENTICATION_FAILED\)/,
    ],
    [
      'with a file that is not there',
      'SIGNED',
      () => ({ [url]: pathToFileURL(join(folder, 'nowhere')).href }),
      /nowhere cannot be read: there is no such file/,
    ],
    [
      'without its name',
      'SIGNED',
      () => ({ [url]: provider.tokenUrl }),
      /sasl\.oauthbearer\.client\.credentials\.client\.id: it is needed to get a token/,
    ],
    [
      'that is told of nobody',
      'UNSIGNED',
      () => ({}),
      /sasl\.jaas\.config: it needs unsecuredLoginStringClaim_sub="…", or sasl\.oauthbearer\.token\.endpoint\.url/,
    ],
    [
      'with a handler of its own',
      'SIGNED',
      () => ({ 'sasl.login.callback.handler.class': 'com.example.Handler' }),
      /sasl\.login\.callback\.handler\.class: com\.example\.Handler cannot be run here/,
    ],
    [
      'with an address that is none',
      'SIGNED',
      () => ({ [url]: 'provider/token' }),
      /sasl\.oauthbearer\.token\.endpoint\.url: it is not an address/,
    ],
    [
      'without a key to sign with',
      'SIGNED',
      () => ({ ...assertion(), 'sasl.oauthbearer.assertion.private.key.file': join(folder, 'token') }),
      /no assertion can be made of .*token/,
    ],
  ];
  for (const [how, listener, properties, text] of refused) {
    test(`${how} says why, and ends with 1`, async () => {
      const { code, out, err } = await list(listener, properties());
      assert.match(err, text);
      assert.deepEqual([code, out, err.split('\n').length], [1, '', 2]);
      assert.ok(!err.includes('secret+') && !err.includes('wrong'));
    });
  }
});
