/** Stores as keytool and openssl make them (test/support/keystores/make.sh), and PEM as settings have it. */
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { turn } from '../../../src/base/real-time.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import { isJks, jksKeys, jksTrusted } from '../../../src/security/tls/jks.ts';
import { MaterialError } from '../../../src/security/tls/key-material.ts';
import { pkcs12Keys, pkcs12Trusted } from '../../../src/security/tls/pkcs12.ts';
import { tlsSettings } from '../../../src/security/tls/settings.ts';
import { loadMaterial, type Material } from '../../../src/security/tls/stores.ts';
import { Authority, pemSettings } from '../../support/certificates.ts';

const FOLDER = join(import.meta.dirname, '../../support/keystores');
const store = (name: string): string => join(FOLDER, name);
const directory = mkdtempSync(join(tmpdir(), 'walka-stores-'));
after(() => rmSync(directory, { recursive: true }));

function file(name: string, contents: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, contents);
  return path;
}

function load(values: Readonly<Record<string, string>>): Promise<Material> {
  return loadMaterial(tlsSettings({ staticValues: new Map(Object.entries(values)) }, 'SECURE'));
}

async function refuses(values: Readonly<Record<string, string>>, message: RegExp): Promise<void> {
  await assert.rejects(load(values), (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n|storepass|keypass|secret/);
    return true;
  });
}

const subjects = (material: Material): string[][] =>
  material.keys.map(({ chain }) => chain.map(({ subject }) => subject.replaceAll('\n', ',')));

function keyStore(name: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { 'ssl.keystore.location': store(name), 'ssl.keystore.password': 'storepass', ...more };
}

