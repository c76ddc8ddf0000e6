/** A provider of tokens on this machine: its keys by HTTP, and tokens signed with them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JSONWebKeySet, type JWTPayload, SignJWT } from 'jose';

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
  /** How often somebody asked for its keys. */
  asked = 0;
  /** It answers with an error instead. */
  isBroken = false;
  readonly #server;
  #keys: JSONWebKeySet = { keys: [] };
  #signing: SigningKey | null = null;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.url = `${this.issuer}/keys`;
    this.tokenUrl = `${this.issuer}/token`;
    server.on('request', (request, response) => {
      if (request.url === '/token') return void this.#give(request, response);
      this.asked += 1;
      response.statusCode = this.isBroken ? 503 : 200;
      response.end(JSON.stringify(this.#keys));
    });
  }

  static async open(): Promise<TokenProvider> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const provider = new TokenProvider(server);
    await provider.rotate('first');
    return provider;
  }

  get keys(): JSONWebKeySet {
    return this.#keys;
  }

  /** Another key takes the place of the one there was. */
  async rotate(id: string, algorithm = 'RS256'): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(algorithm);
    this.#keys = { keys: [{ ...(await exportJWK(publicKey)), kid: id, alg: algorithm, use: 'sig' }] };
    this.#signing = { id, key: privateKey };
  }

  async #give({ headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const [scheme, credentials = ''] = (headers.authorization ?? '').split(' ');
    const [name = '', secret = ''] = Buffer.from(credentials, 'base64').toString().split(':');
    if (scheme !== 'Basic' || this.clients.get(name) !== secret) return void response.writeHead(401).end();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: await this.token(name), token_type: 'Bearer', expires_in: 3600 }));
  }

  /** A token of a user, good for an hour, with other claims where `claims` has some. */
  async token(user: string, claims: JWTPayload = {}, issuedSeconds = Date.now() / 1000): Promise<string> {
    const { id, key } = this.#signing as SigningKey;
    const iat = Math.floor(issuedSeconds);
    const usual = { sub: user, iss: this.issuer, aud: 'walka', iat, exp: iat + 3600 };
    const algorithm = this.#keys.keys[0]?.alg ?? '';
    return new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: algorithm, kid: id }).sign(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
