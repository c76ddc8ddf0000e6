/**
 * How a client authenticates on one connection: an optional ApiVersions, SaslHandshake, SaslAuthenticate until it is known
 * (KIP-43, KIP-152), and the same again before its session ends (KIP-368). It says what to answer and whether the
 * connection is over then; how long a failure is kept waiting is its caller's matter.
 */
import { ApiKey } from '../../../protocol/apis.ts';
import { ErrorCode } from '../../../protocol/errors.ts';
import type { Clock } from '../../base/clock.ts';
import { ANONYMOUS, type Principal, principalText } from '../principal.ts';
import {
  type Authenticated,
  InvalidCredentials,
  NO_TOKEN,
  SaslError,
  type SaslExchange,
  type SaslStep,
} from './exchange.ts';

/** Kafka lets a client authenticate again once in a second. */
const MIN_REAUTHENTICATION_MS = 1000;
/** The longest time that an answer can tell. */
const LONGEST_MS = Number.MAX_SAFE_INTEGER;
/** Texts may have names in them, which are as long as clients like. */
const MAX_MESSAGE_LENGTH = 1000;

export interface Mechanism {
  begin(): SaslExchange;
  /** Session in ms after which the client must authenticate again, or 0. */
  readonly maxReauthMs: number;
}

export interface NegotiationOptions {
  readonly clock: Clock;
  /** By name, in the order in which they are told. */
  readonly mechanisms: ReadonlyMap<string, Mechanism>;
}

export interface HandshakeAnswer {
  readonly errorCode: number;
  readonly mechanisms: readonly string[];
  /** The connection is closed after this answer. */
  readonly isOver: boolean;
}

export interface AuthenticateAnswer {
  readonly errorCode: number;
  readonly errorMessage: string;
  /** Why it failed, for the log. */
  readonly reason: string;
  readonly authBytes: Buffer;
  readonly sessionLifetimeMs: number;
  readonly isOver: boolean;
}

/** `tokens`: after SaslHandshake v0, what comes are bare tokens. `lost`: nothing is answered any more. */
type State = 'greeting' | 'exchange' | 'tokens' | 'open' | 'lost';

interface Chosen {
  readonly name: string;
  readonly mechanism: Mechanism;
  readonly exchange: SaslExchange;
}

export class SaslNegotiation {
  readonly #options: NegotiationOptions;
  #state: State = 'greeting';
  #hasToldVersions = false;
  #chosen: Chosen | null = null;
  /** The mechanism that the client authenticated with first. */
  #mechanismName: string | null = null;
  #known: Authenticated | null = null;
  /** Clock.monotonicMs; Infinity: never. */
  #endsMs = Number.POSITIVE_INFINITY;
  #beganAgainMs = Number.NEGATIVE_INFINITY;

  constructor(options: NegotiationOptions) {
    this.#options = options;
  }

  get principal(): Principal {
    return this.#known?.principal ?? ANONYMOUS;
  }

  /** The client has said who it is, and need not say it again now. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** It authenticated with a delegation token. */
  get byToken(): boolean {
    return this.#known?.byToken ?? false;
  }

  /** The next frame is no request but a token. */
  get takesTokens(): boolean {
    return this.#state === 'tokens';
  }

