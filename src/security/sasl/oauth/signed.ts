/** Tokens that a provider signed (RFC 7519, KIP-768), checked with its public keys by `jose`. */
import type * as Jose from 'jose';
import type { Clock } from '../../../base/clock.ts';
import { type BearerIdentity, type BearerValidator, InvalidToken } from './bearer-exchange.ts';
import { scopeClaim, subjectClaim, timeClaim } from './claims.ts';
import type { ProviderKeys } from './provider-keys.ts';

export interface SignedOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly keys: ProviderKeys;
  /** Null: whoever. */
  readonly issuer: string | null;
  /** Of which a token must name one; empty: whichever. */
  readonly audience: readonly string[];
  readonly skewSeconds: number;
  readonly subjectClaim: string;
  readonly scopeClaim: string;
}

type KeyFinder = ReturnType<typeof Jose.createLocalJWKSet>;

export class SignedValidator implements BearerValidator {
  readonly #options: SignedOptions;
  readonly #jose: typeof Jose;
  #finder: { readonly keys: Jose.JSONWebKeySet; readonly find: KeyFinder } | null = null;

  /** @param jose the library, which is loaded where a listener asks for it */
  constructor(options: SignedOptions, jose: typeof Jose) {
    this.#options = options;
    this.#jose = jose;
  }

  async validate(token: string): Promise<BearerIdentity> {
    const claims = await this.#verified(token);
    const expiresMs = timeClaim(claims, 'exp');
    if (expiresMs === undefined) throw new InvalidToken('it has no claim exp');
    scopeClaim(claims, this.#options.scopeClaim);
    return { name: subjectClaim(claims, this.#options.subjectClaim), expiresMs };
  }

  /** @throws InvalidToken */
  async #verified(token: string): Promise<Jose.JWTPayload> {
    const { keys } = this.#options;
    try {
      return await this.#verify(token);
    } catch (error) {
      // The provider may have changed its keys since, or mended one.
      if (!this.#isOfKeys(error) || !(await keys.renew())) throw this.#invalid(error);
    }
    try {
      return await this.#verify(token);
    } catch (error) {
      throw this.#invalid(error);
    }
  }

  /** Whether other keys may make a token good. What `jose` does not tell of itself is of a key that is none. */
  #isOfKeys(error: unknown): boolean {
    const { JOSEError, JWKSNoMatchingKey, JWSSignatureVerificationFailed } = this.#jose.errors;
    if (!(error instanceof JOSEError)) return !(error instanceof InvalidToken);
    return error instanceof JWKSNoMatchingKey || error instanceof JWSSignatureVerificationFailed;
  }

  /** Finds a token's key; the same until there are other keys, as it keeps them in a form made for use. */
  #keyOf(): KeyFinder {
    const { current } = this.#options.keys;
    if (current === null) throw new InvalidToken('the keys of the provider are not there yet');
    if (this.#finder?.keys !== current) this.#finder = { keys: current, find: this.#jose.createLocalJWKSet(current) };
    return this.#finder.find;
  }

  async #verify(token: string): Promise<Jose.JWTPayload> {
    const { clock, issuer, audience, skewSeconds } = this.#options;
    const { errors, jwtVerify } = this.#jose;
    const options = {
      currentDate: new Date(clock.now()),
      clockTolerance: skewSeconds,
      requiredClaims: ['exp', 'iat'],
      ...(issuer !== null && { issuer }),
      ...(audience.length > 0 && { audience: [...audience] }),
    };
    try {
      return (await jwtVerify(token, this.#keyOf(), options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      // It does not say which of them it was.
      for await (const key of error) {
        try {
          return (await jwtVerify(token, key, options)).payload;
        } catch (other) {
          if (!this.#isOfKeys(other)) throw other;
        }
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  /** What is wrong, without anything of the token: `jose` tells of claims by name. */
  #invalid(error: unknown): Error {
    const { errors } = this.#jose;
    if (error instanceof InvalidToken) return error;
    if (error instanceof errors.JWTExpired) return new InvalidToken('it is expired');
    if (error instanceof errors.JWTClaimValidationFailed) {
      return new InvalidToken(`its claim ${error.claim} is not as it must be`);
    }
    if (error instanceof errors.JWKSNoMatchingKey) {
      return new InvalidToken('no key of the provider is the one it was signed with');
    }
    return new InvalidToken(
      error instanceof errors.JOSEError
        ? `it cannot be verified (${error.code})`
        : 'the key that it was signed with cannot be used',
    );
  }
}
