/**
 * PKCS#12 (RFC 7292) with keys, certificates, and certificates that are trusted, which Java marks by an attribute. Node's own
 * reader takes a key with its certificates only, and nothing that was encrypted as Java did until 2021. Of the packages,
 * node-forge derives keys in JavaScript, which stops the broker for up to two seconds at each renewal, and writes certificates
 * anew; those over WebCrypto do not read the older ones. So the few structures are read here, and Node has the cryptography.
 */
import { createHmac, timingSafeEqual, X509Certificate } from 'node:crypto';
import { type DerElement, DerError, derElements, derOid, DerTag, readDer } from './der.ts';
import { aliasOf, chainOf, checkedEntry, type KeyEntry, MaterialError, type TrustedEntry } from './key-material.ts';
import { decryptWithPassword, iterationsOf, KeyPurpose, pkcs12Key } from './pbe.ts';
import { encryptedKey, pkcs8Key } from './pkcs8.ts';

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const KEY_BAG = '1.2.840.113549.1.12.10.1.1';
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21';
const FRIENDLY_NAME = '1.2.840.113549.1.9.20';
/** Java's mark of a certificate that is trusted; the value says for what, and is any purpose. */
const TRUSTED_KEY_USAGE = '2.16.840.1.113894.746875.1.1';

/** Digests of the MAC by their object identifiers. */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

interface Bag {
  readonly type: string;
  readonly value: DerElement;
  readonly alias: string | null;
  /** What a key and its certificate have in common. */
  readonly keyId: string | null;
  readonly isTrusted: boolean;
}

/** The elements of a sequence, of which so many must be there. */
function parts(element: DerElement | undefined, least: number): DerElement[] {
  const found = element === undefined ? [] : derElements(element);
  if (found.length < least) throw new DerError('parts are missing');
  return found;
}

/** What a ContentInfo holds: its type, and the element in `[0]`. */
function contentOf(info: DerElement | undefined): readonly [type: string, content: DerElement] {
  const [type, holder] = parts(info, 2) as [DerElement, DerElement];
  const [content] = parts(holder, 1) as [DerElement];
  return [derOid(type), content];
}

/** @throws MaterialError where the password, or the file, is wrong; as a rejection */
async function checkMac(macData: DerElement, content: Buffer, password: string): Promise<void> {
  const [digestInfo, salt, iterations] = parts(macData, 2) as [DerElement, DerElement, DerElement?];
  const [algorithm, expected] = parts(digestInfo, 2) as [DerElement, DerElement];
  const digest = DIGESTS.get(derOid((parts(algorithm, 1) as [DerElement])[0]));
  if (digest === undefined) throw new MaterialError('its MAC is of an unknown kind');
  const count = iterations === undefined ? 1 : iterationsOf(iterations);
  const way = { digest, purpose: KeyPurpose.MAC, iterations: count };
  const key = await pkcs12Key(password, salt.body, way, expected.body.length);
  const mac = createHmac(digest, key).update(content).digest();
  if (mac.length === expected.body.length && timingSafeEqual(mac, expected.body)) return;
  throw new MaterialError('wrong password, or the file was damaged');
}

/** What an EncryptedData holds. */
async function decrypted(data: DerElement, password: string): Promise<Buffer> {
  const [, info] = parts(data, 2) as [DerElement, DerElement];
  const [, algorithm, encrypted] = parts(info, 3) as [DerElement, DerElement, DerElement];
  const plain = await decryptWithPassword(algorithm, encrypted.body, password);
  if (plain === null) throw new MaterialError('wrong password');
  return plain;
}