  /** Whether a request is looked at at all; see Session. */
  admits(apiKey: number, precedesAuthentication: boolean): boolean {
    if (this.#state === 'lost') return false;
    if (this.#state === 'open') return this.#isInTime() || (apiKey === ApiKey.SaslHandshake && this.#mayBeginAgain());
    if (!precedesAuthentication) return false;
    if (this.#state === 'exchange') return this.#known === null || apiKey === ApiKey.SaslAuthenticate;
    if (apiKey === ApiKey.ApiVersions) return !this.#hasToldVersions;
    return apiKey === ApiKey.SaslHandshake;
  }

  /** The next request has to be SaslAuthenticate; any other is refused, and the connection is over. */
  get awaitsToken(): boolean {
    return this.#state === 'exchange';
  }

  /** The client was told the versions, which happens once before it authenticates. */
  versionsTold(): void {
    this.#hasToldVersions = true;
  }

  /** SaslHandshake. Null: the connection is closed without an answer. @param apiVersion 0: bare tokens follow */
  handshake(name: string, apiVersion: number): HandshakeAnswer | null {
    if (this.#state === 'exchange') return { ...NO_SASL.handshake, isOver: true };
    if (this.#state === 'open' && !this.#mayBeginAgain()) return NO_SASL.handshake;
    const mechanisms = [...this.#options.mechanisms.keys()];
    const mechanism = this.#options.mechanisms.get(name);
    if (mechanism === undefined) {
      const isKnown = this.#known !== null;
      this.#state = 'lost';
      if (isKnown) return null;
      return { errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms, isOver: true };
    }
    if (this.#state === 'open') this.#beganAgainMs = this.#options.clock.monotonicMs();
    this.#chosen = { name, mechanism, exchange: mechanism.begin() };
    this.#state = apiVersion === 0 ? 'tokens' : 'exchange';
    return { errorCode: ErrorCode.NONE, mechanisms, isOver: false };
  }

  /** SaslAuthenticate. Null: the connection is closed without an answer. */
  async authenticate(token: Buffer): Promise<AuthenticateAnswer | null> {
    if (this.#state === 'open') return refusal(ErrorCode.ILLEGAL_SASL_STATE, AFTER_SUCCESS, false);
    try {
      const step = await this.#step(token);
      return step === null ? null : this.#answer(step);
    } catch (error) {
      if (!(error instanceof SaslError)) throw error;
      const { message, reason } = this.#asKnown(error);
      const answer = refusal(ErrorCode.SASL_AUTHENTICATION_FAILED, short(message), true);
      return { ...answer, reason: short(reason) };
    }
  }

  /** Says of a client who was known that he was. */
  #asKnown(error: SaslError): SaslError {
    const isAgain = this.#known !== null && error instanceof InvalidCredentials;
    return isAgain ? new InvalidCredentials(error.mechanism, true) : error;
  }

  /** A bare token, of a client that said hello with SaslHandshake v0. @throws SaslError (as a rejection): no answer */
  async token(token: Buffer): Promise<Buffer> {
    const step = await this.#step(token);
    if (step === null) throw new SaslError('a token that nobody asked for');
    return step.token;
  }

  async #step(token: Buffer): Promise<SaslStep | null> {
    const chosen = this.#chosen;
    const state = this.#state;
    // Until it is known how this ends, nothing else is served.
    this.#state = 'lost';
    if (chosen === null || (this.#mechanismName !== null && chosen.name !== this.#mechanismName)) return null;
    const step = await chosen.exchange.step(token);
    if (step.done === null) this.#state = state;
    else this.#authenticated(chosen, step.done);
    return step;
  }

  /** @throws SaslError where it is somebody else than before */
  #authenticated({ name, mechanism }: Chosen, done: Authenticated): void {
    const before = this.#known?.principal;
    if (before !== undefined && principalText(before) !== principalText(done.principal)) {
      const [from, to] = [before, done.principal].map((principal) => `${principal.type}.${principal.name}`);
      throw new SaslError(`Cannot change principals during re-authentication from ${from}: ${to}`);
    }
    const { clock } = this.#options;
    const lifetimes = [
      ...(mechanism.maxReauthMs > 0 ? [mechanism.maxReauthMs] : []),
      ...(done.expiresMs === null ? [] : [Math.max(0, done.expiresMs - clock.now())]),
    ];
    this.#endsMs = lifetimes.length === 0 ? Number.POSITIVE_INFINITY : clock.monotonicMs() + Math.min(...lifetimes);
    this.#known = done;
    this.#mechanismName = name;
    this.#chosen = null;
    this.#state = 'open';
  }

  #answer({ token }: SaslStep): AuthenticateAnswer {
    const leftMs = this.isOpen ? this.#endsMs - this.#options.clock.monotonicMs() : 0;
    const sessionLifetimeMs = Number.isFinite(leftMs) ? Math.min(leftMs, LONGEST_MS) : 0;
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: '',
      reason: '',
      authBytes: token,
      sessionLifetimeMs,
      isOver: false,
    };
  }

  #isInTime(): boolean {
    return this.#options.clock.monotonicMs() < this.#endsMs;
  }

  #mayBeginAgain(): boolean {
    if (!Number.isFinite(this.#endsMs)) return false;
    return this.#options.clock.monotonicMs() - this.#beganAgainMs >= MIN_REAUTHENTICATION_MS;
  }
}

const AFTER_SUCCESS = 'SaslAuthenticate request received after successful authentication';

function short(text: string): string {
  return text.slice(0, MAX_MESSAGE_LENGTH);
}

function refusal(errorCode: number, errorMessage: string, isOver: boolean): AuthenticateAnswer {
  return { errorCode, errorMessage, reason: errorMessage, authBytes: NO_TOKEN, sessionLifetimeMs: 0, isOver };
}

/** The answers to both where there is no SASL: the connection goes on. */
export const NO_SASL = {
  handshake: { errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] as readonly string[], isOver: false },
  authenticate: refusal(ErrorCode.ILLEGAL_SASL_STATE, AFTER_SUCCESS, false),
};
