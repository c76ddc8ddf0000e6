/**
 * PEM as Kafka takes it (KIP-651): certificates, and one private key as PKCS#8, encrypted or not. Lines may be broken
 * anywhere, or blanks stand where lines ended, as in a settings file.
 */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { checkedEntry, type KeyEntry, MaterialError } from './key-material.ts';
import { encryptedKey, pkcs8Key } from './pkcs8.ts';

/** The alias of what has none, as in Kafka. */
const ALIAS = 'kafka';

interface PemEntry {
  readonly label: string;
  readonly der: Buffer;
}

/** Base64 between a line that begins with dashes and one that ends with them; what else stands around is a comment. */
const ENTRY = /-+BEGIN\s+([^-]*?)\s*-+\s+(?:[^\r\n:-]*:[^\r\n]*[\r\n]+)*([a-zA-Z0-9/+=\s]*)-+END\s+[^-]*-+/g;

function entriesOf(text: string, label: string): PemEntry[] {
  return [...text.matchAll(ENTRY)]
    .filter(([, found = '']) => found.endsWith(label))
    .map(([, found = '', base64 = '']) => ({ label: found, der: Buffer.from(base64, 'base64') }));
}

/** @throws MaterialError where there are none, or one cannot be read */
export function pemCertificates(text: string): X509Certificate[] {
  const entries = entriesOf(text, 'CERTIFICATE');
  if (entries.length === 0) throw new MaterialError('there is no certificate (-----BEGIN CERTIFICATE-----) in it');
  return entries.map(({ der }, index) => {
    try {
      return new X509Certificate(der);
    } catch {
      throw new MaterialError(`certificate ${index + 1} of ${entries.length} cannot be read`);
    }
  });
}

/** Kafka takes no other form of key: the way out is named. */
function refuseOtherForms(label: string): void {
  if (label === 'PRIVATE KEY' || label === 'ENCRYPTED PRIVATE KEY') return;
  const what = label === 'RSA PRIVATE KEY' ? `a key of PKCS#1 (${label})` : `"${label}"`;
  throw new MaterialError(`${what} is not taken, PKCS#8 is: convert it with openssl pkcs8 -topk8 -in KEY -out NEW`);
}

/** @throws MaterialError; as a rejection */
async function pemKey(text: string, password: string | null): Promise<KeyObject> {
  const entries = entriesOf(text, 'PRIVATE KEY');
  const [entry] = entries;
  if (entry === undefined) throw new MaterialError('there is no private key (-----BEGIN PRIVATE KEY-----) in it');
  if (entries.length > 1) throw new MaterialError(`there are ${entries.length} private keys in it, and one may be`);
  refuseOtherForms(entry.label);
  const isEncrypted = entry.label === 'ENCRYPTED PRIVATE KEY';
  if (isEncrypted && password === null) throw new MaterialError('the key is encrypted: set ssl.key.password');
  if (!isEncrypted && password !== null) {
    throw new MaterialError('the key is not encrypted: take ssl.key.password out');
  }
  return password === null ? pkcs8Key(entry.der) : await encryptedKey(entry.der, password);
}

/** A key and the certificates that go with it. @throws MaterialError; as a rejection */
export async function pemKeyEntry(key: string, certificates: string, password: string | null): Promise<KeyEntry> {
  return checkedEntry({ alias: ALIAS, key: await pemKey(key, password), chain: pemCertificates(certificates) });
}
