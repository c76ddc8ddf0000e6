/** Services for tests of handlers about metadata and configs: a metadata store in memory and a fake log engine. */
import { ManualClock } from '../../src/base/manual-clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { UNCOUNTED } from '../../src/base/counted.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import type { AnyApiHandler, BrokerServices, ConnectionInfo } from '../../src/handlers/types.ts';
import { CatalogMetadataStore } from '../../src/metadata/store.ts';
import { MemoryCatalog } from '../../src/storage/catalog/memory.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';

export interface AdminServices extends BrokerServices {
  readonly catalog: MemoryCatalog;
}

/** Services of broker 1 at broker.test:9092; parts that admin handlers do not use throw when touched. */
export async function adminServices(settings: Record<string, string> = {}): Promise<AdminServices> {
  const values = { 'walka.durability': 'memory', 'node.id': '1', ...settings };
  const config = createBrokerConfig(new Map(Object.entries(values)));
  const random = seededRandom(7);
  const catalog = new MemoryCatalog();
  const metadata = await CatalogMetadataStore.open({ catalog, config, random, clusterId: 'test-cluster' });
  await catalog.start();
  const engine = { refusal: null, state: (stream: number) => ({ liveBytes: stream * 100 }) };
  return {
    catalog,
    config,
    clock: new ManualClock(),
    random,
    logger: { ...silentLogger, level: 'info' },
    metadata,
    engine,
    logDir: '/data',
    diskSpace: () => Promise.resolve({ totalBytes: 1000, usableBytes: 400 }),
    endpointFor: () => ({ nodeId: 1, host: 'broker.test', port: 9092, rack: null }),
  } as unknown as AdminServices;
}

/** How a test says what goes in and out: the generated codecs of one API. */
export interface ApiCodecs<Request, Response> {
  readonly api: AnyApiHandler;
  readonly write: (writer: Writer, request: Request, version: number) => void;
  readonly read: (reader: Reader, version: number) => Response;
}

/** Sends a request through a handler as a client would, bytes in and bytes out. */
export async function call<Request, Response>(
  services: BrokerServices,
  { api, write, read }: ApiCodecs<Request, Response>,
  apiVersion: number,
  request: Request,
): Promise<Response> {
  const writer = new Writer();
  write(writer, request, apiVersion);
  const context = { services, connection: {} as ConnectionInfo, apiVersion, clientId: null, frame: UNCOUNTED };
  const response = await api.handle(context, api.readRequest(new Reader(writer.toBuffer()), apiVersion));
  const out = new Writer();
  api.writeResponse(out, response, apiVersion);
  const reader = new Reader(out.toBuffer());
  const answer = read(reader, apiVersion);
  reader.expectEnd();
  return answer;
}
