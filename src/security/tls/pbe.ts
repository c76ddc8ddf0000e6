/** Keys from passwords, and what is encrypted with them, as PKCS#12 stores have it: RFC 7292 (appendix B) and RFC 8018. */
import { createDecipheriv, hash, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { turn } from '../../base/real-time.ts';
import { type DerElement, derElements, DerError, derOid, DerTag } from './der.ts';
import { MaterialError } from './key-material.ts';
import { decryptRc2 } from './rc2.ts';

/** As in Java: more would stop the process. */
const MAX_ITERATIONS = 5_000_000;
/** Rounds before others have their turn: some milliseconds. */
const ROUNDS_PER_TURN = 4096;
const pbkdf2OnThread = promisify(pbkdf2);
const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const IV_BYTES = 8;

/** Somebody else may know it. */
export class UnknownWayError extends MaterialError {}

/** What a key that comes of a password is for. */
export const KeyPurpose = { KEY: 1, IV: 2, MAC: 3 } as const;
export type KeyPurpose = (typeof KeyPurpose)[keyof typeof KeyPurpose];

/** Older ways, all with SHA-1; 3DES has no other number of bits. */
const PBES1: ReadonlyMap<string, { readonly keyBytes: number; readonly rc2Bits: number | null }> = new Map([
  ['1.2.840.113549.1.12.1.3', { keyBytes: 24, rc2Bits: null }],
  ['1.2.840.113549.1.12.1.5', { keyBytes: 16, rc2Bits: 128 }],
  ['1.2.840.113549.1.12.1.6', { keyBytes: 5, rc2Bits: 40 }],
]);

/** Digests of PBKDF2; the first where none is named. */
const PRFS: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.2.7', 'sha1'],
  ['1.2.840.113549.2.8', 'sha224'],
  ['1.2.840.113549.2.9', 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
]);

const CIPHERS: ReadonlyMap<string, { readonly name: string; readonly keyBytes: number }> = new Map([
  ['1.2.840.113549.3.7', { name: 'des-ede3-cbc', keyBytes: 24 }],
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keyBytes: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keyBytes: 24 }],
  ['2.16.840.1.101.3.4.1.42', { name: 'aes-256-cbc', keyBytes: 32 }],
]);

/** A count of iterations. @throws MaterialError for one that would take too long */
export function iterationsOf(element: DerElement): number {
  const { body } = element;
  const count = body.length >= 1 && body.length <= 6 ? body.readUIntBE(0, body.length) : 0;
  if (count >= 1 && count <= MAX_ITERATIONS) return count;
  throw new MaterialError('its password would take too many iterations');
}

/** `part` again and again, as often as it takes to fill whole blocks. */
function filled(part: Buffer, blockBytes: number): Buffer {
  return Buffer.alloc(blockBytes * Math.ceil(part.length / blockBytes), part);
}

/** Adds `addend` and one to the big-endian number that a block is. */
function addOneMore(block: Buffer, addend: Buffer): void {
  let carry = 1;
  for (let at = block.length - 1; at >= 0; at--) {
    carry += (block[at] ?? 0) + (addend[at] ?? 0);
    block[at] = carry & 0xff;
    carry >>= 8;
  }
}

/** A key of PKCS#12's own derivation; in slices, as a store may want a hundred thousand rounds for each of its parts. */
export async function pkcs12Key(
  password: string,
  salt: Buffer,
  { digest, purpose, iterations }: { digest: string; purpose: KeyPurpose; iterations: number },
  byteLength: number,
): Promise<Buffer> {
  const blockBytes = digest === 'sha384' || digest === 'sha512' ? 128 : 64;
  const input = Buffer.concat([
    filled(salt, blockBytes),
    filled(Buffer.from(`${password}\0`, 'utf16le').swap16(), blockBytes),
  ]);
  const diversifier = Buffer.alloc(blockBytes, purpose);
  const made: Buffer[] = [];
  for (let left = byteLength; left > 0; ) {
    let digested = hash(digest, Buffer.concat([diversifier, input]), 'buffer');
    for (let round = 1; round < iterations; round++) {
      if (round % ROUNDS_PER_TURN === 0) await turn();
      digested = hash(digest, digested, 'buffer');
    }
    made.push(digested);
    left -= digested.length;
    const addend = Buffer.alloc(blockBytes, digested);
    for (let at = 0; at < input.length; at += blockBytes) addOneMore(input.subarray(at, at + blockBytes), addend);
  }
  return Buffer.concat(made).subarray(0, byteLength);
}

function decipher(name: string, key: Buffer, iv: Buffer, data: Buffer): Buffer | null {
  try {
    const cipher = createDecipheriv(name, key, iv);
    return Buffer.concat([cipher.update(data), cipher.final()]);
  } catch {
    return null;
  }
}

async function decryptPbes1(
  type: string,
  parameters: DerElement,
  data: Buffer,
  password: string,
): Promise<Buffer | null> {
  const way = PBES1.get(type);
  const [salt, count] = derElements(parameters);
  if (salt === undefined || count === undefined) throw new DerError('no salt');
  if (way === undefined) throw new UnknownWayError(`it is encrypted in an unknown way (${type})`);
  const iterations = iterationsOf(count);
  const part = (purpose: KeyPurpose, byteLength: number): Promise<Buffer> =>
    pkcs12Key(password, salt.body, { digest: 'sha1', purpose, iterations }, byteLength);
  const key = await part(KeyPurpose.KEY, way.keyBytes);
  const iv = await part(KeyPurpose.IV, IV_BYTES);
  return way.rc2Bits === null ? decipher('des-ede3-cbc', key, iv, data) : decryptRc2(key, way.rc2Bits, iv, data);
}

async function decryptPbes2(parameters: DerElement, data: Buffer, password: string): Promise<Buffer | null> {
  const [derivation, scheme] = derElements(parameters);
  const [kind, settings] = derivation === undefined ? [] : derElements(derivation);
  const [cipherType, iv] = scheme === undefined ? [] : derElements(scheme);
  const [salt, count, ...optional] = settings === undefined ? [] : derElements(settings);
  if (!kind || !cipherType || !iv || !salt || !count) throw new DerError('no parameters');
  const prf = optional.find(({ tag }) => tag === DerTag.SEQUENCE);
  const [prfType] = prf === undefined ? [] : derElements(prf);
  const digest = prfType === undefined ? 'sha1' : PRFS.get(derOid(prfType));
  const cipher = CIPHERS.get(derOid(cipherType));
  if (derOid(kind) !== PBKDF2 || digest === undefined || cipher === undefined) {
    throw new UnknownWayError(`it is encrypted in an unknown way (${derOid(kind)}, ${derOid(cipherType)})`);
  }
  const key = await pbkdf2OnThread(password, salt.body, iterationsOf(count), cipher.keyBytes, digest);
  return decipher(cipher.name, key, iv.body, data);
}

/**
 * @param algorithm an AlgorithmIdentifier
 * @returns null where the password is wrong
 * @throws DerError; UnknownWayError; MaterialError for too many iterations; as a rejection
 */
export async function decryptWithPassword(
  algorithm: DerElement,
  data: Buffer,
  password: string,
): Promise<Buffer | null> {
  const [type, parameters] = derElements(algorithm);
  if (type === undefined || parameters === undefined) throw new DerError('no algorithm');
  const oid = derOid(type);
  if (oid === PBES2) return await decryptPbes2(parameters, data, password);
  return await decryptPbes1(oid, parameters, data, password);
}
