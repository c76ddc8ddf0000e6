/** The settings that bound what a client may take from the server. */
import { addressOf } from '../base/address.ts';
import type { BrokerConfig } from '../config/broker-config.ts';

export interface ServerLimits {
  /** Largest request in bytes, without its length prefix: socket.request.max.bytes. */
  readonly maxFrameBytes: number;
  /** A connection on which nothing moves for this long is closed: connections.max.idle.ms; -1 never. */
  readonly maxIdleMs: number;
  /** With as many open, more wait: max.connections. */
  readonly maxConnections: number;
  /** The same of one listener: listener.name.NAME.max.connections. */
  readonly maxConnectionsOf: (listener: string) => number;
  /** The listener for other brokers, which neither max.connections nor the rate of all listeners holds back; null: none. */
  readonly protectedListener: string | null;
  /** With as many open of one address, more are closed: max.connections.per.ip. */
  readonly maxConnectionsPerIp: number;
  /** By address: max.connections.per.ip.overrides. */
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>;
  /** New connections a second, on all listeners and on one: max.connection.creation.rate; NO_RATE: any number. */
  readonly maxConnectionRate: number;
  readonly maxConnectionRateOf: (listener: string) => number;
  /** Produce requests that may wait for their commit at a time, on all connections. */
  readonly maxConcurrentWrites: number;
  /** Bytes handed to a connection's socket and not sent, at most. */
  readonly maxUnsentBytes: number;
  /** How long the event loop rests after a turn while many small requests come, in ms; 0 never. */
  readonly restMs: number;
  /** How long the event loop stays awake after a turn while clients wait for their answers, in ms; 0 never. */
  readonly pollMs: number;
  /** A client that keeps a TLS handshake waiting for this long is closed: walka.tls.handshake.timeout.ms. */
  readonly handshakeTimeoutMs: number;
  /** Length of the queue of connections the system has not handed over, and of those that wait: socket.listen.backlog.size. */
  readonly backlog: number;
}

/** More than there can be. */
export const NO_RATE = 0x7fffffff;

/** Kafka's defaults, and ours where Kafka has no such bound. */
export const DEFAULT_LIMITS: ServerLimits = {
  maxFrameBytes: 100 * 1024 * 1024,
  maxIdleMs: 600_000,
  maxConnections: 0x7fffffff,
  maxConnectionsOf: () => 0x7fffffff,
  protectedListener: null,
  maxConnectionsPerIp: 0x7fffffff,
  maxConnectionsPerIpOverrides: new Map(),
  maxConnectionRate: NO_RATE,
  maxConnectionRateOf: () => NO_RATE,
  maxConcurrentWrites: 1024,
  maxUnsentBytes: 2 * 1024 * 1024,
  restMs: 0,
  pollMs: 0,
  handshakeTimeoutMs: 30_000,
  backlog: 511,
};

export const OVERRIDES = 'max.connections.per.ip.overrides';
const MAX_CONNECTIONS = 'max.connections';
const CREATION_RATE = 'max.connection.creation.rate';

/** The limits in force by the broker's settings. @param addresses of hosts that they name, as far as these are known */
export function limitsFrom(config: BrokerConfig, addresses: ReadonlyMap<string, string> = new Map()): ServerLimits {
  return {
    maxFrameBytes: config.int('socket.request.max.bytes'),
    maxIdleMs: config.int('connections.max.idle.ms'),
    maxConnections: config.int(MAX_CONNECTIONS),
    maxConnectionsOf: (listener) => Number(config.listenerText(listener, MAX_CONNECTIONS)),
    protectedListener: protectedListener(config),
    maxConnectionsPerIp: config.int('max.connections.per.ip'),
    maxConnectionsPerIpOverrides: byAddress(parseOverrides(config.string(OVERRIDES)), addresses),
    maxConnectionRate: config.int(CREATION_RATE),
    maxConnectionRateOf: (listener) => Number(config.listenerText(listener, CREATION_RATE)),
    maxConcurrentWrites: config.int('walka.max.concurrent.writes'),
    maxUnsentBytes: config.int('walka.connection.unsent.bytes'),
    restMs: config.int('walka.gather.us') / 1000,
    pollMs: config.int('walka.busy.poll.us') / 1000,
    handshakeTimeoutMs: config.int('walka.tls.handshake.timeout.ms'),
    backlog: Math.max(DEFAULT_LIMITS.backlog, config.int('socket.listen.backlog.size')),
  };
}

/** The hosts of max.connections.per.ip.overrides that are named, and not written as addresses. */
export function hostsOf(overrides: string): readonly string[] {
  return [...parseOverrides(overrides).keys()].filter((host) => addressOf(host) === null);
}

/** Numbers by address: hosts without one are left out. */
function byAddress(
  overrides: ReadonlyMap<string, number>,
  addresses: ReadonlyMap<string, string>,
): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const [host, number] of overrides) {
    const address = addressOf(host) ?? addresses.get(host);
    if (address !== undefined) numbers.set(address, number);
  }
  return numbers;
}

/** `host:count,host:count` as Kafka writes it; malformed entries were refused when the settings were read. */
function parseOverrides(text: string): ReadonlyMap<string, number> {
  const overrides = new Map<string, number>();
  for (const entry of text.split(',')) {
    const colon = entry.lastIndexOf(':');
    const count = Number.parseInt(entry.slice(colon + 1), 10);
    if (colon > 0 && count >= 0) overrides.set(entry.slice(0, colon).trim(), count);
  }
  return overrides;
}

/** As in Kafka: by which other brokers would come, where that is not the only one. */
function protectedListener(config: BrokerConfig): string | null {
  if (config.listeners.length < 2) return null;
  const name = config.string('inter.broker.listener.name') || config.string('security.inter.broker.protocol');
  return name.toUpperCase();
}
