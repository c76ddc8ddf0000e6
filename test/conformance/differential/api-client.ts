/** A client for one connection that speaks any API at any version, through the generated codecs. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiKey, type ApiName, responseHeaderVersion } from '../../../protocol/apis.ts';
import { apiCodecs } from '../../../protocol/generated/codecs.ts';
import { readResponseHeader } from '../../../protocol/header.ts';
import { Reader } from '../../../protocol/reader.ts';
import type { Fields } from '../../../protocol/schema.ts';
import { loadSchemas } from '../../support/schema-interpreter.ts';
import { requestFrame, WireClient } from '../../support/wire-client.ts';

const ANSWER_LIMIT_MS = 40_000;

/** A request's fields; those left out have Kafka's defaults. */
export type Body = Readonly<Record<string, unknown>>;

/** A decoded response, or what came instead. */
export type Answer =
  | Readonly<Record<string, unknown>>
  | 'closed the connection'
  | 'no answer'
  | { readonly undecodable: string };

const schemas = new Map((await loadSchemas()).map((schema) => [schema.name, schema]));

/** Fails on a field that the message has not: a slip in a case would otherwise go unseen. */
function assertKnownFields(fields: Fields, value: unknown, path: string): void {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return;
  for (const [name, item] of Object.entries(value)) {
    const field = fields[name];
    assert(field !== undefined, `${path} has no field ${name}`);
    if (field.type !== 'struct') continue;
    for (const element of Array.isArray(item) ? item : [item])
      assertKnownFields(field.fields ?? {}, element, `${path}.${name}`);
  }
}

/** A request as it goes over the wire. */
export function frameOf(api: ApiName, version: number, correlationId: number, body: Body, clientId = 'test'): Buffer {
  const key = ApiKey[api];
  const codec = apiCodecs.get(key);
  assert(codec !== undefined);
  assertKnownFields(schemas.get(`${api}Request`)?.fields ?? {}, body, api);
  return requestFrame(key, version, correlationId, (writer) => codec.writeRequest(writer, body, version), clientId);
}

export class ApiClient {
  readonly #wire: WireClient;
  readonly #clientId: string;
  #correlationId = 0;

  private constructor(wire: WireClient, clientId: string) {
    this.#wire = wire;
    this.#clientId = clientId;
  }

  static async open(port: number, clientId = 'test'): Promise<ApiClient> {
    return new ApiClient(await WireClient.open(port), clientId);
  }

  close(): void {
    this.#wire.close();
  }

  async call(api: ApiName, version: number, body: Body = {}): Promise<Answer> {
    const correlationId = ++this.#correlationId;
    const response = await this.exchange(frameOf(api, version, correlationId, body, this.#clientId));
    if (typeof response === 'string') return response;
    return decode(api, version, correlationId, response);
  }

  /** Sends bytes as they are and gives the next frame. */
  async exchange(bytes: Buffer): Promise<Buffer | 'closed the connection' | 'no answer'> {
    this.#wire.send(bytes);
    const limit = new AbortController();
    const late = delay(ANSWER_LIMIT_MS, 'no answer' as const, { signal: limit.signal }).catch(
      () => 'no answer' as const,
    );
    const response = await Promise.race([this.#wire.next(), late]);
    limit.abort();
    return response ?? 'closed the connection';
  }
}

function decode(api: ApiName, version: number, expectedId: number, response: Buffer): Answer {
  try {
    const reader = new Reader(response);
    assert.equal(readResponseHeader(reader, responseHeaderVersion(ApiKey[api], version)), expectedId, 'correlation id');
    const message = apiCodecs.get(ApiKey[api])?.readResponse(reader, version) as Record<string, unknown>;
    const left = reader.remaining;
    return left === 0 ? message : { undecodable: `${left} bytes are left`, message };
  } catch (error) {
    return { undecodable: `${error instanceof Error ? error.message : error}: ${response.toString('hex')}` };
  }
}
