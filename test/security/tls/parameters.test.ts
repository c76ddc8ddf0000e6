/** Versions, cipher suites and rules of a listener, as settings have them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSecureContext, DEFAULT_CIPHERS } from 'node:tls';
import { ConfigError } from '../../../src/config/config-error.ts';
import { cipherList } from '../../../src/security/tls/cipher-suites.ts';
import { loadTls } from '../../../src/security/tls/listener-tls.ts';
import { tlsParameters } from '../../../src/security/tls/parameters.ts';
import { splitAlternativeNames } from '../../../src/security/tls/alternative-names.ts';
import { tlsSettings } from '../../../src/security/tls/settings.ts';

const settings = (values: Readonly<Record<string, string>>) =>
  tlsSettings({ staticValues: new Map(Object.entries(values)) }, 'SECURE');
const parameters = (values: Readonly<Record<string, string>>) => tlsParameters(settings(values));

/** What Java has by default and OpenSSL calls otherwise, each as `openssl ciphers -stdname` shows it. */
const SUITES: readonly (readonly [java: string, openSsl: string])[] = [
  ['TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384'],
  ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'DHE-RSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'ECDHE-RSA-AES128-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'ECDHE-ECDSA-AES256-SHA'],
  ['TLS_RSA_WITH_AES_256_GCM_SHA384', 'AES256-GCM-SHA384'],
  ['TLS_RSA_WITH_AES_128_CBC_SHA', 'AES128-SHA'],
];

test("Java's names of cipher suites become OpenSSL's, which takes them", () => {
  for (const [java, openSsl] of SUITES) {
    const { ciphers, unknown } = cipherList([java]);
    assert.deepEqual([ciphers, unknown], [openSsl, []]);
    createSecureContext({ ciphers });
  }
  // It is a signal, no suite.
  assert.deepEqual(cipherList(['TLS_EMPTY_RENEGOTIATION_INFO_SCSV']).unknown, []);
  const strange = [
    'TLS_RSA_WITH_NULL_SHA',
    'TLS_DHE_DSS_WITH_AES_128_GCM_SHA256',
    'ECDHE-RSA-AES128-SHA256',
    'x',
    '@STRENGTH',
  ];
  assert.deepEqual(cipherList(strange), { ciphers: '', hasTls12: false, hasTls13: false, unknown: strange });
});

test('versions are those that are enabled, served, and have a suite', () => {
  const versions = (settings: Record<string, string>): unknown[] => {
    const { minVersion, maxVersion } = parameters(settings);
    return [minVersion, maxVersion];
  };
  const both = ['TLSv1.2', 'TLSv1.3'];
  assert.deepEqual(versions({}), both);
  assert.deepEqual(versions({ 'ssl.enabled.protocols': 'TLSv1.3,TLSv1.2,TLSv1.1', 'ssl.protocol': 'TLS' }), both);
  assert.deepEqual(versions({ 'ssl.enabled.protocols': 'TLSv1.3' }), ['TLSv1.3', 'TLSv1.3']);
  const suites = { 'ssl.cipher.suites': 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256' };
  const ciphers = 'ECDHE-RSA-AES128-GCM-SHA256';
  assert.deepEqual(parameters(suites), { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers });
});

test('where no suites are named, AES with keys of 128 bits comes first, and all that Node has is there', () => {
  const ciphers = parameters({}).ciphers?.split(':') ?? [];
  assert.equal(ciphers[0], 'TLS_AES_128_GCM_SHA256');
  assert.deepEqual(ciphers.toSorted(), DEFAULT_CIPHERS.split(':').toSorted());
});

test('what is not known, or leaves nothing, is refused in a line', () => {
  const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ 'ssl.enabled.protocols': 'TLSv9' }, /^ssl\.enabled\.protocols: TLSv9 is none of TLSv1\.3, TLSv1\.2, /],
    [{ 'ssl.enabled.protocols': 'TLSv1.1' }, /^ssl\.enabled\.protocols: TLSv1\.2 and TLSv1\.3 are served$/],
    [{ 'listener.name.secure.ssl.protocol': 'FOO' }, /^listener\.name\.secure\.ssl\.protocol: FOO is none of /],
    [{ 'ssl.cipher.suites': 'NOPE,TLS_AES_128_GCM_SHA256' }, /^ssl\.cipher\.suites: NOPE: not known here$/],
    [
      { 'ssl.enabled.protocols': 'TLSv1.3', 'ssl.cipher.suites': 'TLS_RSA_WITH_AES_128_CBC_SHA' },
      /^ssl\.enabled\.protocols: ssl\.cipher\.suites has no suite for TLSv1\.3$/,
    ],
  ];
  for (const [values, message] of cases) {
    assert.throws(
      () => parameters(values),
      (error: unknown) => error instanceof ConfigError && message.test(error.message),
      JSON.stringify(values),
    );
  }
});

test('rules that are none keep a broker from starting', async () => {
  const store = join(import.meta.dirname, '../../support/keystores/keys.p12');
  const values = { 'ssl.keystore.location': store, 'ssl.keystore.password': 'storepass' };
  await assert.rejects(loadTls(settings({ ...values, 'ssl.principal.mapping.rules': 'RULE:a/b' })), {
    name: 'ConfigError',
    message: 'ssl.principal.mapping.rules: RULE:a/b is not a rule',
  });
});

test('alternative names are told apart, also those with a comma in them', () => {
  assert.deepEqual(splitAlternativeNames(undefined), []);
  assert.deepEqual(splitAlternativeNames('DNS:a, IP Address:1.2.3.4'), ['DNS:a', 'IP Address:1.2.3.4']);
  assert.deepEqual(splitAlternativeNames('DNS:"a, DNS:b", DNS:c'), ['DNS:"a, DNS:b"', 'DNS:c']);
});
