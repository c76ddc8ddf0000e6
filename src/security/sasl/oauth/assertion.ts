/** Assertions (RFC 7523, KIP-1258): what a client signs itself, in the place of a secret, to get a token. */
import { createPrivateKey } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';

export interface AssertionOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** RS256 or ES256. */
  readonly algorithm: string;
  /** PKCS#8 as PEM, read anew each time. */
  readonly key: () => Promise<string>;
  /** Null: the key is not encrypted. */
  readonly passphrase: string | null;
  /** Parts that somebody wrote down, under those of the settings. */
  readonly template: { readonly header?: object; readonly payload?: object };
  /** iss, sub, aud; undefined: not claimed. */
  readonly claims: Readonly<Record<string, string | undefined>>;
  readonly lifeSeconds: number;
  /** By how much it counts before it was made. */
  readonly notBeforeSeconds: number;
  /** Gives each an id of its own; null: none is wanted. */
  readonly id: (() => string) | null;
}

/** @throws the errors of node:crypto for a key that is none, as a rejection */
export async function signedAssertion(options: AssertionOptions): Promise<string> {
  const { clock, algorithm, passphrase, template, claims, lifeSeconds, notBeforeSeconds, id } = options;
  const key = createPrivateKey({ key: await options.key(), ...(passphrase !== null && { passphrase }) });
  const nowSeconds = Math.floor(clock.now() / 1000);
  const given = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  const times = { iat: nowSeconds, exp: nowSeconds + lifeSeconds, nbf: nowSeconds - notBeforeSeconds };
  const payload = { ...template.payload, ...given, ...times, ...(id !== null && { jti: id() }) };
  const { SignJWT } = await import('jose');
  const header = { ...template.header, alg: algorithm, typ: 'JWT' };
  return new SignJWT(payload).setProtectedHeader(header).sign(key);
}
