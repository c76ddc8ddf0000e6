/**
 * OAUTHBEARER on the broker's side (RFC 7628, KIP-255). A token that does not count is answered with a text in JSON that
 * says why; the client acknowledges it with one byte, and only then it is told that it failed.
 */
import { userPrincipal } from '../../principal.ts';
import { InvalidCredentials, NO_TOKEN, SaslError, type SaslExchange, type SaslStep } from '../exchange.ts';
import { parseBearerMessage } from './client-message.ts';

/** Whom a token is of. */
export interface BearerIdentity {
  readonly name: string;
  /** Unix time in ms at which the token ends, and the session with it. */
  readonly expiresMs: number;
}

/** A token does not count. The message is for the broker's log and has nothing of the token in it. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';
  readonly status: 'invalid_token' | 'insufficient_scope';
  readonly scope: string | null;

  /** @param scope what the token would have to have */
  constructor(message: string, status: InvalidToken['status'] = 'invalid_token', scope: string | null = null) {
    super(message);
    this.status = status;
    this.scope = scope;
  }
}

export interface BearerValidator {
  /** @throws InvalidToken (as a rejection) */
  validate(token: string): Promise<BearerIdentity>;
}

const ACKNOWLEDGEMENT = 0x01;

export class BearerExchange implements SaslExchange {
  readonly #validator: BearerValidator;
  /** The answer to a token that does not count, which the client has yet to acknowledge. */
  #refusal: SaslError | null = null;

  constructor(validator: BearerValidator) {
    this.#validator = validator;
  }

  async step(bytes: Buffer): Promise<SaslStep> {
    if (this.#refusal !== null) {
      throw bytes.length === 1 && bytes[0] === ACKNOWLEDGEMENT ? this.#refusal : malformed();
    }
    const message = parseBearerMessage(bytes);
    if (message === null) throw malformed();
    const { authorizationId, token } = message;
    const identity = await this.#identity(token);
    if (identity instanceof SaslError) {
      this.#refusal = identity;
      return { token: Buffer.from(identity.message), done: null };
    }
    const { name, expiresMs } = identity;
    if (authorizationId !== '' && authorizationId !== name) {
      const other = `Client requested an authorization id (${authorizationId}) that is different from`;
      throw new SaslError(`Authentication failed: ${other} the token's principal name (${name})`);
    }
    return { token: NO_TOKEN, done: { principal: userPrincipal(name), expiresMs, byToken: false } };
  }

  /** Or what a client is told whose token does not count. */
  async #identity(token: string): Promise<BearerIdentity | SaslError> {
    try {
      return await this.#validator.validate(token);
    } catch (error) {
      if (!(error instanceof InvalidToken)) throw error;
      const { status, scope, message } = error;
      const text = JSON.stringify(scope === null ? { status } : { status, scope });
      return new SaslError(text, `the token does not count: ${message}`);
    }
  }
}

function malformed(): SaslError {
  return new InvalidCredentials('OAUTHBEARER');
}
