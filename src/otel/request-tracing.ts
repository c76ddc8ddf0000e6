/**
 * A span a request, in the words of OpenTelemetry's conventions for messaging as far as they fit a broker. What a span
 * says is put together only where it is sampled.
 *
 * A produce request goes on with the trace of the first record of its first batch, where that is not compressed and its
 * producer left a `traceparent` header; the traces of other batches are linked. Other requests begin a trace.
 */
import type * as OpenTelemetry from '@opentelemetry/api';
import { isError } from '../base/realms.ts';
import { ApiKey, apiName } from '../../protocol/apis.ts';
import { errorName } from '../../protocol/errors.ts';
import type { ProduceRequest } from '../../protocol/generated/produce-request.ts';
import type { ConnectionInfo } from '../handlers/types.ts';
import type { RequestSpan, RequestTracing, TracedRequest } from '../server/tracing.ts';
import type { HeadSampling } from './head-sampling.ts';
import { firstTraceParent } from './trace-parent.ts';

type Api = typeof OpenTelemetry;

/** Links of one span at most. */
const MAX_LINKS = 32;

/** What the conventions call what these APIs do. */
const OPERATION_TYPES: ReadonlyMap<number, string> = new Map([
  [ApiKey.Produce, 'send'],
  [ApiKey.Fetch, 'receive'],
  [ApiKey.ShareFetch, 'receive'],
  [ApiKey.OffsetCommit, 'settle'],
  [ApiKey.TxnOffsetCommit, 'settle'],
  [ApiKey.ShareAcknowledge, 'settle'],
]);

/** @param sampling decides before the tracer does; without one, the tracer alone */
export function requestTracing(
  api: Api,
  tracer: OpenTelemetry.Tracer,
  sampling: HeadSampling | null = null,
): RequestTracing {
  return {
    start(traced, connection) {
      // What is traced is served, whatever a program's sampler or processor throws.
      try {
        const contexts = contextsOf(api, traced);
        if (sampling !== null && !sampling.wants(contexts[0])) return null;
        return begin(api, tracer, contexts, traced, connection);
      } catch {
        return null;
      }
    },
  };
}

function begin(
  api: Api,
  tracer: OpenTelemetry.Tracer,
  [parent, ...others]: readonly OpenTelemetry.SpanContext[],
  traced: TracedRequest,
  connection: ConnectionInfo,
): RequestSpan | null {
  const context = parent === undefined ? api.ROOT_CONTEXT : api.trace.setSpanContext(api.ROOT_CONTEXT, parent);
  const options = { kind: api.SpanKind.SERVER, links: others.map((linked) => ({ context: linked })) };
  const span = tracer.startSpan(apiName(traced.api.apiKey), options, context);
  if (!span.isRecording()) return null;
  describe(span, traced, connection);
  return new TracedSpan(api, span);
}

class TracedSpan implements RequestSpan {
  readonly #api: Api;
  readonly #span: OpenTelemetry.Span;

  constructor(api: Api, span: OpenTelemetry.Span) {
    this.#api = api;
    this.#span = span;
  }

  end(errorCodes: readonly number[]): void {
    const [first] = errorCodes;
    if (first !== undefined) this.#fail(errorName(first));
    this.#span.end();
  }

  drop(error: unknown): void {
    if (error === null) this.#span.addEvent('client-gone');
    else this.#fail(isError(error) ? error.name : 'Error');
    this.#span.end();
  }

  #fail(type: string): void {
    this.#span.setAttribute('error.type', type);
    this.#span.setStatus({ code: this.#api.SpanStatusCode.ERROR });
  }
}

const NO_CONTEXTS: readonly OpenTelemetry.SpanContext[] = [];

/** Contexts that the producers of the batches left, one a batch at most. */
function contextsOf(api: Api, { api: { apiKey }, request }: TracedRequest): readonly OpenTelemetry.SpanContext[] {
  if (apiKey !== ApiKey.Produce) return NO_CONTEXTS;
  const { topicData } = request as ProduceRequest;
  const contexts: OpenTelemetry.SpanContext[] = [];
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      const context = records === null ? null : firstTraceParent(records);
      if (context !== null && api.isSpanContextValid(context)) contexts.push(context);
      if (contexts.length > MAX_LINKS) return contexts;
    }
  }
  return contexts;
}

function describe(
  span: OpenTelemetry.Span,
  { api: { apiKey }, version, clientId, byteLength, request }: TracedRequest,
  connection: ConnectionInfo,
): void {
  const name = apiName(apiKey);
  const [topic, partition] = destinationOf(request);
  const { groupId } = request as { readonly groupId?: string | null };
  const type = OPERATION_TYPES.get(apiKey);
  if (topic !== null) span.updateName(`${name} ${topic}`);
  span.setAttributes({
    'messaging.system': 'kafka',
    'messaging.operation.name': name,
    'messaging.message.envelope.size': byteLength,
    'walka.api.version': version,
    'network.transport': 'tcp',
    'network.peer.address': connection.remoteHost,
    'network.peer.port': connection.remotePort,
    ...(type === undefined ? {} : { 'messaging.operation.type': type }),
    ...(clientId === null ? {} : { 'messaging.client.id': clientId }),
    ...(topic === null ? {} : { 'messaging.destination.name': topic }),
    ...(partition === null ? {} : { 'messaging.destination.partition.id': String(partition) }),
    ...(typeof groupId === 'string' ? { 'messaging.consumer.group.name': groupId } : {}),
  });
}

interface WithTopics {
  readonly topicData?: readonly Topic[];
  readonly topics?: readonly Topic[] | null;
}

interface Topic {
  readonly name?: string | null;
  readonly topic?: string;
  readonly partitionData?: readonly { readonly index: number }[];
  readonly partitions?: readonly unknown[];
}

/** Topic and partition of a request that is about a single one, as it names them. */
function destinationOf(request: unknown): [topic: string | null, partition: number | null] {
  const { topicData, topics } = request as WithTopics;
  const named = topicData ?? topics ?? [];
  const [first] = named;
  if (first === undefined || named.length > 1) return [null, null];
  const topic = first.name || first.topic || null;
  const partitions = first.partitionData ?? first.partitions ?? [];
  const [only] = partitions as readonly { readonly index?: number; readonly partition?: number }[];
  return [topic, partitions.length === 1 ? (only?.index ?? only?.partition ?? null) : null];
}
