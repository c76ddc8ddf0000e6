/** The messages of SCRAM (RFC 5802) that a client sends, as Kafka reads them. */

export interface ClientFirst {
  readonly authorizationId: string;
  readonly user: string;
  readonly nonce: string;
  /** Such as `tokenauth=true`. */
  readonly extensions: ReadonlyMap<string, string>;
  /** From `n=` on: part of what both sides sign. */
  readonly bare: string;
}

export interface ClientFinal {
  readonly nonce: string;
  readonly channelBinding: string;
  readonly proof: Buffer;
  readonly withoutProof: string;
}

/** Of the first message, in bytes: who has not said who he is has it kept until the last one comes. */
const MAX_FIRST_BYTES = 8 * 1024;

const SASL_NAME = String.raw`(?:[^,=\0]|=2C|=3D)+`;
const PRINTABLE = String.raw`[\x21-\x2b\x2d-\x7e]+`;
const EXTENSIONS = String.raw`(?:,[A-Za-z]+=[^,\0]+)*`;
const BASE64 = String.raw`(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?`;
const FIRST = new RegExp(
  `^n,(?:a=(${SASL_NAME}))?,((?:m=[^,\\0]+,)?n=(${SASL_NAME}),r=(${PRINTABLE})(${EXTENSIONS}))$`,
);
const FINAL = new RegExp(`^(c=(${BASE64}),r=(${PRINTABLE})${EXTENSIONS}),p=(${BASE64})$`);

function nameOf(text: string): string {
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

/** Null for what is none. */
export function parseClientFirst(token: Buffer): ClientFirst | null {
  const match = token.length > MAX_FIRST_BYTES ? null : FIRST.exec(token.toString('utf8'));
  if (match === null) return null;
  const [, authorizationId = '', bare = '', user = '', nonce = '', extensions = ''] = match;
  const pairs = extensions.split(',').slice(1);
  return {
    authorizationId: nameOf(authorizationId),
    user: nameOf(user),
    nonce,
    extensions: new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])),
    bare,
  };
}

/** Null for what is none. */
export function parseClientFinal(token: Buffer): ClientFinal | null {
  const match = FINAL.exec(token.toString('utf8'));
  if (match === null) return null;
  const [, withoutProof = '', channelBinding = '', nonce = '', proof = ''] = match;
  return { nonce, channelBinding, proof: Buffer.from(proof, 'base64'), withoutProof };
}
