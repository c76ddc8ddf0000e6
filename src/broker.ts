/**
 * A whole broker, put together: catalog → metadata → engine → partitions → coordinators → server, opened in this order
 * and closed in the opposite one. Nothing below knows what lies above it.
 */
import { apiName } from '../protocol/apis.ts';
import { errorName, KafkaError } from '../protocol/errors.ts';
import { type Clock, systemClock, type Timer } from './base/clock.ts';
import { type Logger, silentLogger } from './base/logger.ts';
import { type Random, systemRandom } from './base/random.ts';
import { ratedLogger } from './base/rated-logger.ts';
import { SlabPool } from './base/slabs.ts';
import type { TopicSpec } from './cli/topic-spec.ts';
import type { BrokerConfig, Listener } from './config/broker-config.ts';
import { createGroupCoordinator } from './coordinator/group/coordinator.ts';
import { handlers } from './handlers/index.ts';
import type { BrokerServices, ConnectionInfo, Endpoint } from './handlers/types.ts';
import { CatalogMetadataStore } from './metadata/store.ts';
import type { MetadataStore } from './metadata/types.ts';
import { ServerCounters } from './metrics/counters.ts';
import { StreamPartitionManager } from './partition/manager.ts';
import type { PartitionManager } from './partition/types.ts';
import { Server, type BoundListener } from './server/server.ts';
import { CatalogError } from './storage/catalog/catalog-error.ts';
import { openCatalog } from './storage/catalog/open.ts';
import type { Catalog } from './storage/catalog/types.ts';
import { diskSpace, memorySpace } from './storage/disk-space.ts';
import type { Files } from './storage/files.ts';
import { type Engine, openEngine } from './storage/engine.ts';
import type { Durability, JournalWitness, StorageError } from './storage/types.ts';

export interface BrokerOptions {
  readonly config: BrokerConfig;
  /** Created at start unless they exist. */
  readonly topics?: readonly TopicSpec[];
  /** Id of a new cluster, and the one that a data directory must have; null: a random one, any. */
  readonly clusterId?: string | null;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** The catalog of the data directory, where somebody began to open it already. */
  readonly catalog?: Promise<Catalog>;
  /** The disk under the journal, where it is not the machine's. */
  readonly files?: Files;
  /** Told once when the journal failed for good: writes are refused from then on. */
  readonly onFailure?: (error: StorageError) => void;
}

/** A broker that serves. */
export interface RunningBroker extends AsyncDisposable {
  readonly clusterId: string;
  readonly nodeId: number;
  /** Listeners with the ports they have got. */
  readonly listeners: readonly BoundListener[];
  /** Port of metrics and health, or null. */
  readonly metricsPort: number | null;
  /** Answers what is under way, makes everything durable, lets go of everything. Idempotent. */
  close(): Promise<void>;
}

/** The directory that DescribeLogDirs shows where there is none. */
const MEMORY_LOG_DIR = '/memory';

function openBrokerEngine(
  config: BrokerConfig,
  metadata: MetadataStore,
  witness: JournalWitness,
  base: Base,
): Promise<Engine> {
  return openEngine({
    dataDir: config.dataDir,
    clusterId: metadata.clusterId,
    // The journal's first file is on the device before the first topic is created.
    mustExist: metadata.topics().length > 0,
    witness,
    durability: config.string('walka.durability') as Durability,
    flushIntervalMs: config.int('walka.flush.interval.ms'),
    maxSegmentSize: config.int('walka.journal.file.bytes'),
    maxSegmentAgeMs: config.int('walka.journal.file.ms'),
    maxMemoryBytes: config.int('walka.memory.max.bytes'),
    cacheBytes: config.int('walka.cache.bytes'),
    indexCacheBytes: config.int('walka.index.cache.bytes'),
    ...base,
  });
}

/** Closes the engine, and has the catalog remember where the journal ended. */
async function closeEngine(engine: Engine, catalog: Catalog, logger: Logger): Promise<void> {
  await engine.close();
  if (!engine.isClosedCleanly) return;
  try {
    await catalog.ended(engine.end);
  } catch (error) {
    logger.warn('journal-end-unwitnessed', 'The catalog could not note where the journal ended', { error });
  }
}

/** The outside world as the engine takes it. */
interface Base {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly files?: Files;
}

/** Records of another cluster are not served under this one's name: clients would take their offsets for its own. */
function checkClusterId({ clusterId }: MetadataStore, { clusterId: asked, config }: BrokerOptions): void {
  if (asked === undefined || asked === null || asked === clusterId) return;
  const message = `${config.dataDir} belongs to cluster ${clusterId}, and CLUSTER_ID asks for ${asked}`;
  throw new CatalogError('FOREIGN', `${message}. Choose another directory, or leave CLUSTER_ID out.`);
}

/** What a connection's listener advertises: as set, else the address that the client itself connected to. */
function endpointFor(
  config: BrokerConfig,
  bound: () => readonly Listener[],
  connection: Pick<ConnectionInfo, 'listenerName' | 'localHost' | 'localPort'>,
): Endpoint {
  const { nodeId, rack } = config;
  const advertised = config.advertisedListeners.get(connection.listenerName);
  if (advertised === undefined) return { nodeId, rack, host: connection.localHost, port: connection.localPort };
  const real = bound().find(({ name }) => name === connection.listenerName)?.port;
  return { nodeId, rack, host: advertised.host, port: advertised.port === 0 ? (real ?? 0) : advertised.port };
}

