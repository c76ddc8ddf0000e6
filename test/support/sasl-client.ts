/** SASL as a client does it, frame by frame. */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { ApiKey } from '../../protocol/apis.ts';
import { writeSaslAuthenticateRequest } from '../../protocol/generated/sasl-authenticate-request.ts';
import {
  readSaslAuthenticateResponse,
  type SaslAuthenticateResponse,
} from '../../protocol/generated/sasl-authenticate-response.ts';
import { writeSaslHandshakeRequest } from '../../protocol/generated/sasl-handshake-request.ts';
import { readSaslHandshakeResponse } from '../../protocol/generated/sasl-handshake-response.ts';
import type { WireClient } from './wire-client.ts';

export const SaslHandshake = {
  apiKey: ApiKey.SaslHandshake,
  write: writeSaslHandshakeRequest,
  read: readSaslHandshakeResponse,
};
export const SaslAuthenticate = {
  apiKey: ApiKey.SaslAuthenticate,
  write: writeSaslAuthenticateRequest,
  read: readSaslAuthenticateResponse,
};

/** The broker's answer to one token of a mechanism. */
export function sendToken(client: WireClient, token: string | Buffer): Promise<SaslAuthenticateResponse> {
  return client.call(SaslAuthenticate, 2, { authBytes: Buffer.from(token) });
}

/** Begins with a mechanism that takes one token of the client's. */
export async function authenticate(
  client: WireClient,
  mechanism: string,
  token: string | Buffer,
): Promise<SaslAuthenticateResponse> {
  await client.call(SaslHandshake, 1, { mechanism });
  return sendToken(client, token);
}

export function plainToken(user: string, password: string): string {
  return `\0${user}\0${password}`;
}

/** The broker's last answer to SCRAM. @param extensions such as `,tokenauth=true` */
export async function authenticateScram(
  client: WireClient,
  mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512',
  user: string,
  password: string,
  extensions = '',
): Promise<SaslAuthenticateResponse> {
  const bare = `n=${user},r=abc${extensions}`;
  const { authBytes: serverFirst } = await authenticate(client, mechanism, `n,,${bare}`);
  const [, nonce = '', salt = '', iterations = ''] = /^r=(.+),s=(.+),i=(\d+)$/.exec(serverFirst.toString()) ?? [];
  const [hash, byteLength] = mechanism === 'SCRAM-SHA-256' ? (['sha256', 32] as const) : (['sha512', 64] as const);
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), byteLength, hash);
  const clientKey = createHmac(hash, salted).update('Client Key').digest();
  const storedKey = createHash(hash).update(clientKey).digest();
  const withoutProof = `c=biws,r=${nonce}`;
  const signature = createHmac(hash, storedKey).update(`${bare},${serverFirst.toString()},${withoutProof}`).digest();
  const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number)));
  return sendToken(client, `${withoutProof},p=${proof.toString('base64')}`);
}
