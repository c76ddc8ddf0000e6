/**
 * Tokens without a signature (`alg` is `none`), for tests: whoever can connect can write one, and be whoever he likes. As
 * Kafka's OAuthBearerUnsecuredValidatorCallbackHandler reads them.
 */
import type { Clock } from '../../../base/clock.ts';
import { type BearerIdentity, type BearerValidator, InvalidToken } from './bearer-exchange.ts';
import { type Claims, scopeClaim, subjectClaim, timeClaim } from './claims.ts';

export interface UnsecuredOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Claim that names the user: unsecuredValidatorPrincipalClaimName */
  readonly subjectClaim: string;
  /** unsecuredValidatorScopeClaimName */
  readonly scopeClaim: string;
  /** All of them must be in a token: unsecuredValidatorRequiredScope */
  readonly requiredScopes: readonly string[];
  /** unsecuredValidatorAllowableClockSkewMs */
  readonly skewMs: number;
}

const ALPHABET = /^[-_A-Za-z0-9]+$/;

/** @throws InvalidToken */
function decode(part: string): Claims {
  try {
    if (!ALPHABET.test(part)) throw new SyntaxError('not base64url');
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Claims;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new InvalidToken('a part of it is not JSON in base64url');
}

export class UnsecuredValidator implements BearerValidator {
  readonly #options: UnsecuredOptions;

  constructor(options: UnsecuredOptions) {
    this.#options = options;
  }

  async validate(token: string): Promise<BearerIdentity> {
    const [header = '', payload = '', signature, ...rest] = token.split('.');
    if (signature !== '' || rest.length > 0) throw new InvalidToken('it has a signature, or is no token at all');
    if (decode(header).alg !== 'none') throw new InvalidToken('its algorithm is not none');
    const claims = decode(payload);
    const { clock, subjectClaim: subject, scopeClaim: scope, requiredScopes, skewMs } = this.#options;
    const name = subjectClaim(claims, subject);
    const issuedMs = timeClaim(claims, 'iat');
    const expiresMs = timeClaim(claims, 'exp');
    const nowMs = clock.now();
    if (expiresMs === undefined) throw new InvalidToken('it has no claim exp');
    if (nowMs - skewMs >= expiresMs) throw new InvalidToken('it is expired');
    if (issuedMs !== undefined && issuedMs > nowMs + skewMs) throw new InvalidToken('it is of the future');
    if (issuedMs !== undefined && issuedMs >= expiresMs) throw new InvalidToken('it ended before it began');
    const scopes = scopeClaim(claims, scope);
    const missing = requiredScopes.filter((one) => !scopes.has(one));
    if (missing.length === 0) return { name, expiresMs };
    throw new InvalidToken('it does not have the scope it needs', 'insufficient_scope', requiredScopes.join(' '));
  }
}
