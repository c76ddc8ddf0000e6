/**
 * A whole broker in the test's process: real sockets, handlers, coordinator, partitions and metadata, over the memory
 * engine and catalog. Its clock is the caller's.
 */
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { systemRandom } from '../../src/base/random.ts';
import { SlabPool } from '../../src/base/slabs.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import { createGroupCoordinator } from '../../src/coordinator/group/coordinator.ts';
import { handlers } from '../../src/handlers/index.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import { CatalogMetadataStore } from '../../src/metadata/store.ts';
import { ServerCounters } from '../../src/metrics/counters.ts';
import { StreamPartitionManager } from '../../src/partition/manager.ts';
import { DEFAULT_LIMITS, type ServerLimits } from '../../src/server/limits.ts';
import { Server } from '../../src/server/server.ts';
import { MemoryCatalog } from '../../src/storage/catalog/memory.ts';
import { MemoryEngine } from './memory-engine.ts';
import { WireClient } from './wire-client.ts';

export interface TestBrokerOptions {
  readonly clock?: Clock;
  readonly settings?: Readonly<Record<string, string>>;
  readonly limits?: Partial<ServerLimits>;
  /** False: appends commit when the test calls `engine.commit`. */
  readonly autoCommit?: boolean;
  readonly poolBytes?: number;
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
  const clock = options.clock ?? systemClock;
  const settings = { 'walka.durability': 'memory', 'group.initial.rebalance.delay.ms': '0', ...options.settings };
  const config = createBrokerConfig(new Map(Object.entries(settings)));
  const random = systemRandom;
  const logger = silentLogger;
  const engine = new MemoryEngine({ autoCommit: options.autoCommit ?? true });
  const catalog = new MemoryCatalog();
  const metadata = await CatalogMetadataStore.open({ catalog, config, random });
  await catalog.start();
  const partitions = new StreamPartitionManager({ metadata, engine, config, clock, logger });
  const groups = createGroupCoordinator({ config, metadata, partitions, clock, random, logger });
  await groups.start();
  const services: BrokerServices = {
    config,
    clock,
    random,
    logger,
    metadata,
    partitions,
    engine,
    groups,
    endpointFor: ({ localHost, localPort }) => ({
      nodeId: config.nodeId,
      host: localHost,
      port: localPort,
      rack: null,
    }),
    logDir: '/memory',
    diskSpace: () => Promise.resolve({ totalBytes: -1, usableBytes: -1 }),
  };
  const pool = new SlabPool({ budgetBytes: options.poolBytes ?? 64 * 1024 * 1024, debug: true });
  const counters = new ServerCounters();
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const listener = { name: 'PLAINTEXT', host: '127.0.0.1', port: 0 };
  const server = await Server.open({ services, handlers, pool, counters, limits }, [listener]);
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
      const topic = { name, partitionCount, replicationFactor: -1, assignments: new Map() };
      const created = await metadata.createTopic({ ...topic, configs: new Map(Object.entries(configs)) });
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
      await groups.close();
      await partitions.close();
    },
  };
}
