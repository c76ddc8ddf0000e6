/** Certificates by the variables of other images. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { environmentSettings } from '../../src/config/environment.ts';
import { setCertificates } from '../../src/config/images/certificates.ts';
import { GivenSettings } from '../../src/config/images/given.ts';

const secrets = mkdtempSync(join(tmpdir(), 'walka-secrets-'));
after(() => rmSync(secrets, { recursive: true }));
for (const [name, text] of [
  ['store', 'storepass\n'],
  ['key', 'keypass\r\n\n'],
  ['trust', 'trustpass'],
  ['kafka.keystore.key', 'KEY\n'],
  ['kafka.keystore.pem', 'CHAIN\n'],
  ['kafka.truststore.pem', 'TRUSTED\n'],
] as const) {
  writeFileSync(join(secrets, name), text);
}

type Values = Readonly<Record<string, string>>;

/** What variables set besides what was given, and which of them count. */
function set(env: Values, settings: Values, bitnami: readonly string[] = []): readonly [Values, readonly string[]] {
  const given = new GivenSettings();
  for (const [name, value] of Object.entries(settings)) given.set(name, value, 'X');
  const used = setCertificates(env, given, true, { secrets, bitnami });
  return [Object.fromEntries([...given.values].filter(([name]) => !Object.hasOwn(settings, name))), used];
}

const BY_NAME = {
  KAFKA_SSL_KEYSTORE_FILENAME: 'server.jks',
  KAFKA_SSL_KEYSTORE_CREDENTIALS: 'store',
  KAFKA_SSL_KEY_CREDENTIALS: 'key',
  KAFKA_SSL_TRUSTSTORE_FILENAME: 'trust.jks',
  KAFKA_SSL_TRUSTSTORE_CREDENTIALS: 'trust',
};
const WITH_TLS = { listeners: 'SSL://:9093' };

test('names of files in the folder of secrets become settings, passwords what is in them', () => {
  const key = {
    'ssl.keystore.location': join(secrets, 'server.jks'),
    'ssl.keystore.password': 'storepass',
    'ssl.key.password': 'keypass\r',
  };
  const keyVariables = Object.keys(BY_NAME).slice(0, 3);
  assert.deepEqual(set(BY_NAME, WITH_TLS), [key, keyVariables]);
  assert.deepEqual(set(BY_NAME, { ...WITH_TLS, 'ssl.client.auth': 'none' }), [key, keyVariables]);
  const trust = { 'ssl.truststore.location': join(secrets, 'trust.jks'), 'ssl.truststore.password': 'trustpass' };
  const all = [{ ...key, ...trust }, Object.keys(BY_NAME)];
  assert.deepEqual(set(BY_NAME, { ...WITH_TLS, 'ssl.client.auth': 'required' }), all);
  assert.deepEqual(set(BY_NAME, { ...WITH_TLS, 'ssl.client.auth': 'requested' }), all);
});

test('they count where a listener has TLS, whatever it is called', () => {
  const counts = (settings: Values): boolean => set(BY_NAME, settings)[1].length > 0;
  assert.ok(counts({ 'advertised.listeners': 'PLAINTEXT://a:9092,SASL_SSL://a:9093' }));
  const map = 'OUTSIDE:SSL,INSIDE:PLAINTEXT';
  assert.ok(counts({ listeners: 'OUTSIDE://:1,INSIDE://:2', 'listener.security.protocol.map': map }));
  assert.ok(!counts({ listeners: 'INSIDE://:2', 'listener.security.protocol.map': map }));
  assert.ok(counts({ listeners: 'PLAINTEXT://:2,SSL://:3', 'controller.listener.names': 'SSL' }));
  assert.ok(!counts({}));
});

test('a file that is not there is named with its variable, and a password that is given twice is not shown', () => {
  const missing = { ...BY_NAME, KAFKA_SSL_KEY_CREDENTIALS: 'none' };
  assert.throws(() => set(missing, WITH_TLS), {
    name: 'ConfigError',
    message: `KAFKA_SSL_KEY_CREDENTIALS: cannot read ${join(secrets, 'none')}: there is no such file`,
  });
  assert.throws(
    () => set(BY_NAME, { ...WITH_TLS, 'ssl.keystore.password': 'another' }),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /^X and KAFKA_SSL_KEYSTORE_CREDENTIALS are the same setting/);
      assert.doesNotMatch(error.message, /another|storepass/);
      return true;
    },
  );
});

test("Bitnami's image has files with names of their own, and clients must show certificates", () => {
  const env = { KAFKA_TLS_TYPE: 'PEM', KAFKA_CERTIFICATE_PASSWORD: 'secret' };
  const [values, used] = set(env, WITH_TLS, [join(secrets, 'none'), secrets]);
  assert.deepEqual(values, {
    'ssl.keystore.type': 'PEM',
    'ssl.truststore.type': 'PEM',
    'ssl.client.auth': 'required',
    'ssl.key.password': 'secret',
    'ssl.keystore.key': 'KEY',
    'ssl.keystore.certificate.chain': 'CHAIN',
    'ssl.truststore.certificates': 'TRUSTED',
  });
  assert.deepEqual(used, Object.keys(env));
  const jks = { KAFKA_CERTIFICATE_PASSWORD_FILE: join(secrets, 'store'), KAFKA_TLS_CLIENT_AUTH: 'none' };
  assert.deepEqual(set(jks, { ...WITH_TLS, 'ssl.truststore.password': 'own' }, [secrets])[0], {
    'ssl.keystore.type': 'JKS',
    'ssl.truststore.type': 'JKS',
    'ssl.client.auth': 'none',
    'ssl.key.password': 'storepass',
    'ssl.keystore.location': join(secrets, 'kafka.keystore.jks'),
    'ssl.truststore.location': join(secrets, 'kafka.truststore.jks'),
    'ssl.keystore.password': 'storepass',
  });
  assert.throws(
    () => set(env, WITH_TLS, ['/none']),
    /^ConfigError: KAFKA_TLS_TYPE: its certificates are looked for in \/none/,
  );
  assert.throws(() => set({ KAFKA_TLS_TYPE: 'P12' }, WITH_TLS, [secrets]), /KAFKA_TLS_TYPE=P12 is neither JKS nor PEM/);
  // What was set by its own name goes before.
  assert.deepEqual(set(env, { ...WITH_TLS, 'listener.name.ssl.ssl.keystore.location': '/x' }, [secrets]), [{}, []]);
});

test('without a listener with TLS they are named as without effect', () => {
  assert.deepEqual(environmentSettings(BY_NAME).ignored, Object.keys(BY_NAME).toSorted());
});
