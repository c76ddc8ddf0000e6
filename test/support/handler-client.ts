/** Requests that go through their handlers as bytes, without a socket: for tests on a manual clock. */
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { type AnyApiHandler, type BrokerServices, type ListedApi, Pipelined } from '../../src/handlers/types.ts';
import { handlers } from '../../src/handlers/index.ts';
import { testContext } from './test-services.ts';
import type { Api } from './wire-client.ts';

const loaded = new Map<number, AnyApiHandler>();

async function handlerOf(apiKey: number): Promise<AnyApiHandler> {
  const known = loaded.get(apiKey);
  if (known !== undefined) return known;
  const listed = handlers.find((handler) => handler.apiKey === apiKey) as AnyApiHandler | ListedApi;
  const handler = 'load' in listed ? await listed.load() : listed;
  loaded.set(apiKey, handler);
  return handler;
}

/** Sends a request through its handler; rejects as the handler does. */
export async function ask<Request, Response>(
  services: BrokerServices,
  api: Api<Request, Response>,
  version: number,
  request: Request,
): Promise<Response> {
  const handler = await handlerOf(api.apiKey);
  const bytes = new Writer();
  api.write(bytes, request, version);
  const frame = bytes.toBuffer();
  const result = await handler.handle(
    testContext(services, version, 'test'),
    handler.readRequest(new Reader(frame), version),
  );
  const response = result instanceof Pipelined ? await result.response : result;
  const writer = new Writer();
  handler.writeResponse(writer, response, version);
  return api.read(new Reader(writer.toBuffer()), version);
}
