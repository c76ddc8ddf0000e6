/**
 * The requests of one connection: started in order, answered in the same order.
 *
 * The next request starts when the one before has taken effect. Only Produce lets others past while it waits for its
 * commit, so several may be open; their responses still leave in the order of the requests.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { nextTick } from '../base/real-time.ts';
import type { Slice } from '../base/counted.ts';
import { isPromise } from '../base/realms.ts';
import type { ClientQuotas } from '../security/quotas/client-quotas.ts';
import type { SaslNegotiation } from '../security/sasl/negotiation.ts';
import { type ConnectionInfo, Pipelined } from '../handlers/types.ts';
import { apiKeyOf, factsOf } from './api-facts.ts';
import { answerToken } from './bare-tokens.ts';
import { answerOf, type ConnectionContext } from './connection-context.ts';
import { type Exchange, UnservableRequest } from './dispatch.ts';
import type { Intake } from './intake.ts';
import type { Sender } from './sender.ts';
import { countWriting, throttleOf } from './throttling.ts';

/** Requests of one connection that may be unanswered at a time. */
const MAX_OPEN_REQUESTS = 100;

/** The connection. */
export interface PipelineOwner extends ConnectionInfo {
  /** True once the socket is on its way out. */
  readonly isOver: boolean;
  /** False while the connection has a reason not to start a request. */
  mayStart(): boolean;
  /** Called before a request is started. */
  onStart(): void;
  /** Called when requests may have been started or answered. */
  onProgress(): void;
  /** The connection cannot go on. */
  fail(error: unknown, what: string): void;
}

export class Pipeline {
  readonly #context: ConnectionContext;
  readonly #owner: PipelineOwner;
  /** Where the requests come from. */
  readonly #intake: Intake;
  readonly #sender: Sender;
  /** Started and unanswered, in order. */
  readonly #exchanges: Exchange[] = [];
  /** The last of them has not taken effect. */
  #isBusy = false;
  #isPumping = false;
  #isClosed = false;
  #waitsForCode = false;
  #waitsForWrite = false;
  #waitsForTurnEnd = false;
  #isTurnEnd = false;
  #flushScheduled = false;

  constructor(context: ConnectionContext, owner: PipelineOwner, intake: Intake, sender: Sender) {
    this.#context = context;
    this.#owner = owner;
    this.#intake = intake;
    this.#sender = sender;
  }

