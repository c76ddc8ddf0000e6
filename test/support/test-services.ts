/**
 * All that handlers work with, put together as a broker does it (src/broker/services.ts), over an engine and a catalog
 * in memory. Nothing is loaded or served before `startServices`.
 */
import { ClosingStack } from '../../src/base/closing-stack.ts';
import { UNCOUNTED } from '../../src/base/counted.ts';
import type { Clock } from '../../src/base/clock.ts';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { OpenSession } from '../../src/security/session.ts';
import { openServices } from '../../src/broker/services.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import type { BrokerServices, ConnectionInfo, RequestContext } from '../../src/handlers/types.ts';
import { CatalogMetadataStore } from '../../src/metadata/store.ts';
import { MemoryCatalog } from '../../src/storage/catalog/memory.ts';
import type { LogEngine } from '../../src/storage/types.ts';
import { MemoryEngine } from './memory-engine.ts';

export interface TestServicesOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  /** What an earlier broker left behind. */
  readonly engine?: MemoryEngine;
  readonly catalog?: MemoryCatalog;
}

export interface TestServices extends AsyncDisposable {
  readonly services: BrokerServices;
  readonly engine: MemoryEngine;
  readonly catalog: MemoryCatalog;
}

/** Services of a cluster `test-cluster` that advertise the address a client connected to. */
export async function openTestServices(options: TestServicesOptions = {}): Promise<TestServices> {
  const { engine = new MemoryEngine() } = options;
  return { ...(await openServicesOver(engine, options)), engine };
}

/** As `openTestServices`, over any engine. */
export async function openServicesOver(
  engine: LogEngine,
  options: Omit<TestServicesOptions, 'engine'> = {},
): Promise<Omit<TestServices, 'engine'>> {
  const { clock = new ManualClock(), random = seededRandom(7), logger = silentLogger } = options;
  const { catalog = new MemoryCatalog() } = options;
  const config = createBrokerConfig(new Map(Object.entries({ 'walka.durability': 'memory', ...options.settings })));
  const metadata = await CatalogMetadataStore.open({ catalog, config, random, clusterId: 'test-cluster' });
  await catalog.start(undefined, metadata.features.finalized);
  const stack = new ClosingStack();
  const here: Pick<BrokerServices, 'endpointFor' | 'controllerListeners' | 'logDir' | 'diskSpace'> = {
    controllerListeners: () => [],
    endpointFor: ({ localHost, localPort }) => ({
      nodeId: config.nodeId,
      host: localHost,
      port: localPort,
      rack: null,
    }),
    logDir: '/data',
    diskSpace: () => Promise.resolve({ totalBytes: 1000, usableBytes: 400 }),
  };
  const services = openServices(
    { ...here, config, clock, random, logger, clientLogger: logger, metadata, engine },
    stack,
  );
  return { services, catalog, [Symbol.asyncDispose]: () => stack.close() };
}

/** A client of broker.test:9092 that never leaves. */
export function testConnection(fields: Partial<ConnectionInfo> = {}): ConnectionInfo {
  return {
    id: 1,
    listenerName: 'PLAINTEXT',
    endpointType: 'broker',
    remoteHost: '10.0.0.7',
    remotePort: 40_000,
    localHost: 'broker.test',
    localPort: 9092,
    session: new OpenSession(),
    clientSoftwareName: null,
    clientSoftwareVersion: null,
    fetchTurns: 0,
    quotas: null,
    mute: () => {},
    endAfterAnswer: () => {},
    onClose: () => () => {},
    ...fields,
  };
}

/** A request of a test that calls its handler directly. */
export function testContext(services: BrokerServices, apiVersion: number, clientId: string | null): RequestContext {
  return { services, connection: testConnection(), apiVersion, clientId, frame: UNCOUNTED, effort: null };
}
