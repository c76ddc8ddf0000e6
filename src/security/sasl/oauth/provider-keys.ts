/**
 * The public keys of a provider of tokens (JWKS, RFC 7517): loaded at the start and again now and then, sooner after a
 * failure, and when a token comes that none of them signed.
 */
import type { JSONWebKeySet } from 'jose';
import type { Clock, Timer } from '../../../base/clock.ts';

export interface ProviderKeysOptions {
  readonly clock: Clock;
  /** Rejects where they cannot be had. */
  load(): Promise<JSONWebKeySet>;
  /** sasl.oauthbearer.jwks.endpoint.refresh.ms */
  readonly refreshMs: number;
  /** Waits after failures, doubled each time: sasl.oauthbearer.jwks.endpoint.retry.backoff(.max).ms */
  readonly retryMs: number;
  readonly retryMaxMs: number;
  /** Told of each failure; the keys from before stay. */
  onFailure(error: unknown): void;
}

/** For tokens of keys that nobody knows the provider is asked no more often than this: anybody can send some. */
const RENEWAL_MS = 10_000;

export class ProviderKeys {
  readonly #options: ProviderKeysOptions;
  #current: JSONWebKeySet | null = null;
  #loading: Promise<boolean> | null = null;
  #timer: Timer | null = null;
  #failures = 0;
  #renewedMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: ProviderKeysOptions) {
    this.#options = options;
  }

  /** Null until they were loaded once. */
  get current(): JSONWebKeySet | null {
    return this.#current;
  }

  /** Loads them, and from then on by itself; resolves when that was tried once. */
  async start(): Promise<void> {
    await this.#load();
  }

  /** Loads them before it is time, unless that was done a moment ago; whether there are newer ones now. */
  async renew(): Promise<boolean> {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#loading === null && nowMs - this.#renewedMs < RENEWAL_MS) return false;
    if (this.#loading === null) this.#renewedMs = nowMs;
    return this.#load();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #load(): Promise<boolean> {
    return (this.#loading ??= this.#loadOnce().finally(() => (this.#loading = null)));
  }

  async #loadOnce(): Promise<boolean> {
    const { load, onFailure } = this.#options;
    this.#timer?.cancel();
    let isLoaded = false;
    try {
      this.#current = await load();
      isLoaded = true;
    } catch (error) {
      onFailure(error);
    }
    this.#failures = isLoaded ? 0 : this.#failures + 1;
    this.#plan();
    return isLoaded;
  }

  #plan(): void {
    if (this.#isClosed) return;
    const { clock, refreshMs, retryMs, retryMaxMs } = this.#options;
    const waitMs = this.#failures === 0 ? refreshMs : Math.min(retryMaxMs, retryMs * 2 ** (this.#failures - 1));
    this.#timer = clock.setTimer(Math.max(1, waitMs), () => void this.#load());
  }
}
