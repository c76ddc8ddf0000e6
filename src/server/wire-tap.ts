/** Who looks on as bytes come and go: recordings of conversations. Nobody, as a rule. */
import type { ConnectionInfo } from '../handlers/types.ts';

/** Gets the bytes of one connection, in order. They are lent for the call. */
export interface WireTap {
  /** From the client. */
  received(bytes: Buffer): void;
  /** To the client. */
  sent(bytes: Buffer): void;
}

/** Told of each new connection. */
export type WireWatcher = (connection: ConnectionInfo) => WireTap;

/** The taps of a new connection as one; null where nobody watches. */
export function tapFor(watchers: ReadonlySet<WireWatcher>, connection: ConnectionInfo): WireTap | null {
  if (watchers.size === 0) return null;
  const taps = [...watchers].map((watcher) => watcher(connection));
  return {
    received(bytes) {
      for (const tap of taps) tap.received(bytes);
    },
    sent(bytes) {
      for (const tap of taps) tap.sent(bytes);
    },
  };
}
