/** Tokens of a provider (KIP-768, KIP-1139): asked for by HTTP when the one there is comes to its end. */
import type { Clock } from '../../../base/clock.ts';
import { messageOf } from '../../../base/realms.ts';
import { ClientError } from '../../../client/errors.ts';
import { exchangeHttp } from '../../../client/http-exchange.ts';
import type { ClientTls } from '../../../client/security.ts';
import type { TokenSource } from './bearer-login.ts';

/** What a provider is asked with. */
export interface TokenRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** The form's fields; blank ones are left out. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface TokenEndpointOptions {
  readonly clock: Clock;
  readonly url: URL;
  readonly tls: ClientTls | null;
  readonly timeoutMs: number;
  /** sasl.login.retry.backoff.ms, doubled each time; for as long as sasl.login.retry.backoff.max.ms */
  readonly retryMs: number;
  readonly retryMaxMs: number;
  /** Made anew each time: assertions end. */
  request(): Promise<TokenRequest>;
}

interface Known {
  readonly token: string;
  readonly untilMs: number;
}

/** A token is taken for as long as this part of its life is not over; one of an unknown life for a minute. */
const USED_PART = 0.8;
const UNKNOWN_LIFE_MS = 60_000;

/** Milliseconds until a token ends, by what it says itself; null: it does not say. */
export function lifeMs(token: string, nowMs: number): number | null {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { exp } = JSON.parse(payload) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1000 - nowMs : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export class TokenEndpoint implements TokenSource {
  readonly #options: TokenEndpointOptions;
  #known: Known | null = null;
  #asking: Promise<string> | null = null;

  constructor(options: TokenEndpointOptions) {
    this.#options = options;
  }

  async token(): Promise<string> {
    if (this.#known !== null && this.#options.clock.monotonicMs() < this.#known.untilMs) return this.#known.token;
    return (this.#asking ??= this.#ask().finally(() => (this.#asking = null)));
  }

  async #ask(): Promise<string> {
    const { clock, retryMs, retryMaxMs, url } = this.#options;
    const endMs = clock.monotonicMs() + retryMaxMs;
    for (let backoffMs = retryMs; ; backoffMs *= 2) {
      try {
        const token = await this.#askOnce();
        const life = lifeMs(token, clock.now());
        const useMs = life === null ? UNKNOWN_LIFE_MS : life * USED_PART;
        this.#known = { token, untilMs: clock.monotonicMs() + useMs };
        return token;
      } catch (error) {
        if (!(error instanceof Passing)) throw error;
        const isLast = clock.monotonicMs() + backoffMs > endMs;
        if (isLast)
          throw new ClientError('NO_TOKEN', `no token from ${placeOf(url)}: ${error.message}`, { cause: error });
        await new Promise<void>((resolve) => clock.setTimer(backoffMs, resolve));
      }
    }
  }

  /** @throws ClientError NO_TOKEN for what stays wrong, Passing for what may be better soon; as a rejection */
  async #askOnce(): Promise<string> {
    const { url, tls, timeoutMs } = this.#options;
    const { headers, fields } = await this.#options.request();
    const body = new URLSearchParams(Object.entries(fields).filter(([, value]) => value.trim() !== '')).toString();
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'cache-control': 'no-cache' };
    const request = { method: 'POST', headers: { ...form, ...headers }, body, tls, timeoutMs } as const;
    const { status, text } = await exchangeHttp(url, request).catch((error: unknown) => {
      throw new Passing(messageOf(error));
    });
    const answer = objectIn(text);
    if (status >= 500 || status === 429 || status === 408) throw new Passing(`it answers ${status}`);
    if (status < 200 || status >= 300) {
      const why = [answer['error'] ?? answer['errorCode'], answer['error_description'] ?? answer['errorSummary']];
      const said = why.filter((one) => typeof one === 'string').join(', ');
      const what = `it answers ${status}${said === '' ? '' : ` (${said})`}`;
      throw new ClientError('NO_TOKEN', `no token from ${placeOf(url)}: ${what}`);
    }
    const token = answer['access_token'] ?? answer['id_token'];
    if (typeof token === 'string' && token !== '') return token;
    throw new ClientError('NO_TOKEN', `no token from ${placeOf(url)}: there is no access_token in its answer`);
  }
}

/** What may be better a moment later. */
class Passing extends Error {}

/** Without what may be secret. */
function placeOf(url: URL): string {
  return url.origin + url.pathname;
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