  /** Requests whose answer is owed: writes from their start on, as part of one may be done, others once they have taken effect. */
  get owedCount(): number {
    const last = this.#exchanges.at(-1);
    // A bare token is under way without an exchange.
    if (!this.#isBusy || last === undefined || factsOf(last.api.apiKey).isWrite) return this.#exchanges.length;
    return this.#exchanges.length - 1;
  }

  /** True when nothing is under way. */
  get isIdle(): boolean {
    return this.#exchanges.length === 0 && !this.#isBusy;
  }

  /** Starts the requests that may start and sends the responses that may leave. */
  pump(): void {
    if (this.#isPumping || this.#owner.isOver) return;
    this.#isPumping = true;
    let hasStarted: boolean;
    do {
      hasStarted = this.#startWaiting();
      this.#sendReady();
      // With something sent, its end comes back here; answers that need no sending make room at once.
    } while (hasStarted && this.#sender.isEmpty && this.#intake.waiting.length > 0);
    this.#isPumping = false;
    this.#owner.onProgress();
  }

  /** Lets go of everything, once the socket has closed. */
  destroy(): void {
    this.#isClosed = true;
    for (const exchange of this.#exchanges) if (exchange.state !== 'running') this.#drop(exchange);
    this.#exchanges.length = 0;
  }

  /** False when none could. */
  #startWaiting(): boolean {
    const { waiting } = this.#intake;
    let hasStarted = false;
    for (let frame = waiting.first; frame !== undefined && this.#mayStart(frame); frame = waiting.first) {
      this.#owner.onStart();
      this.#start(this.#intake.start());
      hasStarted = true;
    }
    return hasStarted;
  }

  #mayStart(frame: Slice): boolean {
    const context = this.#context;
    if (this.#isBusy || this.#waitsForCode || !this.#owner.mayStart()) return false;
    if (this.#exchanges.length >= MAX_OPEN_REQUESTS || this.#sender.isBacklogged) return false;
    // The answer to a token is no exchange, and comes after those to the requests before it.
    if (this.#takesTokens) return !this.#exchanges.some(({ state }) => state === 'running');
    // What is refused waits for nothing.
    if (!this.#isAdmitted(frame)) return true;
    const loading = context.dispatcher.load(frame);
    if (loading !== null) {
      this.#waitForCode(loading);
      return false;
    }
    const apiKey = apiKeyOf(frame.bytes);
    if (apiKey === ApiKey.Fetch && context.pace.mode === 'resting' && !this.#isTurnEnd) {
      this.#waitForTurnEnd();
      return false;
    }
    if (!factsOf(apiKey).isWrite || context.pressure.admitsWrite) return true;
    this.#waitForWrite();
    return false;
  }

  #waitForWrite(): void {
    if (this.#waitsForWrite) return;
    this.#waitsForWrite = true;
    this.#context.pressure.whenWriteAdmitted(() => {
      this.#waitsForWrite = false;
      this.pump();
    });
  }

  #waitForTurnEnd(): void {
    if (this.#waitsForTurnEnd) return;
    this.#waitsForTurnEnd = true;
    this.#context.pace.atTurnEnd(() => {
      this.#waitsForTurnEnd = false;
      this.#isTurnEnd = true;
      this.pump();
      this.#isTurnEnd = false;
    });
  }

  /** The first request for an API waits for its code. */
  #waitForCode(loading: Promise<void>): void {
    this.#waitsForCode = true;
    loading.then(
      () => {
        this.#waitsForCode = false;
        this.pump();
      },
      (error: unknown) => this.#owner.fail(error, 'handler'),
    );
  }

  #start(frame: Slice): void {
    const { sasl } = this.#owner.session;
    if (sasl?.takesTokens === true) {
      this.#answerToken(sasl, frame);
      return;
    }
    const { dispatcher, clock, pace, tracing } = this.#context;
    let exchange: Exchange;
    try {
      if (!this.#isAdmitted(frame)) throw new UnservableRequest(`API ${apiKeyOf(frame.bytes)} before authentication`);
      exchange = dispatcher.open(frame, clock.monotonicMs());
    } catch (error) {
      frame.owner.release();
      this.#sendReady(); // as if the requests had come one by one, those before this one get their answers
      this.#owner.fail(error, 'request');
      return;
    }
    this.#exchanges.push(exchange);
    pace.requestStarted(exchange.api.apiKey, exchange.byteLength);
    if (tracing !== null) exchange.span = tracing.start(exchange, this.#owner);
    if (exchange.state === 'ready') return;
    try {
      const result = dispatcher.run(exchange, this.#owner);
      if (isPromise(result)) this.#await(exchange, result);
      else this.#settle(exchange, result);
    } catch (error) {
      this.#failExchange(exchange, error);
    }
  }

  /** What comes next is no request. */
  get #takesTokens(): boolean {
    return this.#owner.session.sasl?.takesTokens ?? false;
  }

  #answerToken(sasl: SaslNegotiation, frame: Slice): void {
    this.#isBusy = true;
    answerToken(this.#context.dispatcher.services, this.#owner, sasl, frame).then(
      (answer) => {
        this.#isBusy = false;
        if (this.#owner.isOver) return;
        this.#sender.push([answer]);
        this.#sender.flush();
        this.pump();
      },
      (error: unknown) => {
        this.#isBusy = false;
        this.#owner.fail(error, 'token');
      },
    );
  }

  /** Nothing is read of a request that is asked before the client has said who it is. */
  #isAdmitted({ bytes }: Slice): boolean {
    const apiKey = apiKeyOf(bytes);
    return this.#owner.session.admits(apiKey, factsOf(apiKey).precedesAuthentication);
  }

  #await(exchange: Exchange, result: Promise<unknown>): void {
    this.#isBusy = true;
    if (exchange.effort !== null) {
      exchange.busyMs = this.#nowMs - exchange.startedMs;
      exchange.effort.goesOn();
    }
    result.then(
      (value) => {
        this.#isBusy = false;
        this.#settle(exchange, value);
        this.pump();
      },
      (error: unknown) => {
        this.#isBusy = false;
        this.#failExchange(exchange, error);
      },
    );
  }

