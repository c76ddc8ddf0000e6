/**
 * A whole broker in the test's process: real sockets, handlers, coordinator, partitions and metadata, over the memory
 * engine and catalog. Its clock is the caller's.
 */
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { SlabPool } from '../../src/base/slabs.ts';
import { startServices } from '../../src/broker/services.ts';
import { handlers } from '../../src/handlers/index.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import { ServerCounters } from '../../src/metrics/counters.ts';
import { DEFAULT_LIMITS, type ServerLimits } from '../../src/server/limits.ts';
import { Server } from '../../src/server/server.ts';
import type { RequestTracing } from '../../src/server/tracing.ts';
import { MemoryEngine } from './memory-engine.ts';
import { openTestServices } from './test-services.ts';
import { WireClient } from './wire-client.ts';

export interface TestBrokerOptions {
  readonly clock?: Clock;
  readonly settings?: Readonly<Record<string, string>>;
  readonly limits?: Partial<ServerLimits>;
  /** False: appends commit when the test calls `engine.commit`. */
  readonly autoCommit?: boolean;
  readonly poolBytes?: number;
  readonly tracing?: RequestTracing;
}

export interface TestBroker extends AsyncDisposable {
  readonly port: number;
  readonly engine: MemoryEngine;
  readonly services: BrokerServices;
  readonly server: Server;
  readonly pool: SlabPool;
  readonly counters: ServerCounters;
  createTopic(name: string, partitionCount?: number, configs?: Readonly<Record<string, string>>): Promise<string>;
  connect(): Promise<WireClient>;
}

export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const { clock = systemClock, autoCommit = true } = options;
  const settings = { 'group.initial.rebalance.delay.ms': '0', ...options.settings };
  const engine = new MemoryEngine({ autoCommit });
  const opened = await openTestServices({ settings, clock, random: systemRandom, engine });
  const { services } = opened;
  startServices(services);
  const pool = new SlabPool({ budgetBytes: options.poolBytes ?? 64 * 1024 * 1024, debug: true });
  const counters = new ServerCounters();
  const { tracing = null } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const listener = { name: 'PLAINTEXT', host: '127.0.0.1', port: 0 };
  const server = await Server.open({ services, handlers, pool, counters, limits, tracing }, [listener]);
  const clients: WireClient[] = [];
  const port = server.listeners[0]?.port ?? 0;
  return {
    port,
    engine,
    services,
    server,
    pool,
    counters,
    async createTopic(name, partitionCount = 1, configs = {}) {
      const topic = { name, partitionCount, replicationFactor: -1, assignments: null };
      const created = await services.metadata.createTopic({ ...topic, configs: new Map(Object.entries(configs)) });
      return created.id;
    },
    async connect() {
      const client = await WireClient.open(port);
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await server.destroy();
      await opened[Symbol.asyncDispose]();
      pool.close();
    },
  };
}