/** Runs retention now and then. */
class RetentionTimer implements Disposable {
  readonly #clock: Clock;
  readonly #run: () => Promise<void>;
  #timer: Timer | null = null;
  #isStopped = false;

  constructor(clock: Clock, run: () => Promise<void>) {
    this.#clock = clock;
    this.#run = run;
  }

  start(intervalMs: () => number): void {
    if (this.#isStopped) return;
    this.#timer = this.#clock.setTimer(intervalMs(), () => {
      void this.#run().finally(() => this.start(intervalMs));
    });
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }
}

async function createTopics(metadata: MetadataStore, topics: readonly TopicSpec[]): Promise<void> {
  for (const { name, partitions, configs } of topics) {
    if (metadata.topic(name) !== undefined) continue;
    try {
      await metadata.createTopic({
        name,
        partitionCount: partitions ?? -1,
        replicationFactor: -1,
        assignments: null,
        configs: new Map(Object.entries(configs ?? {}).map(([key, value]) => [key, String(value)])),
      });
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      throw new KafkaError(error.code, `topic ${name}: ${error.message}`, { cause: error });
    }
  }
}

function startRetention(
  config: BrokerConfig,
  partitions: PartitionManager,
  clock: Clock,
  logger: Logger,
): RetentionTimer {
  const retention = new RetentionTimer(clock, async () => {
    try {
      await partitions.applyRetention();
    } catch (error) {
      // Retention comes again; what it could not drop stays readable.
      logger.warn('retention-failed', 'Retention could not run', { error });
    }
  });
  retention.start(() => config.int('log.retention.check.interval.ms'));
  return retention;
}

async function openMetrics(
  services: BrokerServices,
  counters: ServerCounters,
  engine: Engine,
): Promise<{ readonly port: number; close(): Promise<void> } | null> {
  const { config, logger } = services;
  const port = config.int('walka.metrics.port');
  if (port < 0) return null;
  const [{ HttpServer }, { engineFigures }, { serverFigures }] = await Promise.all([
    import('./http/server.ts'),
    import('./http/engine-figures.ts'),
    import('./metrics/figures.ts'),
  ]);
  return HttpServer.open({
    host: config.string('walka.metrics.host'),
    port,
    figures: [...serverFigures(counters, apiName, errorName), ...engineFigures(() => engine.stats())],
    illness: () => engine.refusal?.message ?? null,
    logger,
  });
}

/**
 * Opens a broker; when it resolves, clients may connect.
 * @throws CatalogError (LOCKED, FOREIGN, TOO_NEW…), StorageError (CORRUPT, POISONED…), KafkaError (a topic that cannot
 * be created), or the system's error where a port cannot be bound; then nothing stays open
 */
export async function startBrokerServer(options: BrokerOptions): Promise<RunningBroker> {
  const { config } = options;
  const logger = options.logger ?? silentLogger;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  await using stack = new AsyncDisposableStack();

  const catalog = stack.use(await (options.catalog ?? openCatalog(config.dataDir)));
  const clusterId = options.clusterId ?? null;
  const metadata = await CatalogMetadataStore.open({ catalog, config, random, clusterId });
  checkClusterId(metadata, options);
  const base = { clock, random, logger, ...(options.files && { files: options.files }) };
  const engine = stack.adopt(await openBrokerEngine(config, metadata, catalog.witness, base), (opened) =>
    closeEngine(opened, catalog, logger),
  );
  catalog.onDiskFull((mayUseReserve) => engine.makeRoom(mayUseReserve));
  // It may have failed before anybody listened.
  if (engine.refusal?.code === 'POISONED') throw engine.refusal;
  await catalog.start(engine);
  engine.onFailure((error) => {
    logger.error('journal-failed', 'The journal failed; writes are refused from now on', { error });
    options.onFailure?.(error);
  });
  const partitions = stack.adopt(new StreamPartitionManager({ metadata, engine, config, clock, logger }), (manager) =>
    manager.close(),
  );
  // What clients do is logged by rate.
  const clientLogger = ratedLogger(logger, clock);
  const groups = stack.adopt(
    createGroupCoordinator({ config, metadata, partitions, clock, random, logger: clientLogger }),
    (coordinator) => coordinator.close(),
  );
  stack.use(startRetention(config, partitions, clock, logger));
  await createTopics(metadata, options.topics ?? []);
  groups.start();

  const pool = new SlabPool({ budgetBytes: config.int('walka.receive.buffer.bytes') });
  pool.onPressure((byteLength) => engine.evictCache(byteLength));
  const counters = new ServerCounters();
  let bound: readonly BoundListener[] = [];
  const services: BrokerServices = {
    config,
    clock,
    random,
    logger: clientLogger,
    metadata,
    partitions,
    engine,
    groups,
    endpointFor: (connection) => endpointFor(config, () => bound, connection),
    logDir: config.dataDir ?? MEMORY_LOG_DIR,
    diskSpace: async () =>
      config.dataDir === null
        ? memorySpace(config.int('walka.memory.max.bytes'), engine.stats().liveBytes)
        : diskSpace(config.dataDir),
  };
  const server = stack.adopt(await Server.open({ services, handlers, pool, counters }, config.listeners), (opened) =>
    opened.close(),
  );
  bound = server.listeners;
  const metrics = stack.adopt(await openMetrics(services, counters, engine), async (opened) => opened?.close());

  const owned = stack.move();
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => (closing ??= owned.disposeAsync());
  return {
    clusterId: metadata.clusterId,
    nodeId: config.nodeId,
    listeners: server.listeners,
    metricsPort: metrics?.port ?? null,
    close,
    [Symbol.asyncDispose]: close,
  };
}