  /** Null: there are none of clients. */
  get #quotas(): ClientQuotas | null {
    return this.#context.dispatcher.services.quotas.clients;
  }

  get #nowMs(): number {
    return this.#context.clock.monotonicMs();
  }

  /** Holds the client back as its quotas demand. What began before there were any was not measured. */
  #charge(exchange: Exchange, result: unknown, quotas: ClientQuotas): void {
    const connection = this.#owner;
    const { effort } = exchange;
    if (effort?.isLater === false) exchange.busyMs = this.#nowMs - exchange.startedMs;
    exchange.busyMs += effort?.ms ?? 0;
    exchange.throttleMs = throttleOf(quotas, exchange, connection, result);
    if (exchange.throttleMs > 0) connection.mute(exchange.throttleMs);
  }

  #settle(exchange: Exchange, result: unknown): void {
    const quotas = this.#quotas;
    if (quotas !== null) this.#charge(exchange, result, quotas);
    if (!(result instanceof Pipelined)) {
      this.#ready(exchange, result);
      return;
    }
    const { pressure } = this.#context;
    pressure.writeStarted();
    result.response.then(
      (response: unknown) => {
        pressure.writeEnded();
        this.#ready(exchange, response);
        this.#scheduleFlush();
      },
      (error: unknown) => {
        pressure.writeEnded();
        this.#failExchange(exchange, error);
      },
    );
  }

  #ready(exchange: Exchange, response: unknown): void {
    exchange.response = response;
    exchange.state = response === null ? 'silent' : 'ready';
    if (this.#isClosed) this.#drop(exchange);
  }

  /** Sends once for all responses that become ready in the same turn of callbacks. */
  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#owner.isOver) return;
    this.#flushScheduled = true;
    nextTick(() => {
      this.#flushScheduled = false;
      this.pump();
    });
  }

  #sendReady(): void {
    const sender = this.#sender;
    const exchanges = this.#exchanges;
    let sent = 0;
    while (sent < exchanges.length && (exchanges[sent] as Exchange).state !== 'running' && !this.#owner.isOver) {
      this.#send(exchanges[sent] as Exchange);
      sent += 1;
    }
    const last = exchanges[sent - 1];
    if (last === undefined) return;
    exchanges.splice(0, sent);
    const quotas = this.#quotas;
    if (quotas === null) {
      sender.flush();
      return;
    }
    const beganMs = this.#nowMs;
    sender.flush();
    // Over TLS, that encrypts.
    countWriting(quotas, last, this.#owner, this.#nowMs - beganMs);
  }

  #send(exchange: Exchange): void {
    const beganMs = this.#nowMs;
    const quotas = this.#quotas;
    try {
      this.#sender.push(answerOf(this.#context, exchange, beganMs));
      if (quotas !== null) countWriting(quotas, exchange, this.#owner, this.#nowMs - beganMs);
    } catch (error) {
      exchange.span?.drop(error);
      exchange.api.releaseResponse?.(exchange.response);
      this.#owner.fail(error, 'response');
    }
    exchange.owner.release();
  }

  #failExchange(exchange: Exchange, error: unknown): void {
    this.#context.counters.api(exchange.api.apiKey).failures += 1;
    exchange.span?.drop(error);
    exchange.span = null;
    if (this.#isClosed) {
      this.#drop(exchange);
      return;
    }
    this.#sendReady(); // those before it get their answers here, too
    const index = this.#exchanges.indexOf(exchange);
    if (index >= 0) this.#exchanges.splice(index, 1);
    exchange.owner.release();
    this.#owner.fail(error, `API ${exchange.api.apiKey} version ${exchange.version}`);
  }

  #drop(exchange: Exchange): void {
    exchange.span?.drop(null);
    if (exchange.state === 'ready') exchange.api.releaseResponse?.(exchange.response);
    exchange.owner.release();
  }
}
