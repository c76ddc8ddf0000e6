/** Stores of keys and certificates as keytool and openssl make them, with the settings that name them. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** As `ssl.keystore.type` has it. */
export type StoreType = 'JKS' | 'PKCS12';

const STORE_PASSWORD = 'keep-this';
/** Only JKS can have another one for a key than for the store. */
const KEY_PASSWORD = 'keep-that';

const run = promisify(execFile);

/** Certificate and key, as PEM. */
interface Pair {
  readonly chain: string;
  readonly key: string;
}

/** Makes a store with one key in the folder. */
export async function keyStore(
  type: StoreType,
  folder: string,
  name: string,
  { chain, key }: Pair,
): Promise<Readonly<Record<string, string>>> {
  const pem = join(folder, `${name}-pair.pem`);
  const pkcs12 = join(folder, `${name}.p12`);
  await writeFile(pem, key + chain);
  const source = ['-in', pem, '-name', name];
  await run('openssl', ['pkcs12', '-export', '-out', pkcs12, '-passout', `pass:${STORE_PASSWORD}`, ...source]);
  const settings = { 'ssl.keystore.type': type, 'ssl.keystore.password': STORE_PASSWORD };
  if (type === 'PKCS12') {
    return { ...settings, 'ssl.keystore.location': pkcs12, 'ssl.key.password': STORE_PASSWORD };
  }
  const jks = join(folder, `${name}.jks`);
  const from = ['-srckeystore', pkcs12, '-srcstorepass', STORE_PASSWORD, '-srcalias', name, '-noprompt'];
  const to = ['-destkeystore', jks, '-deststoretype', 'JKS', '-deststorepass', STORE_PASSWORD];
  await run('keytool', ['-importkeystore', ...from, ...to, '-destkeypass', KEY_PASSWORD]);
  return { ...settings, 'ssl.keystore.location': jks, 'ssl.key.password': KEY_PASSWORD };
}

/** Makes a store with a certificate that is trusted in the folder. */
export async function trustStore(
  type: StoreType,
  folder: string,
  name: string,
  certificate: string,
): Promise<Readonly<Record<string, string>>> {
  const pem = join(folder, `${name}.pem`);
  const store = join(folder, type === 'JKS' ? `${name}.jks` : `${name}.p12`);
  await writeFile(pem, certificate);
  const options = ['-storetype', type, '-storepass', STORE_PASSWORD, '-noprompt'];
  await run('keytool', ['-importcert', '-keystore', store, '-alias', name, '-file', pem, ...options]);
  return { 'ssl.truststore.type': type, 'ssl.truststore.location': store, 'ssl.truststore.password': STORE_PASSWORD };
}
