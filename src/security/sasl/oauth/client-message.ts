/** What a client begins OAUTHBEARER with (RFC 7628, KIP-255), as Kafka reads it. */

export interface BearerMessage {
  /** Empty where the client wants to be whom the token is of. */
  readonly authorizationId: string;
  /** The access token. */
  readonly token: string;
}

const SASL_NAME = String.raw`(?:[\x01-\x2b\x2d-\x3c\x3e-\x7f]|=2C|=3D)+`;
const PAIRS = String.raw`(?:[A-Za-z]+=[\x21-\x7e \t\r\n]+\x01)*`;
const MESSAGE = new RegExp(`^n,(?:a=(${SASL_NAME}))?,\\x01(${PAIRS})\\x01$`);
const AUTH = /^(\w+) +([-_~+/.A-Za-z0-9]+=*)$/;

/** Null for what is none. The pairs beside `auth` are extensions (KIP-342), of which no broker knows any. */
export function parseBearerMessage(bytes: Buffer): BearerMessage | null {
  const match = MESSAGE.exec(bytes.toString('utf8'));
  if (match === null) return null;
  const [, name = '', pairs = ''] = match;
  const values = new Map(pairs.split('\x01').map((pair) => [pair.slice(0, pair.indexOf('=')), pair]));
  const [, scheme = '', token = ''] = AUTH.exec((values.get('auth') ?? '').slice('auth='.length)) ?? [];
  if (scheme.toLowerCase() !== 'bearer') return null;
  return { authorizationId: name.replaceAll('=2C', ',').replaceAll('=3D', '='), token };
}
