/** What the connections of a server share, and what each does with it: answers that are counted, failures in the log. */
import { ProtocolError } from '../../protocol/errors.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger, LogFields } from '../base/logger.ts';
import { messageOf } from '../base/realms.ts';
import type { SlabPool } from '../base/slabs.ts';
import { CloseConnection } from '../handlers/types.ts';
import type { ServerCounters } from '../metrics/counters.ts';
import { isDropped } from '../storage/types.ts';
import { type Dispatcher, type Exchange, UnservableRequest } from './dispatch.ts';
import { FrameError } from './frame-assembler.ts';
import type { Pace } from './pace.ts';
import type { Pressure } from './pressure.ts';
import type { Receiving } from './receiving.ts';
import type { RequestTracing } from './tracing.ts';
import type { WireWatcher } from './wire-tap.ts';

/** What the connections of a server share. */
export interface ConnectionContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pool: SlabPool;
  readonly counters: ServerCounters;
  readonly pressure: Pressure;
  readonly receiving: Receiving;
  readonly pace: Pace;
  readonly dispatcher: Dispatcher;
  /** Null: nothing is traced. */
  readonly tracing: RequestTracing | null;
  /** Told of connections that are opened. */
  readonly watchers: ReadonlySet<WireWatcher>;
  /** Staging buffer that all sockets between frames read into. */
  readonly staging: Buffer;
  /** A few kilobytes of it. */
  readonly smallStaging: Buffer;
  readonly maxFrameBytes: number;
  /** Read by 'data' events. */
  readonly plainSockets: boolean;
}

/**
 * The pieces of an exchange's response frame, none if it has no response; counts the request as answered.
 * @throws ProtocolError when the response does not fit its version
 */
export function answerOf(context: ConnectionContext, exchange: Exchange, nowMs: number): readonly unknown[] {
  const { counters, dispatcher } = context;
  const api = counters.api(exchange.api.apiKey);
  api.requests += 1;
  api.bytesIn += exchange.byteLength;
  api.recordLatency(nowMs - exchange.startedMs);
  if (exchange.state !== 'ready') {
    exchange.span?.end([]);
    return [];
  }
  const items = dispatcher.encode(exchange);
  if (exchange.errorCodes.length > 0) for (const errorCode of exchange.errorCodes) api.countError(errorCode);
  exchange.span?.end(exchange.errorCodes);
  let byteLength = 0;
  for (const item of items) byteLength += (item as { readonly byteLength: number }).byteLength;
  api.bytesOut += byteLength;
  counters.bytesOut += byteLength;
  return items;
}

/** Logs why a connection closes: what clients cause quietly, bugs loudly. */
export function logFailure(logger: Logger, error: unknown, fields: LogFields): void {
  const message = messageOf(error);
  if (error instanceof CloseConnection) logger.debug('connection-closed', message, fields);
  else if (error instanceof FrameError || error instanceof UnservableRequest || error instanceof ProtocolError) {
    logger.info('request-refused', message, fields);
  } else if (isDropped(error)) {
    // Too slow for a journal in memory at its bound: the client comes back, and is told that its offset is gone.
    logger.info('response-cut', message, fields);
  } else logger.error('request-failed', message, { ...fields, error });
}

/** An IPv4 address without the IPv6 wrapping that a dual-stack listener sees. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