describe('key stores', () => {
  /** File, its keys with the subjects of their chains. */
  const CASES: readonly (readonly [string, readonly string[][]])[] = [
    ['keys.p12', [['O=Walka Test,CN=localhost'], ['O=Walka Test,CN=ec.localhost']]],
    ['legacy.p12', [['O=Walka Test,CN=legacy']]],
    ['chain.p12', [['CN=chained', 'CN=Walka Test CA']]],
    ['key-openssl.p12', [['CN=chained', 'CN=Walka Test CA']]],
  ];
  for (const [name, expected] of CASES) {
    test(`${name} has its keys, each with its chain, under type PKCS12 and JKS`, async () => {
      assert.deepEqual(subjects(await load(keyStore(name))), expected);
      assert.deepEqual(subjects(await load(keyStore(name, { 'ssl.keystore.type': 'PKCS12' }))), expected);
    });
  }

  test('a JKS store has a key under a password of its own', async () => {
    const material = await load(keyStore('key.jks', { 'ssl.key.password': 'keypass' }));
    assert.deepEqual(subjects(material), [['O=Walka Test,CN=localhost']]);
    assert.equal(material.keys[0]?.alias, 'server');
    await refuses(
      keyStore('key.jks'),
      /^ssl\.keystore\.location: .*key\.jks: the password of the key is wrong \(ssl\.key\.password\)$/,
    );
  });

  test('a wrong password is told of, and never shown', async () => {
    for (const name of ['keys.p12', 'legacy.p12', 'key-openssl.p12', 'key.jks']) {
      const values = keyStore(name, { 'ssl.keystore.password': 'secret' });
      await refuses(values, /^ssl\.keystore\.location: .*: wrong password, or the file was damaged$/);
    }
  });

  test('what is missing, of another kind or without a key is told of in a line', async () => {
    const location = 'ssl.keystore.location';
    await refuses({}, /^ssl\.keystore\.location: SECURE has TLS and needs a key and a certificate$/);
    await refuses(keyStore('none.p12'), /cannot read .*none\.p12: there is no such file$/);
    await refuses(keyStore('.'), /cannot read .*: it is a directory$/);
    await refuses({ [location]: store('keys.p12') }, /^ssl\.keystore\.location: ssl\.keystore\.password is not set$/);
    await refuses(keyStore('trust.p12'), /has no key, only certificates$/);
    await refuses(keyStore('trust.jks'), /has no key, only certificates$/);
    await refuses(keyStore('key.jceks'), /JCEKS store, which is not read: convert it/);
    await refuses(keyStore('ca.pem'), /is PEM, and its type is not$/);
    await refuses({ [location]: store('keys.p12'), 'ssl.keystore.type': 'PEM' }, /is no PEM, and its type is$/);
    await refuses(
      keyStore('keys.p12', { 'ssl.keystore.type': 'BCFKS' }),
      /^ssl\.keystore\.type: BCFKS is not read: convert/,
    );
    await refuses(keyStore('x', { [location]: file('empty.p12', '') }), /is empty$/);
    await refuses(keyStore('x', { [location]: file('noise.p12', Buffer.alloc(99, 7)) }), /cannot be read as PKCS#12/);
  });

  test("the listener's own settings go before the broker's, and are named in errors", async () => {
    const own = { 'listener.name.secure.ssl.keystore.location': store('none.p12') };
    await refuses(keyStore('keys.p12', own), /^listener\.name\.secure\.ssl\.keystore\.location: cannot read /);
  });
});

describe('trust stores', () => {
  const trustStore = (name: string, password?: string): Record<string, string> => ({
    ...keyStore('keys.p12'),
    'ssl.truststore.location': store(name),
    ...(password !== undefined && { 'ssl.truststore.password': password }),
  });

  test('trusted certificates are found in JKS, PKCS12 and PEM, in JKS and open PKCS12 also without a password', async () => {
    const authority = new X509Certificate(readFileSync(store('ca.pem')));
    const cases = [
      trustStore('trust.jks', 'storepass'),
      trustStore('trust.jks'),
      trustStore('trust.p12', 'storepass'),
      trustStore('trust-open.p12'),
      trustStore('trust-open.p12', 'storepass'),
      { ...trustStore('ca.pem'), 'ssl.truststore.type': 'PEM' },
    ];
    for (const values of cases) {
      assert.deepEqual((await load(values)).trusted?.map(String), [authority.toString()]);
    }
    assert.equal((await load(keyStore('keys.p12'))).trusted, null);
  });

  test('of a store of keys their own certificates are trusted, and no key is opened', async () => {
    const trusted = async (name: string): Promise<string[] | undefined> =>
      (await load(trustStore(name, 'storepass'))).trusted?.map(({ subject }) => subject.replaceAll('\n', ','));
    assert.deepEqual(await trusted('key.jks'), ['O=Walka Test,CN=localhost']);
    assert.deepEqual(await trusted('keys.p12'), ['O=Walka Test,CN=localhost', 'O=Walka Test,CN=ec.localhost']);
    // Java has marked the authority in it as well.
    assert.deepEqual((await trusted('chain.p12'))?.toSorted(), ['CN=Walka Test CA', 'CN=chained']);
  });

  test('certificates that nobody marked as trusted are not', async () => {
    await refuses(
      trustStore('trust-openssl.p12', 'storepass'),
      /no certificate that is marked as trusted, .*-jdktrust/,
    );
  });

  test('what does not go together is refused', async () => {
    await refuses(
      { ...keyStore('keys.p12'), 'ssl.truststore.password': 'secret' },
      /^ssl\.truststore\.password: ssl\.truststore\.location is not set$/,
    );
    await refuses(
      { ...trustStore('ca.pem', 'secret'), 'ssl.truststore.type': 'PEM' },
      /^ssl\.truststore\.password: PEM has no password$/,
    );
    const inline = { 'ssl.truststore.certificates': readFileSync(store('ca.pem'), 'utf8') };
    await refuses(
      { ...keyStore('keys.p12'), ...inline },
      /^ssl\.truststore\.type: with ssl\.truststore\.certificates it must be PEM$/,
    );
    await refuses(
      { ...trustStore('ca.pem'), ...inline, 'ssl.truststore.type': 'PEM' },
      /ssl\.truststore\.location is set as well$/,
    );
  });
});

describe('PEM', async () => {
  const authority = await Authority.create();
  const issued = await authority.issue('CN=server');
  const { key, chain } = issued;
  const inline = pemSettings(issued, authority);
  const encrypted = createPrivateKey(key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'secret',
  });

  test('stands in settings, also where blanks took the place of line breaks, or lines are of another length', async () => {
    const forms: readonly ((text: string) => string)[] = [
      (text) => text,
      (text) => text.replaceAll('\n', ' '),
      (text) => text.replaceAll('\n', '\r\n'),
      (text) => `a comment: yes\n${text.trim()}`,
      (text) =>
        text.replace(/-{5}BEGIN[^-]*-{5}([^-]*)/g, (whole, body: string) =>
          whole.replace(body, ` ${body.replace(/\s/g, '')} `),
        ),
    ];
    for (const form of forms) {
      const values = { ...inline, 'ssl.keystore.key': form(key), 'ssl.keystore.certificate.chain': form(chain) };
      assert.deepEqual(subjects(await load(values)), [['CN=server']]);
    }
  });

  test('stands in a file, with a key that is encrypted or is not, before or behind its certificate', async () => {
    const type = { 'ssl.keystore.type': 'PEM' };
    for (const text of [key + chain, chain + key]) {
      const location = file('server.pem', text);
      assert.deepEqual(subjects(await load({ ...type, 'ssl.keystore.location': location })), [['CN=server']]);
    }
    const location = file('encrypted.pem', `${encrypted}${chain}`);
    const values = { ...type, 'ssl.keystore.location': location };
    assert.deepEqual(subjects(await load({ ...values, 'ssl.key.password': 'secret' })), [['CN=server']]);
    await refuses(
      { ...values, 'ssl.key.password': 'wrong' },
      /encrypted\.pem: the key cannot be read: a wrong password, or a damaged key$/,
    );
    await refuses(values, /the key is encrypted: set ssl\.key\.password$/);
    await refuses(
      { ...values, 'ssl.keystore.password': 'secret' },
      /^ssl\.keystore\.password: PEM has none, only ssl\.key\.password$/,
    );
  });

  test("half of a pair, another's key and other forms of keys are refused", async () => {
    const { 'ssl.keystore.key': _key, ...withoutKey } = inline;
    const { 'ssl.keystore.certificate.chain': _chain, ...withoutChain } = inline;
    await refuses(withoutKey, /^ssl\.keystore\.certificate\.chain: it needs ssl\.keystore\.key beside it$/);
    await refuses(withoutChain, /^ssl\.keystore\.key: it needs ssl\.keystore\.certificate\.chain beside it$/);
    await refuses(
      { ...inline, 'ssl.keystore.type': 'JKS' },
      /^ssl\.keystore\.type: with ssl\.keystore\.key it must be PEM$/,
    );
    await refuses(
      { ...inline, 'ssl.keystore.location': '/x' },
      /^ssl\.keystore\.key: ssl\.keystore\.location is set as well$/,
    );
    await refuses(
      { ...inline, 'ssl.key.password': 'secret' },
      /the key is not encrypted: take ssl\.key\.password out$/,
    );
    const other = await authority.issue('CN=other', { keyType: 'rsa' });
    await refuses({ ...inline, 'ssl.keystore.key': other.key }, /does not belong to its certificate \(CN=server\)$/);
    const pkcs1 = createPrivateKey(other.key).export({ type: 'pkcs1', format: 'pem' }) as string;
    const values = { ...inline, 'ssl.keystore.key': pkcs1, 'ssl.keystore.certificate.chain': other.chain };
    await refuses(
      values,
      /^ssl\.keystore\.key: a key of PKCS#1 .* is not taken, PKCS#8 is: convert it with openssl pkcs8 /,
    );
    await refuses({ ...inline, 'ssl.keystore.key': key + key }, /there are 2 private keys in it, and one may be$/);
    await refuses(
      { ...inline, 'ssl.keystore.certificate.chain': 'nothing' },
      /there is no certificate \(-----BEGIN CERTIFICATE-----\) in it$/,
    );
    await refuses(
      { ...inline, 'ssl.keystore.certificate.chain': chain.replace('MII', 'AAA') },
      /certificate 1 of 1 cannot be read$/,
    );
  });
});

