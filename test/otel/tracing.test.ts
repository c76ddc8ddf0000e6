/** Spans of requests, as the SDK of OpenTelemetry records them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as api from '@opentelemetry/api';
import type { SpanContext } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { ErrorCode } from '../../protocol/errors.ts';
import { buildBatch } from '../../protocol/records/build.ts';
import { seededRandom } from '../../src/base/random.ts';
import type { SamplerChoice } from '../../src/otel/environment.ts';
import { HeadSampling } from '../../src/otel/head-sampling.ts';
import { requestTracing } from '../../src/otel/request-tracing.ts';
import { firstTraceParent } from '../../src/otel/trace-parent.ts';
import { batchOf, Fetch, fetchRequest, Produce, produce, produceRequest } from '../support/data-apis.ts';
import { startTestBroker, type TestBroker } from '../support/test-broker.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

interface World extends AsyncDisposable {
  readonly broker: TestBroker;
  spans(): ReadableSpan[];
}

async function open(sampler: Sampler): Promise<World> {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ sampler, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const broker = await startTestBroker({ tracing: requestTracing(api, provider.getTracer('walka')) });
  return {
    broker,
    spans: () => exporter.getFinishedSpans(),
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await provider.shutdown();
    },
  };
}

/** A batch of one record that carries the trace. */
function tracedBatch(traceparent: string): Buffer {
  const headers = [
    { key: 'other', value: null },
    { key: 'traceparent', value: Buffer.from(traceparent) },
  ];
  return buildBatch([{ key: null, value: Buffer.from('v'), timestampMs: 1, headers }]);
}

test('a request is a span in the words of the conventions for messaging', async () => {
  await using world = await open(new AlwaysOnSampler());
  await world.broker.createTopic('orders');
  const client = await world.broker.connect();
  await produce(client, 'orders', 0, 'a');
  await client.call(Fetch, 12, fetchRequest('orders', [{ partition: 0 }]));
  const [produced, fetched] = world.spans();
  assert.equal(produced?.name, 'Produce orders');
  assert.equal(produced?.kind, api.SpanKind.SERVER);
  assert.equal(produced?.attributes['messaging.system'], 'kafka');
  assert.equal(produced?.attributes['messaging.operation.type'], 'send');
  assert.equal(produced?.attributes['messaging.destination.name'], 'orders');
  assert.equal(produced?.attributes['messaging.destination.partition.id'], '0');
  assert.equal(produced?.status.code, api.SpanStatusCode.UNSET);
  assert.equal(fetched?.name, 'Fetch orders');
  assert.equal(fetched?.attributes['messaging.operation.type'], 'receive');
});

test('an error in the answer is the error of the span', async () => {
  await using world = await open(new AlwaysOnSampler());
  const client = await world.broker.connect();
  const answer = await client.call(Fetch, 12, fetchRequest('missing', [{ partition: 0 }]));
  assert.equal(answer.responses[0]?.partitions[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const [span] = world.spans();
  assert.equal(span?.status.code, api.SpanStatusCode.ERROR);
  assert.equal(span?.attributes['error.type'], 'UNKNOWN_TOPIC_OR_PARTITION');
});

test('a produce request goes on with the trace of its first record, which decides whether it is sampled', async () => {
  await using world = await open(new ParentBasedSampler({ root: new AlwaysOffSampler() }));
  await world.broker.createTopic('orders');
  const client = await world.broker.connect();
  await client.call(Produce, 9, produceRequest('orders', 0, tracedBatch(`00-${TRACE}-${PARENT}-01`)));
  await client.call(Produce, 9, produceRequest('orders', 0, tracedBatch(`00-${TRACE}-${PARENT}-00`)));
  await client.call(Produce, 9, produceRequest('orders', 0, batchOf(['untraced'])));
  const spans = world.spans();
  assert.equal(spans.length, 1);
  assert.equal(spans[0]?.spanContext().traceId, TRACE);
  assert.equal(spans[0]?.parentSpanContext?.spanId, PARENT);
});

test('traces of other batches of the request are linked', async () => {
  await using world = await open(new AlwaysOnSampler());
  await world.broker.createTopic('orders', 2);
  const client = await world.broker.connect();
  const other = TRACE.replace('0af', 'fff');
  const partitionData = [
    { index: 0, records: tracedBatch(`00-${TRACE}-${PARENT}-01`) },
    { index: 1, records: tracedBatch(`00-${other}-${PARENT}-01`) },
  ];
  await client.call(Produce, 9, { acks: 1, timeoutMs: 1000, topicData: [{ name: 'orders', partitionData }] });
  const [span] = world.spans();
  assert.deepEqual(
    span?.links.map(({ context }) => context.traceId),
    [other],
  );
});

test('a request whose client is gone before its answer ends its span, too', async () => {
  await using world = await open(new AlwaysOnSampler());
  await world.broker.createTopic('orders');
  const client = await world.broker.connect();
  const answer = client.call(Fetch, 12, fetchRequest('orders', [{ partition: 0 }], { maxWaitMs: 60_000 }));
  answer.catch(() => undefined);
  while (world.broker.counters.bytesIn === 0) await new Promise((resolve) => setImmediate(resolve));
  client.close();
  while (world.spans().length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(world.spans()[0]?.name, 'Fetch orders');
});

test('what is sampled is decided as the samplers of the SDK decide', () => {
  const share = (choice: SamplerChoice, parent?: SpanContext): number => {
    const sampling = new HeadSampling(choice, seededRandom(1), (traceId) => traceId === TRACE);
    let wanted = 0;
    for (let i = 0; i < 20_000; i++) if (sampling.wants(parent)) wanted += 1;
    return wanted / 20_000;
  };
  const parent = (traceId: string, traceFlags: number): SpanContext => ({ traceId, spanId: PARENT, traceFlags });
  const tenth = { root: 'ratio', ratio: 0.1, isParentBased: true } as const;
  const sampled = share(tenth);
  assert.ok(sampled > 0.09 && sampled < 0.11, `${sampled}`);
  assert.equal(share({ ...tenth, ratio: 1 }), 1);
  assert.equal(share({ ...tenth, ratio: 0 }), 0);
  assert.equal(share({ root: 'off', ratio: 1, isParentBased: false }), 0);
  assert.equal(share({ root: 'on', ratio: 1, isParentBased: true }), 1);
  assert.equal(share(tenth, parent(TRACE, 1)), 1);
  assert.equal(share({ ...tenth, ratio: 1 }, parent(TRACE, 0)), 0);
  const byId = { ...tenth, ratio: 0.5, isParentBased: false };
  assert.equal(share(byId, parent(TRACE, 0)), 1);
  assert.equal(share(byId, parent(TRACE.replace('0af', 'fff'), 1)), 0);
});

test('what is no trace context, or cannot be read, is none', () => {
  assert.equal(firstTraceParent(Buffer.alloc(10)), null);
  assert.equal(firstTraceParent(batchOf(['a'])), null);
  assert.equal(firstTraceParent(tracedBatch('what?')), null);
  const cut = tracedBatch(`00-${TRACE}-${PARENT}-01`);
  assert.equal(firstTraceParent(cut.subarray(0, cut.length - 5)), null);
});
