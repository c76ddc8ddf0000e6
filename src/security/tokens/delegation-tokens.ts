/**
 * The delegation tokens of a cluster (KIP-48). A token's secret is made from its id and the broker's secret key and kept
 * nowhere, so another key ends all logins by the tokens that there are.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import type { Clock } from '../../base/clock.ts';
import { type Random, randomUuid } from '../../base/random.ts';
import { type AlterConfigs, type MetadataStore, StoredResourceType } from '../../metadata/types.ts';
import { type Principal, principalText } from '../principal.ts';
import type { ScramLogin } from '../sasl/scram.ts';
import {
  credentialOf,
  MIN_ITERATIONS,
  saltedPassword,
  type ScramCredential,
  type ScramMechanism,
} from '../sasl/scram-credential.ts';
import { type DelegationToken, decodeToken, encodeToken, isExpired, mayRenew } from './token.ts';

const { DELEGATION_TOKEN } = StoredResourceType;
const SALT_BYTES = 24;
/** Of one requester, and letters of a token with its renewers: as nobody needs a right to make some, they are bounded. */
const MAX_TOKENS = 10_000;
const MAX_LETTERS = 4096;
/** The end of a token that has none: answers have no later time. */
const FOR_EVER_MS = Number.MAX_SAFE_INTEGER;

export interface DelegationTokensOptions {
  readonly metadata: MetadataStore;
  readonly clock: Clock;
  readonly random: Random;
  /** delegation.token.secret.key */
  readonly secretKey: string;
  /** A token ends unless it is prolonged for as long again, in ms: delegation.token.expiry.time.ms */
  readonly expiryMs: number;
  /** And after this it ends, in ms: delegation.token.max.lifetime.ms */
  readonly maxLifetimeMs: number;
}

export interface NewToken extends Pick<DelegationToken, 'owner' | 'requester' | 'renewers'> {
  /** In ms; not above zero, or more than is allowed: as much as is allowed. */
  readonly maxLifetimeMs: number;
}

/** A token, and what its secret looks like to SCRAM once somebody has asked. */
interface Known {
  readonly token: DelegationToken;
  readonly credentials: Map<ScramMechanism, Promise<ScramCredential>>;
}

/** @throws KafkaError DELEGATION_TOKEN_OWNER_MISMATCH */
function checkRenewer(token: DelegationToken, who: Principal): void {
  if (!mayRenew(token, who)) throw new KafkaError(ErrorCode.DELEGATION_TOKEN_OWNER_MISMATCH);
}

