/** PLAIN (RFC 4616) with user names and passwords: `authorization id NUL user name NUL password`. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { userPrincipal } from '../principal.ts';
import { NO_TOKEN, OTHER_ID, SaslError, type SaslExchange, type SaslStep } from './exchange.ts';

/** A user's password, or undefined; unknown users must take no less time than others. */
export type PasswordOf = (user: string) => string | undefined;

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Takes the same time wherever the two differ, and however long they are. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

/** @throws SaslError */
function parse(token: Buffer): { readonly authorizationId: string; readonly user: string; readonly password: string } {
  // As Kafka, it reads four at most.
  const parts = token.toString('utf8').split('\0', 4);
  if (parts.length !== 3) {
    throw new SaslError(`Invalid SASL/PLAIN response: expected 3 tokens, got ${parts.length}`);
  }
  const [authorizationId, user, password] = parts as [string, string, string];
  if (user === '') throw new SaslError('Authentication failed: username not specified');
  if (password === '') throw new SaslError('Authentication failed: password not specified');
  return { authorizationId, user, password };
}

export class PlainExchange implements SaslExchange {
  readonly #passwordOf: PasswordOf;

  constructor(passwordOf: PasswordOf) {
    this.#passwordOf = passwordOf;
  }

  step(token: Buffer): SaslStep {
    const { authorizationId, user, password } = parse(token);
    const expected = this.#passwordOf(user);
    const isRight = isSame(password, expected ?? '');
    if (expected === undefined || !isRight) {
      throw new SaslError('Authentication failed: Invalid username or password');
    }
    if (authorizationId !== '' && authorizationId !== user) {
      throw new SaslError(OTHER_ID);
    }
    return { token: NO_TOKEN, done: { principal: userPrincipal(user), expiresMs: null, byToken: false } };
  }
}
