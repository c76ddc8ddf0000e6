/**
 * The network side of a broker: one TCP listener per configured listener, the connections they accept, and what bounds
 * those. The way of a request: receive.ts (bytes) → frame-assembler.ts (frames) → pipeline.ts (order) → dispatch.ts
 * (handler) → sender.ts (responses).
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server as TcpServer, type Socket } from 'node:net';
import type { ApiListener } from '../../protocol/apis.ts';
import { haltThread, type Timer } from '../base/clock.ts';
import { growHeap } from '../base/heap.ts';
import type { SlabPool } from '../base/slabs.ts';
import { afterTurn, stayAwake } from '../base/turns.ts';
import type { BrokerConfig, Listener } from '../config/broker-config.ts';
import { ConfigError } from '../config/config-error.ts';
import { type AnyApiHandler, type BrokerServices, isServedAt, type ListedApi } from '../handlers/types.ts';
import type { Principal } from '../security/principal.ts';
import { windowsOf } from '../security/quotas/sampled-rate.ts';
import { OpenSession, type Session } from '../security/session.ts';
import type { TlsListener } from '../security/tls/types.ts';
import type { ServerCounters } from '../metrics/counters.ts';
import { Admission } from './admission.ts';
import { Arrivals } from './arrivals.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import type { ConnectionContext } from './connection-context.ts';
import { Dispatcher, type Intercept } from './dispatch.ts';
import { limitsFrom, OVERRIDES, type ServerLimits } from './limits.ts';
import { OverriddenHosts } from './overridden-hosts.ts';
import type { Handshakes } from './tls/handshakes.ts';
import { Pace } from './pace.ts';
import { Pressure } from './pressure.ts';
import { Receiving } from './receiving.ts';
import type { RequestTracing } from './tracing.ts';
import type { WireWatcher } from './wire-tap.ts';

/** Bytes that all sockets between frames read into. */
const STAGING_BYTES = 64 * 1024;
/** The same while many connections have much to do. */
const SMALL_STAGING_BYTES = 4 * 1024;

/** How long `close` waits for answers on their way. */
const DRAIN_MS = 500;

export interface ServerOptions {
  readonly services: BrokerServices;
  readonly handlers: readonly (AnyApiHandler | ListedApi)[];
  readonly pool: SlabPool;
  readonly counters: ServerCounters;
  readonly tracing?: RequestTracing | null;
  /** Who is at the other end of a new connection; default: nobody says. */
  readonly openSession?: (listener: Listener, certified?: Principal) => Session;
  /** Of the listeners that have TLS, by name. */
  readonly tls?: ReadonlyMap<string, TlsListener>;
  /** Instead of the limits in the settings. */
  readonly limits?: ServerLimits;
  /** Read sockets by 'data' events, as where their handle cannot be moved. */
  readonly plainSockets?: boolean;
  /** Listeners and connections do not keep the process alive. */
  readonly unref?: boolean;
}

/** A listener as bound: port 0 has become a real one. */
export interface BoundListener extends Listener {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly endpointType: ApiListener;
}

const endpointTypeOf = ({ endpointType = 'broker' }: Listener): ApiListener => endpointType;

/** Whether an IPv6 address must leave the port's IPv4 half to another listener. */
function sharesPort({ host, port }: Listener, listeners: readonly Listener[]): boolean {
  return port !== 0 && host.includes(':') && listeners.filter((other) => other.port === port).length > 1;
}

export class Server implements AsyncDisposable {
  readonly #context: ConnectionContext;
  /** By what answers there: one dispatcher for each, and all else in common. */
  readonly #contexts: Readonly<Record<ApiListener, ConnectionContext>>;
  readonly #connections = new Set<Connection>();
  readonly #watchers = new Set<WireWatcher>();
  readonly #arrivals: Arrivals;
  readonly #admission: Admission;
  readonly #tcpServers: TcpServer[] = [];
  readonly #bound: BoundListener[] = [];
  readonly #openSession: (listener: Listener, certified?: Principal) => Session;
  readonly #tls: ReadonlyMap<string, TlsListener>;
  readonly #unref: boolean;
  /** Null where no listener has TLS. */
  #handshakes: Handshakes | null = null;
  readonly #config: BrokerConfig;
  readonly #hosts = new OverriddenHosts();
  /** Or its limits are given to it. */
  readonly #takesSettings: boolean;
  #limits: ServerLimits;
  #nextId = 1;
  #idleTimer: Timer | null = null;
  #isClosed = false;
  #whenEmpty: Array<() => void> = [];
  readonly #stopWatching: () => void;

