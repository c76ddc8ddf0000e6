/**
 * Java's own key stores (JKS). The packages that read them are a few hundred downloads a week and rest on a large one, and the
 * format is short and will not change: entries one after the other, keys hidden by a stream of SHA-1, and a digest of it all.
 * Java itself gave the format up for PKCS#12 in 2017.
 */
import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto';
import { DerError, derElements, derOid, DerTag, readDer } from './der.ts';
import { checkedEntry, type KeyEntry, MaterialError, type TrustedEntry } from './key-material.ts';
import { pkcs8Key } from './pkcs8.ts';

const MAGIC = 0xfeedfeed;
const JCEKS_MAGIC = 0xcececece;
const KEY = 1;
const CERTIFICATE = 2;
const SHA1_BYTES = 20;
/** When an entry was made, in ms. */
const TIME_BYTES = 8;
/** Part of what the digest at the end is made of. */
const WHITENER = Buffer.from('Mighty Aphrodite');
/** How Sun hides keys in such a file. */
const KEY_PROTECTOR = '1.3.6.1.4.1.42.2.17.1.1';

export function isJks(bytes: Buffer): boolean {
  return bytes.length >= 4 && [MAGIC, JCEKS_MAGIC].includes(bytes.readUInt32BE(0));
}

/** As Java makes bytes of a password: two for each character. */
function passwordBytes(password: string): Buffer {
  return Buffer.from(password, 'utf16le').swap16();
}

function sha1(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Reads the parts of the file in their order. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(byteLength: number): Buffer {
    const end = this.#at + byteLength;
    if (end > this.#bytes.length) throw new MaterialError('the file is cut off');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  int(): number {
    return this.take(4).readUInt32BE(0);
  }

  block(): Buffer {
    return this.take(this.int());
  }

  text(): string {
    return this.take(this.take(2).readUInt16BE(0)).toString('utf8');
  }
}

/** An entry as the file has it; of a certificate that is trusted, the chain is that alone. */
interface Entry {
  readonly alias: string;
  /** The hidden key; null: a certificate that is trusted. */
  readonly hidden: Buffer | null;
  readonly chain: readonly X509Certificate[];
}

/** What comes before the digest, which is checked. @throws MaterialError */
function checkedContents(bytes: Buffer, password: string | null): Buffer {
  if (bytes.readUInt32BE(0) === JCEKS_MAGIC) {
    throw new MaterialError(
      'it is a JCEKS store, which is not read: convert it with keytool -importkeystore to PKCS12',
    );
  }
  if (bytes.length < 12 + SHA1_BYTES) throw new MaterialError('the file is cut off');
  const contents = bytes.subarray(0, -SHA1_BYTES);
  // As in Java, whoever gives no password does without the check.
  if (password === null) return contents;
  const digest = sha1(passwordBytes(password), WHITENER, contents);
  if (timingSafeEqual(digest, bytes.subarray(-SHA1_BYTES))) return contents;
  throw new MaterialError('wrong password, or the file was damaged');
}

function entriesOf(bytes: Buffer, password: string | null): Entry[] {
  const reader = new Reader(checkedContents(bytes, password).subarray(4));
  const version = reader.int();
  if (version !== 1 && version !== 2) throw new MaterialError(`version ${version} of JKS is not known`);
  const readCertificate = (): X509Certificate => {
    if (version === 2) reader.text();
    return certificateOf(reader.block());
  };
  const entries: Entry[] = [];
  for (let left = reader.int(); left > 0; left--) {
    const tag = reader.int();
    const alias = reader.text();
    reader.take(TIME_BYTES);
    if (tag !== KEY && tag !== CERTIFICATE) {
      throw new MaterialError(`entry ${alias} is neither a key nor a certificate`);
    }
    const hidden = tag === KEY ? reader.block() : null;
    const chain: X509Certificate[] = [];
    for (let certificates = hidden === null ? 1 : reader.int(); certificates > 0; certificates--) {
      chain.push(readCertificate());
    }
    entries.push({ alias, hidden, chain });
  }
  return entries;
}

/** @param keyPassword of the keys, where it is not the store's. @throws MaterialError */
export function jksKeys(bytes: Buffer, storePassword: string | null, keyPassword: string | null): KeyEntry[] {
  return entriesOf(bytes, storePassword).flatMap(({ alias, hidden, chain }) => {
    if (hidden === null) return [];
    const key = pkcs8Key(uncover(hidden, keyPassword ?? storePassword ?? ''));
    return [checkedEntry({ alias, key, chain })];
  });
}

/** As in Java, the own certificates of keys are trusted as well. @throws MaterialError */
export function jksTrusted(bytes: Buffer, storePassword: string | null): TrustedEntry[] {
  return entriesOf(bytes, storePassword).flatMap(({ alias, chain: [certificate] }) =>
    certificate === undefined ? [] : [{ alias, certificate }],
  );
}

function certificateOf(der: Buffer): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw new MaterialError('a certificate in it cannot be read');
  }
}

/** The PKCS#8 of a hidden key: salt, the key under a stream of digests, and a digest of it. @throws MaterialError */
function uncover(wrapped: Buffer, password: string): Buffer {
  const hidden = hiddenKey(wrapped);
  const passwordPart = passwordBytes(password);
  const key = Buffer.from(hidden.subarray(SHA1_BYTES, -SHA1_BYTES));
  let digest: Buffer = hidden.subarray(0, SHA1_BYTES);
  for (let at = 0; at < key.length; at++) {
    if (at % SHA1_BYTES === 0) digest = sha1(passwordPart, digest);
    key[at] = (key[at] ?? 0) ^ (digest[at % SHA1_BYTES] ?? 0);
  }
  if (timingSafeEqual(sha1(passwordPart, key), hidden.subarray(-SHA1_BYTES))) return key;
  throw new MaterialError('the password of the key is wrong (ssl.key.password)');
}

function hiddenKey(wrapped: Buffer): Buffer {
  try {
    const [algorithm, value] = derElements(readDer(wrapped));
    const [type] = algorithm === undefined ? [] : derElements(algorithm);
    const isHidden = type !== undefined && derOid(type) === KEY_PROTECTOR && value?.tag === DerTag.OCTET_STRING;
    if (isHidden && value.body.length > 2 * SHA1_BYTES) return value.body;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
  }
  throw new MaterialError('a key in it is protected in an unknown way');
}
