/**
 * SCRAM-SHA-256 and -512 (RFC 5802, RFC 7677, KIP-84). A client that names somebody who is not there, or sends nonsense,
 * is told the same as one whose password is wrong, and at the same step.
 */
import type { Random } from '../../base/random.ts';
import { userPrincipal, type Principal } from '../principal.ts';
import { InvalidCredentials, OTHER_ID, SaslError, type SaslExchange, type SaslStep } from './exchange.ts';
import {
  hmac,
  keyBytes,
  MIN_ITERATIONS,
  proves,
  type ScramCredential,
  type ScramMechanism,
} from './scram-credential.ts';
import { type ClientFirst, parseClientFinal, parseClientFirst } from './scram-messages.ts';

const NONCE_BYTES = 24;
/** `n,,` in base64: no channel is bound. */
const NO_CHANNEL = 'biws';

/** Whom a credential is of; that of a delegation token is of its owner. */
export interface ScramLogin {
  readonly credential: ScramCredential;
  readonly principal: Principal;
  readonly expiresMs: number | null;
}

export interface ScramUsers {
  /** @param byToken `user` is the id of a delegation token */
  find(mechanism: ScramMechanism, user: string, byToken: boolean): Promise<ScramLogin | undefined>;
  /** A secret of this broker, from which salts for users that are not there are made: always the same for one name. */
  readonly decoyKey: Buffer;
}

interface Begun {
  readonly first: ClientFirst;
  readonly nonce: string;
  readonly serverFirst: string;
  readonly login: ScramLogin | undefined;
  readonly credential: ScramCredential;
}

export class ScramExchange implements SaslExchange {
  readonly #mechanism: ScramMechanism;
  readonly #users: ScramUsers;
  readonly #random: Random;
  #begun: Begun | null = null;
  #isOver = false;

  constructor(mechanism: ScramMechanism, users: ScramUsers, random: Random) {
    this.#mechanism = mechanism;
    this.#users = users;
    this.#random = random;
  }

  async step(token: Buffer): Promise<SaslStep> {
    if (this.#isOver) throw this.#failure();
    if (this.#begun === null) return this.#begin(token);
    this.#isOver = true;
    return this.#finish(token, this.#begun);
  }

  async #begin(token: Buffer): Promise<SaslStep> {
    const first = parseClientFirst(token);
    this.#isOver = true;
    if (first === null) throw this.#failure();
    if (first.authorizationId !== '' && first.authorizationId !== first.user) throw new SaslError(OTHER_ID);
    const login = await this.#users.find(this.#mechanism, first.user, isOfToken(first));
    this.#isOver = false;
    const credential = login?.credential ?? this.#decoy(first.user);
    const nonce = first.nonce + this.#random.bytes(NONCE_BYTES).toString('base64url');
    const serverFirst = `r=${nonce},s=${credential.salt.toString('base64')},i=${credential.iterations}`;
    this.#begun = { first, nonce, serverFirst, login, credential };
    return { token: Buffer.from(serverFirst), done: null };
  }

  #finish(token: Buffer, { first, nonce, serverFirst, login, credential }: Begun): SaslStep {
    const final = parseClientFinal(token);
    // As Kafka: librdkafka 2.0 and others of its age send their own nonce once more before it.
    const isOurs = final !== null && final.nonce.endsWith(nonce) && final.channelBinding === this.#binding(first);
    if (!isOurs) throw this.#failure();
    const authMessage = `${first.bare},${serverFirst},${final.withoutProof}`;
    const isProven = proves(this.#mechanism, credential, final.proof, authMessage);
    if (login === undefined || !isProven) throw this.#failure();
    const signature = hmac(this.#mechanism, credential.serverKey, authMessage);
    const byToken = isOfToken(first);
    return {
      token: Buffer.from(`v=${signature.toString('base64')}`),
      done: { principal: login.principal, expiresMs: login.expiresMs, byToken },
    };
  }

  /** The header of the first message, which the last one repeats. */
  #binding({ authorizationId }: ClientFirst): string {
    if (authorizationId === '') return NO_CHANNEL;
    const escaped = authorizationId.replaceAll('=', '=3D').replaceAll(',', '=2C');
    return Buffer.from(`n,a=${escaped},`).toString('base64');
  }

  /** What nobody's password fits. */
  #decoy(user: string): ScramCredential {
    const salt = hmac('SCRAM-SHA-256', this.#users.decoyKey, `${this.#mechanism} ${user}`).subarray(0, 24);
    const key = Buffer.alloc(keyBytes(this.#mechanism));
    return { salt, storedKey: key, serverKey: key, iterations: MIN_ITERATIONS };
  }

  #failure(): SaslError {
    return new InvalidCredentials(this.#mechanism);
  }
}

/** The login of a user, as long as nothing else ends it. */
export function scramUser(user: string, credential: ScramCredential): ScramLogin {
  return { credential, principal: userPrincipal(user), expiresMs: null };
}

/** Whether the name is the id of a delegation token. */
function isOfToken({ extensions }: ClientFirst): boolean {
  return extensions.get('tokenauth')?.toLowerCase() === 'true';
}
