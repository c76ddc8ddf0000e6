/** Keys, and certificates that are trusted, by the settings of a listener, with Kafka's rules for what goes together. */
import type { X509Certificate } from 'node:crypto';
import { ConfigError } from '../../config/config-error.ts';
import { readStore } from './files.ts';
import { isJks, jksKeys, jksTrusted } from './jks.ts';
import { type KeyEntry, MaterialError, type TrustedEntry } from './key-material.ts';
import { pemCertificates, pemKeyEntry } from './pem.ts';
import { pkcs12Keys, pkcs12Trusted } from './pkcs12.ts';

/** The settings `ssl.…` of a listener. */
export interface TlsSettings {
  readonly listener: string;
  /** Null where it is not set, or blank. */
  text(name: string): string | null;
  /** The name by which it is set: the listener's own, or the broker's. */
  nameOf(name: string): string;
}

export interface Material {
  /** At least one. */
  readonly keys: readonly KeyEntry[];
  /** Null: no trust store is set. */
  readonly trusted: readonly X509Certificate[] | null;
}

const PEM = 'PEM';
const TYPES: readonly string[] = ['JKS', 'PKCS12', PEM];
const BEGIN = '-----BEGIN';

/** An error that begins with the setting. `others` are settings that it contradicts. */
export function wrongSetting(settings: TlsSettings, name: string, text: string, ...others: string[]): ConfigError {
  const names = [name, ...others].map((one) => settings.nameOf(one));
  return new ConfigError(`${names[0]}: ${text}`, names);
}

/** Runs what reads a store, and has errors begin with the setting. */
async function of<T>(settings: TlsSettings, name: string, read: () => Promise<T> | T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof MaterialError ? wrongSetting(settings, name, error.message) : error;
  }
}

function typeOf(settings: TlsSettings, name: string): string {
  const type = settings.text(name)?.toUpperCase() ?? 'JKS';
  if (TYPES.includes(type)) return type;
  throw wrongSetting(settings, name, `${type} is not read: convert it to PKCS12 with keytool -importkeystore`);
}

/** The file's bytes, if they are of the kind that its type says. JKS and PKCS12 may stand for each other, as in Java. */
async function storeBytes(path: string, isPem: boolean): Promise<Buffer> {
  const bytes = await readStore(path);
  const hasPem = bytes.includes(BEGIN);
  if (bytes.length === 0) throw new MaterialError(`${path} is empty`);
  if (hasPem === isPem) return bytes;
  throw new MaterialError(isPem ? `${path} is no PEM, and its type is` : `${path} is PEM, and its type is not`);
}

/** Names the file before what is wrong with it. */
async function inFile<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof MaterialError ? new MaterialError(`${path}: ${error.message}`) : error;
  }
}

function inlineKey(settings: TlsSettings, isPem: boolean): Promise<KeyEntry> {
  const [key, chain] = ['ssl.keystore.key', 'ssl.keystore.certificate.chain'] as const;
  const [keyText, chainText] = [settings.text(key), settings.text(chain)];
  if (chainText === null) throw wrongSetting(settings, key, `it needs ${chain} beside it`, chain);
  if (keyText === null) throw wrongSetting(settings, chain, `it needs ${key} beside it`, key);
  if (!isPem) throw wrongSetting(settings, 'ssl.keystore.type', `with ${key} it must be PEM`, key);
  if (settings.text('ssl.keystore.location') !== null) {
    throw wrongSetting(settings, key, 'ssl.keystore.location is set as well', 'ssl.keystore.location');
  }
  refuseStorePassword(settings, isPem);
  return pemKeyEntry(keyText, chainText, settings.text('ssl.key.password'));
}

function refuseStorePassword(settings: TlsSettings, isPem: boolean): void {
  if (!isPem || settings.text('ssl.keystore.password') === null) return;
  throw wrongSetting(settings, 'ssl.keystore.password', 'PEM has none, only ssl.key.password');
}

/** At least one. @throws ConfigError in one line, with the setting in front */
export async function loadKeys(settings: TlsSettings): Promise<readonly KeyEntry[]> {
  const isPem = typeOf(settings, 'ssl.keystore.type') === PEM;
  if (settings.text('ssl.keystore.key') !== null || settings.text('ssl.keystore.certificate.chain') !== null) {
    return [await of(settings, 'ssl.keystore.key', () => inlineKey(settings, isPem))];
  }
  const location = 'ssl.keystore.location';
  const path = settings.text(location);
  if (path === null) {
    throw wrongSetting(settings, location, `${settings.listener} has TLS and needs a key and a certificate`);
  }
  refuseStorePassword(settings, isPem);
  const [password, keyPassword] = [settings.text('ssl.keystore.password'), settings.text('ssl.key.password')];
  if (!isPem && password === null) {
    throw wrongSetting(settings, location, 'ssl.keystore.password is not set', 'ssl.keystore.password');
  }
  return of(settings, location, async () => {
    const bytes = await storeBytes(path, isPem);
    const keys = await inFile(path, async () => {
      if (isPem) return [await pemKeyEntry(bytes.toString('latin1'), bytes.toString('latin1'), keyPassword)];
      return isJks(bytes) ? jksKeys(bytes, password, keyPassword) : pkcs12Keys(bytes, password, keyPassword);
    });
    if (keys.length === 0) throw new MaterialError(`${path} has no key, only certificates`);
    return keys;
  });
}

/** Null: no trust store is set. @throws ConfigError in one line, with the setting in front */
export async function loadTrusted(settings: TlsSettings): Promise<readonly X509Certificate[] | null> {
  const [location, inline, secret] = [
    'ssl.truststore.location',
    'ssl.truststore.certificates',
    'ssl.truststore.password',
  ] as const;
  const isPem = typeOf(settings, 'ssl.truststore.type') === PEM;
  const [path, text, password] = [settings.text(location), settings.text(inline), settings.text(secret)];
  if (text !== null && !isPem) {
    throw wrongSetting(settings, 'ssl.truststore.type', `with ${inline} it must be PEM`, inline);
  }
  if (text !== null && path !== null) throw wrongSetting(settings, inline, `${location} is set as well`, location);
  if (password !== null && isPem) throw wrongSetting(settings, secret, 'PEM has no password');
  if (text !== null) return of(settings, inline, () => pemCertificates(text));
  if (path === null && password !== null) throw wrongSetting(settings, secret, `${location} is not set`, location);
  if (path === null) return null;
  return of(settings, location, async () => {
    const bytes = await storeBytes(path, isPem);
    return inFile(path, () => (isPem ? pemCertificates(bytes.toString('latin1')) : trustedIn(bytes, password)));
  });
}

async function trustedIn(bytes: Buffer, password: string | null): Promise<X509Certificate[]> {
  const trusted: TrustedEntry[] = isJks(bytes) ? jksTrusted(bytes, password) : await pkcs12Trusted(bytes, password);
  if (trusted.length > 0) return trusted.map(({ certificate }) => certificate);
  const text = 'it has no certificate that is marked as trusted, as keytool -importcert marks them';
  throw new MaterialError(`${text}; openssl does with -jdktrust anyExtendedKeyUsage`);
}

/** @throws ConfigError in one line, with the setting in front */
export async function loadMaterial(settings: TlsSettings): Promise<Material> {
  return { keys: await loadKeys(settings), trusted: await loadTrusted(settings) };
}
