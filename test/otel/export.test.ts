/** Metrics and traces by OTLP, as a receiver gets them; and what is said when they cannot be sent. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ZERO_UUID } from '../../protocol/reader.ts';
import { readOtelEnvironment } from '../../src/otel/environment.ts';
import { load } from '../../src/otel/packages.ts';
import { startBroker } from '../../src/index.ts';
import { produce } from '../support/data-apis.ts';
import { metricsData } from '../support/otlp.ts';
import { WireClient } from '../support/wire-client.ts';
import { IncrementalAlterConfigs } from '../support/config-apis.ts';
import { GetTelemetrySubscriptions, PushTelemetry } from '../support/telemetry-apis.ts';

interface Received {
  readonly url: string;
  readonly body: {
    readonly resourceMetrics?: readonly OtlpMetrics[];
    readonly resourceSpans?: readonly {
      readonly scopeSpans: readonly { readonly spans: readonly { name: string }[] }[];
    }[];
  };
}

interface OtlpMetrics {
  readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
  readonly scopeMetrics: readonly { readonly metrics: readonly OtlpMetric[] }[];
}

interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly isMonotonic: boolean; readonly dataPoints: readonly { readonly asDouble: number }[] };
  readonly gauge?: object;
  readonly histogram?: {
    readonly dataPoints: readonly {
      readonly count: number;
      readonly bucketCounts: readonly number[];
      readonly explicitBounds: readonly number[];
    }[];
  };
}

/** A client pushes a counter, which a subscription asks for. */
async function pushMetric(client: WireClient, name: string, value: number): Promise<void> {
  const configs = [{ name: 'metrics', value: name, configOperation: 0 }];
  const resources = [{ resourceType: 16, resourceName: 'all', configs }];
  await client.call(IncrementalAlterConfigs, 1, { resources, validateOnly: false });
  const { clientInstanceId, subscriptionId } = await client.call(GetTelemetrySubscriptions, 0, {
    clientInstanceId: ZERO_UUID,
  });
  const buckets = { bounds: [1, 10], counts: [value, 0, 1], sum: 30 };
  const metrics = metricsData([
    { name, sum: { isDelta: true, isMonotonic: true }, points: [{ value }] },
    { name: `${name}.time`, histogram: { isDelta: true }, points: [{ value: value + 1, buckets }] },
  ]);
  const push = { clientInstanceId, subscriptionId, terminating: false, compressionType: 0, metrics };
  assert.equal((await client.call(PushTelemetry, 0, push)).errorCode, 0);
}

test('a receiver gets metrics and traces as the variables of OpenTelemetry say', async () => {
  const received: Received[] = [];
  const receiver = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    received.push({ url: request.url ?? '', body: JSON.parse(text) });
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await once(receiver.listen(0, '127.0.0.1'), 'listening');
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  process.env['OTEL_SERVICE_NAME'] = 'orders-broker';
  const broker = await startBroker({ topics: ['orders'], config: { 'walka.otel.export': 'metrics,traces' } });
  const client = await WireClient.open(Number(broker.bootstrapServers.split(':')[1]));
  await produce(client, 'orders', 0, 'a', 'b');
  await pushMetric(client, 'org.apache.kafka.producer.record.send', 3);
  client.close();
  await broker.close();
  receiver.close();

  const spans = received.flatMap(({ body }) => body.resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans);
  assert.ok(spans.some((scope) => scope.spans.some(({ name }) => name === 'Produce orders')));
  const [metrics] = received.flatMap(({ body }) => body.resourceMetrics ?? []);
  const attributes = metrics?.resource.attributes.map(({ key, value }) => [key, value.stringValue]);
  assert.ok(attributes?.some(([key, value]) => key === 'service.name' && value === 'orders-broker'));
  const byName = new Map(
    metrics?.scopeMetrics.flatMap((scope) => scope.metrics.map((metric) => [metric.name, metric] as const)),
  );
  const records = byName.get('walka_topic_received_records_total')?.sum;
  assert.deepEqual([records?.isMonotonic, records?.dataPoints[0]?.asDouble], [true, 2]);
  const pushed = byName.get('kafka_client_producer_record_send_total')?.sum;
  assert.deepEqual([pushed?.isMonotonic, pushed?.dataPoints[0]?.asDouble], [true, 3]);
  const times = byName.get('kafka_client_producer_record_send_time')?.histogram?.dataPoints[0];
  assert.deepEqual(
    [times?.explicitBounds, times?.bucketCounts.map(Number), Number(times?.count)],
    [[1, 10], [3, 0, 1], 4],
  );
  assert.ok(byName.get('walka_connections')?.gauge !== undefined);
  assert.ok(byName.get('nodejs_eventloop_lag_seconds')?.gauge !== undefined);
  assert.equal(byName.get('walka_partition_size_bytes')?.unit, 'By');
  const latency = byName.get('walka_request_duration_seconds')?.histogram?.dataPoints[0];
  assert.equal(latency?.bucketCounts.length, (latency?.explicitBounds.length ?? 0) + 1);
  assert.equal(
    latency?.bucketCounts.reduce((sum, count) => sum + Number(count), 0),
    Number(latency?.count),
  );
});

test('a package that is missing is named, with how to install it', async () => {
  await assert.rejects(load('@opentelemetry/not-there', 'traces'), {
    name: 'ConfigError',
    message: /^walka\.otel\.export: traces needs @opentelemetry\/not-there, which is not installed; npm install @opent/,
  });
});

test('variables mean what the specification says, or are refused', () => {
  const { sampler, exportIntervalMs } = readOtelEnvironment({});
  assert.deepEqual([sampler, exportIntervalMs], [{ root: 'on', ratio: 1, isParentBased: true }, null]);
  const set = readOtelEnvironment({
    OTEL_TRACES_SAMPLER: 'traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.01',
    OTEL_METRIC_EXPORT_INTERVAL: '5000',
    OTEL_SDK_DISABLED: 'true',
  });
  assert.deepEqual(set.sampler, { root: 'ratio', ratio: 0.01, isParentBased: false });
  assert.deepEqual([set.exportIntervalMs, set.isDisabled], [5000, true]);
  const both = { OTEL_METRIC_EXPORT_INTERVAL: '5000', OTEL_METRIC_EXPORT_TIMEOUT: '30000' };
  assert.equal(readOtelEnvironment(both).exportTimeoutMs, 5000);
  assert.equal(readOtelEnvironment({ OTEL_METRIC_EXPORT_TIMEOUT: '30000' }).exportTimeoutMs, 30_000);
  const refused = (env: Record<string, string>): void =>
    assert.throws(() => readOtelEnvironment(env), { name: 'ConfigError' });
  refused({ OTEL_TRACES_SAMPLER: 'jaeger_remote' });
  refused({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' });
  refused({ OTEL_METRIC_EXPORT_INTERVAL: 'often' });
  refused({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
});