  private constructor(options: ServerOptions) {
    const { services, counters, pool } = options;
    this.#openSession = options.openSession ?? (() => new OpenSession());
    this.#tls = options.tls ?? new Map();
    this.#limits = options.limits ?? limitsFrom(services.config);
    this.#unref = options.unref ?? false;
    const pressure = new Pressure(counters, this.#limits.maxConcurrentWrites, this.#limits.maxUnsentBytes);
    const staging = Buffer.allocUnsafeSlow(STAGING_BYTES);
    const receiving = new Receiving({ pool, clock: services.clock, isWriting: () => counters.pendingWrites > 0 });
    pressure.onWriteEnded(() => receiving.look());
    const dispatcherOf = (type: ApiListener): Dispatcher =>
      new Dispatcher(
        services,
        options.handlers.filter((api) => isServedAt(api, type)),
      );
    this.#context = {
      clock: services.clock,
      logger: services.logger,
      pool,
      counters,
      pressure,
      receiving,
      pace: new Pace({
        clock: services.clock,
        restMs: this.#limits.restMs,
        pollMs: this.#limits.pollMs,
        rest: (ms) => {
          counters.rests += 1;
          haltThread(ms);
        },
        poll: (ms) => {
          counters.busyPolls += 1;
          stayAwake(services.clock, ms);
        },
        onBusy: growHeap,
        afterTurn,
      }),
      dispatcher: dispatcherOf('broker'),
      tracing: options.tracing ?? null,
      watchers: this.#watchers,
      staging,
      smallStaging: staging.subarray(0, SMALL_STAGING_BYTES),
      maxFrameBytes: this.#limits.maxFrameBytes,
      plainSockets: options.plainSockets ?? false,
    };
    this.#contexts = {
      broker: this.#context,
      controller: { ...this.#context, dispatcher: dispatcherOf('controller') },
    };
    this.#admission = new Admission({
      counters,
      logger: services.logger,
      limits: () => this.#limits,
      open: (socket, listener, onClosed) => this.#admitted(socket, listener, onClosed),
      evict: (count, spared) => this.#evict(count, spared),
    });
    this.#arrivals = new Arrivals({
      clock: services.clock,
      counters,
      quotas: services.quotas,
      limits: () => this.#limits,
      windows: windowsOf(services.config, 'quota'),
      pass: (socket, listener) => this.#admission.offer(socket, listener),
    });
    this.#takesSettings = options.limits === undefined;
    this.#config = services.config;
    this.#stopWatching = services.config.onChange(() => void this.#settingsChanged());
  }

  /**
   * Listens on all of `listeners`, but for those of controllers that cannot be bound: no client needs these, and files for
   * Kafka have the same port for it everywhere, so a second broker of a machine starts without, and says so.
   * @throws Error of the system when another one cannot be bound, EADDRINUSE for one; ConfigError for a host in the limits
   *   that has no address
   */
  static async open(options: ServerOptions, listeners: readonly Listener[]): Promise<Server> {
    const server = new Server(options);
    await server.#openTls();
    try {
      const unknown = await server.#learnHosts();
      if (unknown !== null) throw new ConfigError(unknown, [OVERRIDES]);
      for (const listener of listeners) {
        const listening = server.#listen(listener, sharesPort(listener, listeners));
        await (endpointTypeOf(listener) === 'broker'
          ? listening
          : listening.catch((error) => server.#goWithout(listener, error)));
      }
    } catch (error) {
      await server.destroy();
      throw error;
    }
    server.#watchIdle();
    return server;
  }

  /** The listeners with the ports they have got, in the order of the settings. */
  get listeners(): readonly BoundListener[] {
    return this.#bound;
  }

  /** From the next request on, `intercept` stands between requests and their handlers; null: nobody does. */
  intercept(intercept: Intercept | null): void {
    for (const { dispatcher } of Object.values(this.#contexts)) dispatcher.intercept = intercept;
  }

  /** Shows `watcher` the bytes of connections that are opened from now on, until the function that it gives is called. */
  watch(watcher: WireWatcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Connections open now. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  async #settingsChanged(): Promise<void> {
    this.#takeLimits();
    const unknown = await this.#learnHosts();
    if (unknown !== null) this.#context.logger.warn('connection-override-unknown', unknown);
  }

  #takeLimits(): void {
    if (this.#takesSettings) this.#limits = limitsFrom(this.#config, this.#hosts.addresses);
    this.#admission.trim();
    this.#admission.retry();
  }

  /** Has the hosts that limits name count. Gives what is wrong with one that has no address, or null. */
  async #learnHosts(): Promise<string | null> {
    const unknown = await this.#hosts.learn(this.#config.string(OVERRIDES));
    if (unknown === null) return null;
    this.#takeLimits();
    return unknown.length === 0 ? null : `${OVERRIDES}: ${unknown.join(', ')} has no address`;
  }

  /** The code for TLS is loaded where a listener has it. */
  async #openTls(): Promise<void> {
    if (this.#tls.size === 0) return;
    const { Handshakes } = await import('./tls/handshakes.ts');
    const { clock, logger, counters } = this.#context;
    const timeoutMs = (): number => this.#limits.handshakeTimeoutMs;
    this.#handshakes = new Handshakes({ clock, logger, counters, timeoutMs });
  }

  async #listen(listener: Listener, ipv6Only: boolean): Promise<void> {
    const tcpServer = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true, keepAlive: true });
    this.#tcpServers.push(tcpServer);
    tcpServer.on('connection', (socket: Socket) => this.#arrivals.accepted(socket, listener));
    const { host, port } = listener;
    tcpServer.listen({ port, host, ipv6Only, backlog: this.#limits.backlog });
    await once(tcpServer, 'listening');
    tcpServer.on('error', (error) => this.#context.logger.error('listener-error', error.message, { ...listener }));
    if (this.#unref) tcpServer.unref();
    const address = tcpServer.address() as AddressInfo;
    this.#bound.push({ name: listener.name, host, port: address.port, endpointType: endpointTypeOf(listener) });
  }

  #goWithout({ name, host, port }: Listener, error: Error): void {
    const without = `Listener ${name} stays closed, and nothing answers --bootstrap-controller: ${error.message}`;
    this.#context.logger.warn('controller-listener-closed', without, { name, host, port });
  }

  #admitted(socket: Socket, listener: Listener, onClosed: () => void): void {
    if (this.#unref) socket.unref();
    const tls = this.#tls.get(listener.name);
    if (tls === undefined) this.#open(socket, listener, { session: this.#openSession(listener), onClosed });
    else {
      this.#handshakes?.offer(socket, {
        listener,
        tls,
        onSecure: (secured, certified, receive) =>
          this.#open(secured, listener, { session: this.#openSession(listener, certified), receive, onClosed }),
        onClosed,
      });
    }
  }

  #open(
    socket: Socket,
    listener: Listener,
    options: Pick<ConnectionOptions, 'session' | 'receive' | 'onClosed'>,
  ): void {
    const endpointType = endpointTypeOf(listener);
    const connection = new Connection(this.#contexts[endpointType], socket, {
      ...options,
      endpointType,
      id: this.#nextId++,
      listenerName: listener.name,
      onClosed: () => {
        this.#connections.delete(connection);
        options.onClosed();
        if (this.#connections.size > 0) return;
        for (const resolve of this.#whenEmpty.splice(0)) resolve();
      },
    });
    this.#connections.add(connection);
  }

  /** Sees to it that so many connections close, the longest idle first, but for those of one listener. */
  #evict(count: number, spared: string | null): void {
    const all = [...this.#connections];
    const closing = all.filter((connection) => connection.isOver).length;
    const open = all.filter(({ isOver, listenerName }) => !isOver && listenerName !== spared);
    open.sort((one, other) => one.lastActiveMs - other.lastActiveMs);
    for (const connection of open.slice(0, Math.max(0, count - closing))) {
      this.#context.counters.connectionsRejected += 1;
      connection.destroy();
    }
  }

  /** One timer looks after all connections, so that an idle one costs none of its own. */
  #watchIdle(): void {
    const { maxIdleMs } = this.#limits;
    const { clock, counters } = this.#context;
    const everyMs = maxIdleMs < 0 ? 60_000 : Math.max(10, Math.min(maxIdleMs / 10, 30_000));
    this.#idleTimer = clock.setTimer(everyMs, () => {
      const nowMs = clock.monotonicMs();
      for (const connection of maxIdleMs < 0 ? [] : this.#connections) {
        if (connection.isOver || nowMs - connection.lastActiveMs <= maxIdleMs) continue;
        counters.connectionsIdleClosed += 1;
        connection.destroy();
      }
      this.#watchIdle();
    });
  }

  /** Stops listening, answers the writes in flight (for half a second at most), then closes all connections. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#stop();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#whenEmpty.push(resolve);
      const timer = this.#context.clock.setTimer(DRAIN_MS, resolve);
      for (const connection of this.#connections) connection.drain();
      if (this.#connections.size > 0) await promise;
      timer.cancel();
    }
    await this.destroy();
  }

  /** Closes everything at once. */
  async destroy(): Promise<void> {
    this.#stop();
    for (const connection of this.#connections) connection.destroy();
    await this.#handshakes?.close();
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => void this.#whenEmpty.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.destroy();
  }

  #stop(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#idleTimer?.cancel();
    this.#context.receiving.close();
    this.#stopWatching();
    for (const tcpServer of this.#tcpServers) tcpServer.close();
    this.#arrivals.close();
    this.#admission.close();
  }
}