function letters(token: DelegationToken): number {
  return [...encodeToken(token).values()].reduce((sum, text) => sum + text.length, 0);
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

export class DelegationTokens {
  readonly #options: DelegationTokensOptions;
  readonly #byId = new Map<string, Known>();
  /** By a hash of the secret: how long a look takes tells nothing of secrets that are nearly right. */
  readonly #idBySecret = new Map<string, string>();

  constructor(options: DelegationTokensOptions) {
    this.#options = options;
    const { metadata } = options;
    for (const id of metadata.resourceNames(DELEGATION_TOKEN)) this.#refresh(id);
    metadata.onChange((change) => {
      if (change.kind === 'configs-changed' && change.resourceType === DELEGATION_TOKEN) {
        this.#refresh(change.resourceName);
      }
    });
  }

  /** All there are, those among them that expired not long ago. */
  *[Symbol.iterator](): Generator<DelegationToken> {
    for (const { token } of this.#byId.values()) yield token;
  }

  /** What its owner logs in with, as bytes; SCRAM takes them in base64 for a password. */
  secretOf(id: string): Buffer {
    return createHmac('sha512', this.#options.secretKey).update(id).digest();
  }

  /** @throws KafkaError INVALID_REQUEST (too long), POLICY_VIOLATION (too many), KAFKA_STORAGE_ERROR */
  async create({ owner, requester, renewers, maxLifetimeMs }: NewToken): Promise<DelegationToken> {
    this.#checkCount(requester);
    const { clock, random, expiryMs, maxLifetimeMs: mostMs } = this.#options;
    const issuedMs = clock.now();
    const lifetimeMs = maxLifetimeMs > 0 ? Math.min(maxLifetimeMs, mostMs) : mostMs;
    const maxMs = Math.min(issuedMs + lifetimeMs, FOR_EVER_MS);
    const expiresMs = Math.min(maxMs, issuedMs + expiryMs);
    const token = { id: randomUuid(random), owner, requester, renewers, issuedMs, maxMs, expiresMs };
    if (letters(token) > MAX_LETTERS) throw new KafkaError(ErrorCode.INVALID_REQUEST);
    await this.#alter(token.id, () => encodeToken(token));
    return token;
  }

  /**
   * Prolongs the token of a secret, from now on, at most by what is usual and up to its largest time.
   * @param periodMs not above zero: as is usual
   * @returns when it expires
   * @throws KafkaError DELEGATION_TOKEN_NOT_FOUND, DELEGATION_TOKEN_EXPIRED, DELEGATION_TOKEN_OWNER_MISMATCH (neither its
   * owner nor one of its renewers), KAFKA_STORAGE_ERROR
   */
  async renew(secret: Uint8Array, who: Principal, periodMs: number): Promise<number> {
    const token = this.#find(secret);
    this.#checkTime(token);
    checkRenewer(token, who);
    const { clock, expiryMs } = this.#options;
    return this.#expireAt(token, clock.now() + (periodMs > 0 ? Math.min(periodMs, expiryMs) : expiryMs));
  }

  /**
   * Has the token of a secret expire so much later than now, up to its largest time.
   * @param periodMs below zero: it goes at once, also where it is expired
   * @returns when it expires
   * @throws KafkaError as `renew`
   */
  async expire(secret: Uint8Array, who: Principal, periodMs: number): Promise<number> {
    const token = this.#find(secret);
    checkRenewer(token, who);
    const nowMs = this.#options.clock.now();
    if (periodMs < 0) {
      await this.#forget(token.id);
      return nowMs;
    }
    this.#checkTime(token);
    return this.#expireAt(token, nowMs + periodMs);
  }

  /** Whom a token logs in, and with what; undefined where there is none that counts. */
  async login(mechanism: ScramMechanism, id: string): Promise<ScramLogin | undefined> {
    const known = this.#byId.get(id);
    if (known === undefined || isExpired(known.token, this.#options.clock.now())) return undefined;
    let credential = known.credentials.get(mechanism);
    if (credential === undefined) known.credentials.set(mechanism, (credential = this.#credential(mechanism, id)));
    const { owner, expiresMs } = known.token;
    return { credential: await credential, principal: owner, expiresMs };
  }

  /** @throws KafkaError KAFKA_STORAGE_ERROR */
  async removeExpired(): Promise<void> {
    const nowMs = this.#options.clock.now();
    const expired = [...this].filter((token) => isExpired(token, nowMs));
    for (const { id } of expired) {
      // One that was prolonged meanwhile stays.
      await this.#alter(id, (current) => {
        const token = decodeToken(id, current);
        return token === undefined || isExpired(token, nowMs) ? new Map() : current;
      });
    }
  }

  async #credential(mechanism: ScramMechanism, id: string): Promise<ScramCredential> {
    const salt = this.#options.random.bytes(SALT_BYTES);
    const password = this.secretOf(id).toString('base64');
    const salted = await saltedPassword(mechanism, password, salt, MIN_ITERATIONS);
    return credentialOf(mechanism, salted, { salt, iterations: MIN_ITERATIONS });
  }

  /** @throws KafkaError DELEGATION_TOKEN_NOT_FOUND */
  #find(secret: Uint8Array): DelegationToken {
    const id = this.#idBySecret.get(digest(secret));
    const token = id === undefined ? undefined : this.#byId.get(id)?.token;
    if (token !== undefined && this.#isSecretOf(token, secret)) return token;
    throw new KafkaError(ErrorCode.DELEGATION_TOKEN_NOT_FOUND);
  }

  /** @throws KafkaError DELEGATION_TOKEN_EXPIRED */
  #checkTime(token: DelegationToken): void {
    if (isExpired(token, this.#options.clock.now())) throw new KafkaError(ErrorCode.DELEGATION_TOKEN_EXPIRED);
  }

  #isSecretOf({ id }: DelegationToken, secret: Uint8Array): boolean {
    const own = this.secretOf(id);
    return own.length === secret.length && timingSafeEqual(own, secret);
  }

  async #expireAt(token: DelegationToken, timeMs: number): Promise<number> {
    const expiresMs = Math.min(token.maxMs, timeMs);
    await this.#alter(token.id, (current) => {
      if (current.size === 0) throw new KafkaError(ErrorCode.DELEGATION_TOKEN_NOT_FOUND);
      return encodeToken({ ...token, expiresMs });
    });
    return expiresMs;
  }

  #checkCount(requester: Principal): void {
    const who = principalText(requester);
    let count = 0;
    for (const token of this) if (principalText(token.requester) === who) count++;
    if (count >= MAX_TOKENS) throw new KafkaError(ErrorCode.POLICY_VIOLATION);
  }

  #forget(id: string): Promise<void> {
    return this.#alter(id, () => new Map());
  }

  #alter(id: string, alter: AlterConfigs): Promise<void> {
    return this.#options.metadata.alterDynamicConfigs(DELEGATION_TOKEN, id, alter);
  }

  /** Takes over what the metadata has of one. */
  #refresh(id: string): void {
    const token = decodeToken(id, this.#options.metadata.dynamicConfigs(DELEGATION_TOKEN, id));
    const secret = digest(this.secretOf(id));
    if (token === undefined) {
      this.#byId.delete(id);
      this.#idBySecret.delete(secret);
      return;
    }
    const credentials = this.#byId.get(id)?.credentials ?? new Map<ScramMechanism, Promise<ScramCredential>>();
    this.#byId.set(id, { token, credentials });
    this.#idBySecret.set(secret, id);
  }
}
