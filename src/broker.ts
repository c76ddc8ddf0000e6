/**
 * A whole broker, put together: catalog → metadata → engine → partitions → coordinators → server, opened in this order
 * and closed in the opposite one. Nothing below knows what lies above it.
 */
import { type Clock, systemClock } from './base/clock.ts';
import { ClosingStack } from './base/closing-stack.ts';
import { type Logger, silentLogger } from './base/logger.ts';
import { type Random, systemRandom } from './base/random.ts';
import { ratedLogger } from './base/rated-logger.ts';
import { SlabPool } from './base/slabs.ts';
import { closeBrokerEngine, openBrokerEngine } from './broker/engine.ts';
import { listenersToOpen } from './broker/controller-listeners.ts';
import { createFirstTopics } from './broker/first-topics.ts';
import { createFirstUsers } from './broker/first-users.ts';
import { openMetrics } from './broker/metrics.ts';
import { openOtelTracing } from './broker/otel.ts';
import { snapshotBroker } from './broker/snapshot.ts';
import { startUpkeep } from './broker/upkeep.ts';
import { openAuthorizer } from './broker/authorizer.ts';
import { openQuotas } from './broker/quotas.ts';
import { openServices, startServices } from './broker/services.ts';
import { openSessions } from './broker/sessions.ts';
import { surroundings } from './broker/surroundings.ts';
import { openTls } from './broker/tls.ts';
import { openTokens } from './broker/tokens.ts';
import type { TopicSpec } from './cli/topic-spec.ts';
import type { BrokerConfig } from './config/broker-config.ts';
import { handlers } from './handlers/index.ts';
import type { BrokerServices } from './handlers/types.ts';
import { CatalogMetadataStore } from './metadata/store.ts';
import type { MetadataStore } from './metadata/types.ts';
import { ServerCounters } from './metrics/counters.ts';
import type { Intercept } from './server/dispatch.ts';
import { type BoundListener, Server } from './server/server.ts';
import type { WireWatcher } from './server/wire-tap.ts';
import { CatalogError } from './storage/catalog/catalog-error.ts';
import { openCatalog } from './storage/catalog/open.ts';
import type { Catalog } from './storage/catalog/types.ts';
import type { Files } from './storage/files/files.ts';
import type { StorageError } from './storage/types.ts';

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
  /** The broker's sockets do not keep the process alive. */
  readonly unref?: boolean;
  /** Told once when the journal failed for good: writes are refused from then on. */
  readonly onFailure?: (error: StorageError) => void;
}

/** A broker that serves. */
export interface RunningBroker extends AsyncDisposable {
  readonly clusterId: string;
  readonly nodeId: number;
  /** Listeners for clients with the ports they have got. */
  readonly listeners: readonly BoundListener[];
  /** Those for whoever asks the controller, as far as they could be opened. */
  readonly controllerListeners: readonly BoundListener[];
  /** Port of metrics and health, or null. */
  readonly metricsPort: number | null;
  /** What its handlers work with, for the program around it. */
  readonly services: BrokerServices;
  /** Puts somebody between requests and their handlers, or nobody again. */
  intercept(intercept: Intercept | null): void;
  /** Shows somebody the bytes of new connections, until the function that it gives is called. */
  watch(watcher: WireWatcher): () => void;
  /** Copies what it has into a new data directory, and goes on. */
  snapshot(directory: string): Promise<void>;
  /** Answers what is under way, makes everything durable, lets go of everything. Idempotent. */
  close(): Promise<void>;
}

/** Records of another cluster are not served under this one's name: clients would take their offsets for its own. */
function checkClusterId({ clusterId }: MetadataStore, { clusterId: asked, config }: BrokerOptions): void {
  if (asked === undefined || asked === null || asked === clusterId) return;
  const message = `${config.dataDir} belongs to cluster ${clusterId}, and CLUSTER_ID asks for ${asked}`;
  throw new CatalogError('FOREIGN', `${message}. Choose another directory, or leave CLUSTER_ID out.`);
}