function bagOf(element: DerElement): Bag {
  const [type, holder, attributes] = parts(element, 2) as [DerElement, DerElement, DerElement?];
  let alias: string | null = null;
  let keyId: string | null = null;
  let isTrusted = false;
  for (const attribute of attributes === undefined ? [] : derElements(attributes)) {
    const [name, values] = parts(attribute, 2) as [DerElement, DerElement];
    const oid = derOid(name);
    const [value] = derElements(values);
    if (oid === TRUSTED_KEY_USAGE) isTrusted = true;
    else if (oid === LOCAL_KEY_ID) keyId = value?.body.toString('hex') ?? null;
    else if (oid === FRIENDLY_NAME && value !== undefined && value.body.length % 2 === 0) {
      alias = Buffer.from(value.body).swap16().toString('utf16le');
    }
  }
  return { type: derOid(type), value: (parts(holder, 1) as [DerElement])[0], alias, keyId, isTrusted };
}

function certificateOf({ value }: Bag): X509Certificate {
  try {
    const [, holder] = parts(value, 2) as [DerElement, DerElement];
    const [certificate] = parts(holder, 1) as [DerElement];
    return new X509Certificate(certificate.body);
  } catch {
    // Of the one kind of error, or OpenSSL's.
    throw new MaterialError('a certificate in it cannot be read');
  }
}

async function allBags(pfx: Buffer, password: string | null): Promise<Bag[]> {
  const [, safe, macData] = parts(readDer(pfx), 2) as [DerElement, DerElement, DerElement?];
  const [type, content] = contentOf(safe);
  if (type !== DATA || content.tag !== DerTag.OCTET_STRING) throw new DerError('no contents');
  if (macData !== undefined && password !== null) await checkMac(macData, content.body, password);
  const bags: Bag[] = [];
  for (const info of derElements(readDer(content.body))) {
    const [kind, data] = contentOf(info);
    if (kind !== DATA && kind !== ENCRYPTED_DATA) throw new MaterialError('a part of it is encrypted for a key');
    const contents = kind === DATA ? data.body : await decrypted(data, password ?? '');
    bags.push(...derElements(readDer(contents)).map(bagOf));
  }
  return bags;
}

/** @throws MaterialError; as a rejection */
async function bagsOf(pfx: Buffer, password: string | null): Promise<Bag[]> {
  try {
    return await allBags(pfx, password);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new MaterialError('it cannot be read as PKCS#12: it is damaged, of another format or not encoded as DER');
  }
}

const isKey = ({ type }: Bag): boolean => type === KEY_BAG || type === SHROUDED_KEY_BAG;
const isCertificate = ({ type }: Bag): boolean => type === CERTIFICATE_BAG;

/**
 * @param keyPassword of the keys, where it is not the store's
 * @throws MaterialError; as a rejection
 */
export async function pkcs12Keys(
  pfx: Buffer,
  storePassword: string | null,
  keyPassword: string | null,
): Promise<KeyEntry[]> {
  const bags = await bagsOf(pfx, storePassword);
  const certificates = bags.filter(isCertificate).map(certificateOf);
  const entries: KeyEntry[] = [];
  for (const { type, value, alias } of bags.filter(isKey)) {
    const password = type === KEY_BAG ? null : (keyPassword ?? storePassword ?? '');
    const key = password === null ? pkcs8Key(value.whole) : await encryptedKey(value.whole, password);
    entries.push(checkedEntry({ alias: aliasOf(alias, entries.length), key, chain: chainOf(key, certificates) }));
  }
  return entries;
}

/** What Java marked as trusted and, as in Java, the own certificates of keys. @throws MaterialError; as a rejection */
export async function pkcs12Trusted(pfx: Buffer, storePassword: string | null): Promise<TrustedEntry[]> {
  const bags = await bagsOf(pfx, storePassword);
  const keyIds = new Set(bags.filter(isKey).map(({ keyId }) => keyId));
  return bags
    .filter((bag) => isCertificate(bag) && (bag.isTrusted || (bag.keyId !== null && keyIds.has(bag.keyId))))
    .map((bag, index) => ({ alias: aliasOf(bag.alias, index), certificate: certificateOf(bag) }));
}
