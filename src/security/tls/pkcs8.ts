/** Private keys as PKCS#8 has them (RFC 5208, RFC 5958), encrypted or not. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { derElements, DerError, readDer } from './der.ts';
import { MaterialError } from './key-material.ts';
import { decryptWithPassword, UnknownWayError } from './pbe.ts';

// What OpenSSL says of it does not tell the one from the other.
const UNREADABLE = 'the key cannot be read: a wrong password, or a damaged key';

/** @throws MaterialError */
export function pkcs8Key(der: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch {
    throw new MaterialError('the key cannot be read');
  }
}

/**
 * Decrypts by ourselves what is encrypted in a usual way: OpenSSL does it without letting go of the event loop, however many
 * rounds the password takes.
 * @throws MaterialError; as a rejection
 */
export async function encryptedKey(der: Buffer, password: string): Promise<KeyObject> {
  const plain = await decrypted(der, password);
  try {
    if (plain === 'unknown') {
      return createPrivateKey({ key: der, format: 'der', type: 'pkcs8', passphrase: password });
    }
    if (plain !== null) return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' });
  } catch {
    // Said below.
  }
  throw new MaterialError(UNREADABLE);
}

/** Null where the password is wrong. */
async function decrypted(der: Buffer, password: string): Promise<Buffer | 'unknown' | null> {
  try {
    const [algorithm, encrypted] = derElements(readDer(der));
    if (algorithm === undefined || encrypted === undefined) return null;
    return await decryptWithPassword(algorithm, encrypted.body, password);
  } catch (error) {
    if (error instanceof UnknownWayError) return 'unknown';
    if (error instanceof DerError) return null;
    throw error;
  }
}
