/** For tests of handlers about metadata and configs: a broker's services, and calls of one handler as bytes. */
import { silentLogger } from '../../src/base/logger.ts';
import type { AnyApiHandler, BrokerServices } from '../../src/handlers/types.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { openTestServices, testContext } from './test-services.ts';

/** Services of broker 1 at broker.test:9092, which logs at level info. */
export async function adminServices(settings: Record<string, string> = {}): Promise<BrokerServices> {
  const logger = { ...silentLogger, level: 'info' as const };
  const { services } = await openTestServices({ settings: { 'node.id': '1', ...settings }, logger });
  return services;
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
  const response = await api.handle(
    testContext(services, apiVersion, null),
    api.readRequest(new Reader(writer.toBuffer()), apiVersion),
  );
  const out = new Writer();
  api.writeResponse(out, response, apiVersion);
  const reader = new Reader(out.toBuffer());
  const answer = read(reader, apiVersion);
  reader.expectEnd();
  return answer;
}
