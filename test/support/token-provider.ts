/** A provider of tokens on this machine: its keys by HTTP, and tokens signed with them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose';
import type { Issued } from './certificates.ts';

interface SigningKey {
  readonly id: string;
  readonly key: CryptoKey;
}

export class TokenProvider implements AsyncDisposable {
  readonly issuer: string;
  /** Of its keys. */
  readonly url: string;
  /** Where clients get a token for their names and secrets (client credentials, RFC 6749). */
  readonly tokenUrl: string;
  /** Their secrets by their names. */
  readonly clients = new Map<string, string>();
  /** By which it knows who signed an assertion (RFC 7523); null: it takes none. */
  assertionKey: CryptoKey | null = null;
  /** What it was asked for tokens with, oldest first. */
  readonly forms: URLSearchParams[] = [];
  /** How often somebody asked for its keys. */
  asked = 0;
  /** It answers with an error instead. */
  isBroken = false;
  readonly #server;
  #keys: JSONWebKeySet = { keys: [] };
  #signing: SigningKey | null = null;

  private constructor(server: ReturnType<typeof createServer>, scheme: 'http' | 'https') {
    this.#server = server;
    this.issuer = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.url = `${this.issuer}/keys`;
    this.tokenUrl = `${this.issuer}/token`;
    server.on('request', (request, response) => {
      if (request.url === '/token') return void this.#give(request, response);
      this.asked += 1;
      response.statusCode = this.isBroken ? 503 : 200;
      response.end(JSON.stringify(this.#keys));
    });
  }

  /** By https where it has a certificate. */
  static async open(certificate: Issued | null = null): Promise<TokenProvider> {
    const server =
      certificate === null ? createServer() : createSecureServer({ key: certificate.key, cert: certificate.chain });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const provider = new TokenProvider(server, certificate === null ? 'http' : 'https');
    await provider.rotate('first');
    return provider;
  }

  get keys(): JSONWebKeySet {
    return this.#keys;
  }

  /** Shows these as its keys. */
  publish(keys: readonly JWK[]): void {
    this.#keys = { keys: [...keys] };
  }

  /** Another key takes the place of the one there was. */
  async rotate(id: string, algorithm = 'RS256'): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(algorithm);
    this.#keys = { keys: [{ ...(await exportJWK(publicKey)), kid: id, alg: algorithm, use: 'sig' }] };
    this.#signing = { id, key: privateKey };
  }

  async #give(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request));
    this.forms.push(form);
    const name = await this.#client(form, request.headers.authorization);
    response.statusCode = this.isBroken ? 503 : name === null ? 401 : 200;
    response.setHeader('content-type', 'application/json');
    const refusal = { error: 'invalid_client', error_description: 'who are you?' };
    const given = { access_token: await this.token(name ?? ''), token_type: 'Bearer', expires_in: 3600 };
    response.end(JSON.stringify(response.statusCode === 200 ? given : refusal));
  }

  /** Null: nobody that it knows. */
  async #client(form: URLSearchParams, authorization = ''): Promise<string | null> {
    const assertion = form.get('client_assertion') ?? form.get('assertion');
    if (assertion !== null) {
      if (this.assertionKey === null) return null;
      const { payload } = await jwtVerify(assertion, this.assertionKey, { audience: this.tokenUrl });
      return payload.sub ?? null;
    }
    const [scheme, credentials = ''] = authorization.split(' ');
    const [name = '', secret = ''] = Buffer.from(credentials, 'base64').toString().split(':');
    return scheme === 'Basic' && this.clients.get(name) === secret ? name : null;
  }

  /** A token of a user, good for an hour, with other claims where `claims` has some; null for a key that has no name. */
  async token(
    user: string,
    claims: JWTPayload = {},
    issuedSeconds = Date.now() / 1000,
    kid: string | null = (this.#signing as SigningKey).id,
  ): Promise<string> {
    const { key } = this.#signing as SigningKey;
    const iat = Math.floor(issuedSeconds);
    const usual = { sub: user, iss: this.issuer, aud: 'walka', iat, exp: iat + 3600 };
    const algorithm = this.#keys.keys[0]?.alg ?? '';
    return new SignJWT({ ...usual, ...claims })
      .setProtectedHeader({ alg: algorithm, ...(kid !== null && { kid }) })
      .sign(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