/** Turns of the event loop that others have while something is loaded. */
async function turnsBeside(loading: Promise<unknown>): Promise<number> {
  const state = { isLoaded: false, turns: 0 };
  void loading.then(() => (state.isLoaded = true));
  while (!state.isLoaded) {
    await turn();
    state.turns += 1;
  }
  return state.turns;
}

test('others have their turn while passwords take their rounds', async () => {
  // A hundred thousand for the sum, and fifty thousand for each of five parts.
  const turns = await turnsBeside(load(keyStore('legacy.p12')));
  assert.ok(turns > 60, `${turns} turns`);
});

test('a store that was cut off or changed anywhere is refused, and nothing else happens', async () => {
  for (const name of ['chain.p12', 'key.jks', 'trust.p12', 'trust.jks', 'trust-open.p12']) {
    const whole = readFileSync(store(name));
    // Where there is a sum, it takes its time.
    const step = /^(chain|trust)\.p12$/.test(name) ? 149 : 5;
    const read = async (bytes: Buffer, password: string | null): Promise<void> => {
      if (isJks(bytes)) {
        jksKeys(bytes, password, 'keypass');
        jksTrusted(bytes, password);
      } else {
        await pkcs12Keys(bytes, password, null);
        await pkcs12Trusted(bytes, password);
      }
    };
    for (let length = 0; length < whole.length; length += step) {
      await assert.rejects(read(whole.subarray(0, length), 'storepass'), MaterialError, `${name} of ${length} bytes`);
    }
    for (let at = 0; at < whole.length; at += step) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      // Without a password there may be no sum that tells; then it is read, or refused.
      for (const password of name.includes('open') ? [null] : ['storepass']) {
        try {
          await read(changed, password);
        } catch (error) {
          assert.ok(error instanceof MaterialError, `${name} at ${at}: ${String(error)}`);
        }
      }
    }
  }
});
