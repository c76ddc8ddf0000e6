/**
 * From a frame to a handler and back to bytes: header, version check, parse, and the response in Kafka's framing.
 *
 * What Kafka does with requests it cannot serve: an unknown API, an unsupported version or a malformed body closes the
 * connection without an answer. Only ApiVersions in a version from the future gets an answer, in version 0, that says
 * which versions there are (KIP-511).
 */
import { ApiKey, responseHeaderVersion } from '../../protocol/apis.ts';
import { finishFrame, startFrame } from '../../protocol/frame.ts';
import { readRequestHeader, writeResponseHeader } from '../../protocol/header.ts';
import { Reader } from '../../protocol/reader.ts';
import type { Counted, Slice } from '../base/counted.ts';
import { Effort } from '../base/effort.ts';
import { apiKeyOf } from './api-facts.ts';
import { unsupportedApiVersions } from '../handlers/api-versions.ts';
import { narrowed } from '../handlers/old-versions.ts';
import { newestVersion } from '../handlers/types.ts';
import type {
  AnyApiHandler,
  BrokerServices,
  ConnectionInfo,
  HandlerResult,
  ListedApi,
  RequestContext,
} from '../handlers/types.ts';
import type { RequestSpan } from './tracing.ts';

/**
 * Stands between the requests and their handlers: serves a request in the handler's place, by it, or not at all (by
 * throwing CloseConnection).
 */
export type Intercept = (api: AnyApiHandler, context: RequestContext, request: unknown) => HandlerResult<unknown>;

/** The request cannot be served: the connection closes. */
export class UnservableRequest extends Error {}

/**
 * One request between its arrival and its response. It holds a reference to its frame's memory where that is counted; of
 * other frames only what the request refers to stays, however long it waits.
 */
export class Exchange {
  readonly api: AnyApiHandler;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  readonly owner: Counted;
  /** Bytes of the frame. */
  readonly byteLength: number;
  /** As read, until it runs. */
  request: unknown;
  /** Clock.monotonicMs when the request was complete. */
  readonly startedMs: number;
  state: 'running' | 'ready' | 'silent' = 'running';
  response: unknown = null;
  /** Error codes in the response as it was written, but NONE. */
  errorCodes: readonly number[] = [];
  /** Time that the event loop spent on it before it waited for something, in ms; where there are quotas. */
  busyMs = 0;
  /** What it takes after that; null where there were no quotas when it began. */
  effort: Effort | null = null;
  /** How long its client is held back for a quota, in ms. */
  throttleMs = 0;
  /** Null where it is not traced. */
  span: RequestSpan | null = null;

  constructor(
    api: AnyApiHandler,
    header: { readonly apiVersion: number; readonly correlationId: number; readonly clientId: string | null },
    frame: Slice,
    request: unknown,
    startedMs: number,
  ) {
    this.api = api;
    this.version = header.apiVersion;
    this.correlationId = header.correlationId;
    this.clientId = header.clientId;
    this.owner = frame.owner;
    this.byteLength = frame.bytes.length;
    this.request = request;
    this.startedMs = startedMs;
  }
}

export class Dispatcher {
  readonly services: BrokerServices;
  readonly #handlers = new Map<number, AnyApiHandler>();
  readonly #listed = new Map<number, ListedApi>();
  readonly #loading = new Map<number, Promise<void>>();
  /** Null: nobody stands in between. */
  intercept: Intercept | null = null;

  constructor(services: BrokerServices, handlers: readonly (AnyApiHandler | ListedApi)[]) {
    this.services = services;
    for (const handler of handlers) {
      if ('load' in handler) this.#listed.set(handler.apiKey, handler);
      else this.#handlers.set(handler.apiKey, narrowed(handler, services.config));
    }
  }

  /** Null when the code for this frame's API is there (or there is none); else resolves once `open` may be called. */
  load(frame: Slice): Promise<void> | null {
    if (this.#listed.size === 0) return null;
    const apiKey = apiKeyOf(frame.bytes);
    const listed = this.#listed.get(apiKey);
    if (listed === undefined) return null;
    const loading = this.#loading.get(apiKey) ?? this.#load(listed);
    this.#loading.set(apiKey, loading);
    return loading;
  }

  async #load(listed: ListedApi): Promise<void> {
    const handler = await listed.load();
    this.#handlers.set(listed.apiKey, narrowed(handler, this.services.config));
    this.#listed.delete(listed.apiKey);
    this.#loading.delete(listed.apiKey);
  }

  /**
   * Reads the request in a frame; the exchange takes over the frame's reference.
   * @throws UnservableRequest or ProtocolError: the connection must close, the frame is still the caller's
   */
  open(frame: Slice, nowMs: number): Exchange {
    const reader = new Reader(frame.bytes);
    const header = readRequestHeader(reader);
    const { apiKey, apiVersion } = header;
    const api = this.#handlers.get(apiKey);
    if (api === undefined) throw new UnservableRequest(`API ${apiKey} is not served`);
    if (apiVersion < api.minVersion || apiVersion > newestVersion(api, this.services.config)) {
      if (apiKey !== ApiKey.ApiVersions) throw new UnservableRequest(`API ${apiKey} has no version ${apiVersion}`);
      return new Exchange(unsupportedApiVersions(api), { ...header, apiVersion: 0 }, frame, null, nowMs);
    }
    const request = api.readRequest(reader, apiVersion);
    // Bytes after the body are ignored, as Kafka does: librdkafka sends three of them with Metadata v13 for all topics.
    return new Exchange(api, header, frame, request, nowMs);
  }

  /** Runs the handler. @throws whatever the handler throws: the connection must close. */
  run(exchange: Exchange, connection: ConnectionInfo): HandlerResult<unknown> {
    const { request } = exchange;
    exchange.request = null;
    const { quotas, clock } = this.services;
    if (quotas.clients !== null) exchange.effort = new Effort(clock);
    const context: RequestContext = {
      services: this.services,
      connection,
      apiVersion: exchange.version,
      clientId: exchange.clientId,
      frame: exchange.owner,
      effort: exchange.effort,
    };
    if (this.intercept !== null) return this.intercept(exchange.api, context, request);
    return exchange.api.handle(context, request);
  }

  /** The response as a frame in pieces: buffers, and part lists in place of record bytes; notes its error codes. */
  encode(exchange: Exchange): readonly unknown[] {
    const writer = startFrame();
    const { apiKey } = exchange.api;
    writeResponseHeader(writer, exchange.correlationId, responseHeaderVersion(apiKey, exchange.version));
    exchange.api.writeResponse(writer, throttled(exchange), exchange.version);
    exchange.errorCodes = writer.errors;
    return finishFrame(writer);
  }
}

/** The response, which says for how long its client is held back; codecs pass over what a version does not have. */
function throttled({ response, throttleMs }: Exchange): unknown {
  if (throttleMs === 0) return response;
  const { throttleTimeMs = 0, ...fields } = response as { readonly throttleTimeMs?: number };
  return { ...fields, throttleTimeMs: Math.max(throttleMs, throttleTimeMs) };
}
