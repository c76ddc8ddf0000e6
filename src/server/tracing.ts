/** Spans of requests, for brokers that are traced. Whoever traces lies above; without one, requests are as they were. */
import type { AnyApiHandler, ConnectionInfo } from '../handlers/types.ts';

/** A request that was read and is about to be handled. */
export interface TracedRequest {
  readonly api: Pick<AnyApiHandler, 'apiKey'>;
  readonly version: number;
  readonly clientId: string | null;
  /** Bytes of its frame. */
  readonly byteLength: number;
  /** As its codec read it. */
  readonly request: unknown;
}

export interface RequestSpan {
  /** The answer is on its way, with error codes other than NONE if there are any in it. */
  end(errorCodes: readonly number[]): void;
  /** There is no answer: the client is gone (null), or the connection closes because of an error. */
  drop(error: unknown): void;
}

export interface RequestTracing {
  /** Null where the request is not sampled. */
  start(request: TracedRequest, connection: ConnectionInfo): RequestSpan | null;
}
