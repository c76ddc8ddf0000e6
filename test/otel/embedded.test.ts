/** A broker in a program that has set up an SDK of OpenTelemetry: it goes there, and nowhere else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metrics, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { startBroker } from '../../src/index.ts';
import { produce } from '../support/data-apis.ts';
import { WireClient } from '../support/wire-client.ts';

test("metrics and spans go to the program's SDK", async () => {
  const spans = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }));
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
  metrics.setGlobalMeterProvider(meters);
  // Nobody listens there: an SDK of the broker's own would fail.
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'http://127.0.0.1:1';
  await using broker = await startBroker({ topics: ['orders'], config: { 'walka.otel.export': 'metrics,traces' } });
  const client = await WireClient.open(Number(broker.bootstrapServers.split(':')[1]));
  await produce(client, 'orders', 0, 'a', 'b');
  client.close();
  await meters.forceFlush();
  assert.deepEqual(
    spans.getFinishedSpans().map(({ name }) => name),
    ['Produce orders'],
  );
  const data = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  const received = data.find(({ descriptor }) => descriptor.name === 'walka_topic_received_records_total');
  assert.equal(received?.dataPoints[0]?.value, 2);
  assert.equal(data.filter(({ descriptor }) => descriptor.name === 'walka_connections').length, 1);
  await meters.shutdown();
});
