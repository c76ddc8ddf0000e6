/** What a program says of the faults that it wants, and sees of the requests. */
import type { ApiName } from '../../../protocol/apis.ts';
import type { ErrorName as ErrorCodeName } from '../../../protocol/errors.ts';

/** Kafka's name of an error. */
export type ErrorName = Exclude<ErrorCodeName, 'NONE'>;

/** An API by Kafka's name of it, several, or `*` for all. */
export type ApiPattern = ApiName | '*' | readonly ApiName[];

/** Which requests are meant: those that satisfy all that is said here. */
export interface RequestFilter {
  /** Names this topic. An error or delay for a topic leaves the other topics of a request alone where its API can say so. */
  readonly topic?: string | undefined;
  /** Names this partition; with `topic`. */
  readonly partition?: number | undefined;
  /** Is about this group. */
  readonly group?: string | undefined;
  readonly transactionalId?: string | undefined;
  readonly clientId?: string | undefined;
  /** Anything else: gets the request. */
  readonly when?: ((request: BrokerRequest) => boolean) | undefined;
}

export interface FaultOptions extends RequestFilter {
  /** How many requests it is for; default 1. `Infinity`: until it is removed. */
  readonly times?: number | undefined;
}

export interface FailOptions extends FaultOptions {
  /** Kafka's name of the error. */
  readonly error: ErrorName;
  /** For answers that carry one; default: Kafka's for the error. */
  readonly message?: string | undefined;
}

export interface DelayOptions extends FaultOptions {
  readonly ms: number;
  /** True: the request takes effect at once, and its answer comes later. Default: it waits before it takes effect. */
  readonly after?: boolean | undefined;
}

export interface DropOptions extends FaultOptions {
  /** True: the request takes effect, and the client never learns of it. Default: it does not. */
  readonly after?: boolean | undefined;
}

export interface ThrottleOptions extends FaultOptions {
  /** Throttle time of the answer; for that long, the connection's next requests are not served. */
  readonly ms: number;
}

/** A fault in force. `using` or `remove` ends it. */
export interface Fault extends Disposable {
  /** Requests that it had a part in. */
  readonly hits: number;
  /** Resolves with the first of these. Rejects when the fault ends without one: by `remove`, `reset`, or with the broker. */
  readonly hit: Promise<BrokerRequest>;
  /** Ends it; requests that wait because of it go on waiting. */
  remove(): void;
}

/** A request that came in. */
export interface BrokerRequest {
  readonly api: ApiName;
  readonly version: number;
  readonly clientId: string | null;
  /** Number of the connection since the broker's start. */
  readonly connection: number;
  /** The fields of the request, by the names of Kafka's protocol in camelCase. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** The fields of an answer; those left out have Kafka's defaults. */
export type Answer = Readonly<Record<string, unknown>>;

/** A request in the hands of a function given to `control`. */
export interface ControlledRequest extends BrokerRequest {
  /** Has the broker serve it; gives its answer, null where there is none (acks=0). */
  proceed(): Promise<Answer | null>;
  /** The answer that says the error, of the shape of this API and version. */
  fail(error: ErrorName, message?: string): Answer;
  /** Closes the connection instead of an answer, by throwing: `return request.drop()`. */
  drop(): never;
}

/**
 * Answers a request in the broker's place, or lets it (undefined, or the answer of `proceed`). A KafkaError that it throws
 * is answered. Anything else is an uncaught exception, which fails the test that runs, and closes the connection.
 */
export type Control = (request: ControlledRequest) => Answer | null | undefined | Promise<Answer | null | undefined>;