/** Levels are asked for when a cluster is made; later somebody changes them on purpose. */
function warnOfKeptLevels({ features }: MetadataStore, asked: ReadonlyMap<string, number>, logger: Logger): void {
  for (const [name, level] of asked) {
    const kept = features.finalized.levels.get(name) ?? 0;
    if (kept === level) continue;
    const text = `Feature ${name} stays at level ${kept}: ${name}=${level} is for a new data directory`;
    logger.warn('feature-level-kept', `${text}; change it with kafka-features or UpdateFeatures`);
  }
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
  await using stack = new ClosingStack();

  const catalog = stack.use(await (options.catalog ?? openCatalog(config.dataDir)));
  const clusterId = options.clusterId ?? null;
  const metadata = await CatalogMetadataStore.open({ catalog, config, random, clusterId });
  checkClusterId(metadata, options);
  warnOfKeptLevels(metadata, config.askedFeatures, logger);
  const world = { clock, random, logger, ...(options.files && { files: options.files }) };
  const engine = stack.adopt(await openBrokerEngine(config, metadata, catalog.witness, world), (opened) =>
    closeBrokerEngine(opened, catalog, logger),
  );
  catalog.onDiskFull((mayUseReserve) => engine.makeRoom(mayUseReserve));
  // It may have failed before anybody listened.
  if (engine.refusal?.code === 'POISONED') throw engine.refusal;
  await catalog.start(engine, metadata.features.finalized);
  engine.onFailure((error) => {
    logger.error('journal-failed', 'The journal failed; writes are refused from now on', { error });
    options.onFailure?.(error);
  });
  let bound: readonly BoundListener[] = [];
  const here = surroundings(config, engine, () => bound, logger);
  // What clients do is logged by rate.
  const clientLogger = ratedLogger(logger, clock);
  const rights = await openAuthorizer(config, metadata);
  const quotas = await openQuotas({ metadata, config, clock, logger });
  const tokens = await openTokens({ config, metadata, clock, random, logger }, stack);
  const listenerOptions = { config, metadata, tokens, clock, random, logger };
  const listeners = await listenersToOpen(listenerOptions);
  const tls = stack.adopt(await openTls(listenerOptions, listeners), (opened) => opened.close());
  const secured = { ...rights, quotas, tokens, tls: tls.control };
  const services = openServices(
    { ...here, ...secured, config, clock, random, logger, clientLogger, metadata, engine },
    stack,
  );
  stack.adopt(startUpkeep(config, services.partitions, clock, logger), (stop) => stop());
  await createFirstTopics(metadata, options.topics ?? []);
  await createFirstUsers(config, metadata, random);
  startServices(services);

  const budgetBytes = config.int('walka.receive.buffer.bytes');
  const pool = stack.adopt(new SlabPool({ budgetBytes }), (opened) => opened.close());
  pool.onPressure((byteLength) => engine.evictCache(byteLength));
  const counters = new ServerCounters();
  const otel = stack.adopt(await openOtelTracing(services), async (opened) => opened?.close());
  const tracing = otel?.tracing ?? null;
  const openSession = await openSessions(listenerOptions, listeners, stack);
  const unref = options.unref === true;
  const { listeners: tlsListeners } = tls;
  const serverOptions = { services, handlers, pool, counters, tracing, openSession, unref, tls: tlsListeners };
  const server = stack.adopt(await Server.open(serverOptions, listeners), (opened) => opened.close());
  bound = server.listeners;
  const metrics = stack.adopt(await openMetrics(services, counters, engine), async (opened) => opened?.close());

  const owned = stack.move();
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => (closing ??= owned.close());
  return {
    clusterId: metadata.clusterId,
    nodeId: config.nodeId,
    listeners: bound.filter(({ endpointType }) => endpointType === 'broker'),
    controllerListeners: bound.filter(({ endpointType }) => endpointType === 'controller'),
    metricsPort: metrics?.port ?? null,
    services,
    intercept: (intercept) => server.intercept(intercept),
    watch: (watcher) => server.watch(watcher),
    snapshot: (directory) => snapshotBroker(catalog, engine, directory),
    close,
    [Symbol.asyncDispose]: close,
  };
}
