/** What a broker keeps of a password for SCRAM (RFC 5802): enough to check it, not enough to log in with. */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

/** Kafka's bounds, both inclusive. */
export const MIN_ITERATIONS = 4096;
export const MAX_ITERATIONS = 16_384;

export interface ScramCredential {
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
  readonly iterations: number;
}

interface Hash {
  readonly name: 'sha256' | 'sha512';
  readonly byteLength: number;
}

const HASHES: Readonly<Record<ScramMechanism, Hash>> = {
  'SCRAM-SHA-256': { name: 'sha256', byteLength: 32 },
  'SCRAM-SHA-512': { name: 'sha512', byteLength: 64 },
};

const derive = promisify(pbkdf2);

export function isScramMechanism(text: string): text is ScramMechanism {
  return Object.hasOwn(HASHES, text);
}

export function keyBytes(mechanism: ScramMechanism): number {
  return HASHES[mechanism].byteLength;
}

export function hmac(mechanism: ScramMechanism, key: Buffer, text: string): Buffer {
  return createHmac(HASHES[mechanism].name, key).update(text).digest();
}

function hash(mechanism: ScramMechanism, bytes: Buffer): Buffer {
  return createHash(HASHES[mechanism].name).update(bytes).digest();
}

/** `Hi(password, salt, iterations)`: takes milliseconds, on another thread. */
export function saltedPassword(
  mechanism: ScramMechanism,
  password: string,
  salt: Buffer,
  iterations: number,
): Promise<Buffer> {
  const { name, byteLength } = HASHES[mechanism];
  return derive(password.normalize('NFKC'), salt, iterations, byteLength, name);
}

/** @param salted what AlterUserScramCredentials sends, or `saltedPassword` gives */
export function credentialOf(
  mechanism: ScramMechanism,
  salted: Buffer,
  { salt, iterations }: Pick<ScramCredential, 'salt' | 'iterations'>,
): ScramCredential {
  const storedKey = hash(mechanism, hmac(mechanism, salted, 'Client Key'));
  return { salt, iterations, storedKey, serverKey: hmac(mechanism, salted, 'Server Key') };
}

/** Whether a proof is of who knows the password, by `ClientKey XOR ClientSignature`. */
export function proves(
  mechanism: ScramMechanism,
  { storedKey }: ScramCredential,
  proof: Buffer,
  authMessage: string,
): boolean {
  if (proof.length !== storedKey.length) return false;
  const signature = hmac(mechanism, storedKey, authMessage);
  const clientKey = Buffer.from(proof.map((byte, i) => byte ^ (signature[i] as number)));
  return timingSafeEqual(hash(mechanism, clientKey), storedKey);
}

/** What proves to a broker that a client knows the password. */
export function clientProof(mechanism: ScramMechanism, salted: Buffer, authMessage: string): Buffer {
  const clientKey = hmac(mechanism, salted, 'Client Key');
  const signature = hmac(mechanism, hash(mechanism, clientKey), authMessage);
  return Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number)));
}

/** As Kafka writes them down. */
export function encodeCredential({ salt, storedKey, serverKey, iterations }: ScramCredential): string {
  const [first, second, third] = [salt, storedKey, serverKey].map((bytes) => bytes.toString('base64'));
  return `salt=${first},stored_key=${second},server_key=${third},iterations=${iterations}`;
}

/** Null for what is none. */
export function decodeCredential(text: string): ScramCredential | null {
  const fields = new Map(text.split(',').map((field) => splitAtFirst(field, '=')));
  const bytes = (name: string): Buffer => Buffer.from(fields.get(name) ?? '', 'base64');
  const iterations = Number(fields.get('iterations'));
  const credential = {
    salt: bytes('salt'),
    storedKey: bytes('stored_key'),
    serverKey: bytes('server_key'),
    iterations,
  };
  const isWhole = Number.isInteger(iterations) && credential.storedKey.length > 0 && credential.serverKey.length > 0;
  return isWhole ? credential : null;
}

function splitAtFirst(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
