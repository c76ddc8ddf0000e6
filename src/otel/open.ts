/**
 * Metrics and traces by OTLP over HTTP, as walka.otel.export and the OTEL_* variables say. A program around the broker
 * that has set up an SDK of its own gets them there.
 */
import type * as OpenTelemetry from '@opentelemetry/api';
import type * as MetricsExporter from '@opentelemetry/exporter-metrics-otlp-http';
import type * as TraceExporter from '@opentelemetry/exporter-trace-otlp-http';
import type * as Resources from '@opentelemetry/resources';
import type * as MetricsSdk from '@opentelemetry/sdk-metrics';
import type * as TraceSdk from '@opentelemetry/sdk-trace';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Figure } from '../metrics/figures.ts';
import type { RequestTracing } from '../server/tracing.ts';
import { type OtelEnvironment, readOtelEnvironment } from './environment.ts';
import { figureProducer } from './figure-producer.ts';
import { HeadSampling } from './head-sampling.ts';
import { load, registered, type Signal } from './packages.ts';
import { requestTracing } from './request-tracing.ts';

/** Who exports. */
export interface OtelOptions {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of failed exports: one that is limited by rate. */
  readonly logger: Logger;
}

export interface OtelExport {
  /** Sends what there is, for a few seconds at most. */
  close(): Promise<void>;
}

/** How long the end of a broker waits for a receiver, in ms. */
const CLOSE_MS = 2000;
const NOTHING: OtelExport = { close: () => Promise.resolve() };

/** @throws ConfigError for packages that are missing and variables that are wrong */
export async function openMetricsExport(
  options: OtelOptions,
  figures: () => Promise<readonly Figure[]>,
): Promise<OtelExport> {
  const settings = readOtelEnvironment(process.env);
  if (settings.isDisabled) return NOTHING;
  const sdk = await load<typeof MetricsSdk>('@opentelemetry/sdk-metrics', 'metrics');
  const { OTLPMetricExporter } = await load<typeof MetricsExporter>(
    '@opentelemetry/exporter-metrics-otlp-http',
    'metrics',
  );
  const resource = await resourceOf(options, 'metrics');
  const { exportIntervalMs, exportTimeoutMs } = settings;
  const reader = new sdk.PeriodicExportingMetricReader({
    exporter: watched(new OTLPMetricExporter(), 'metrics', options.logger),
    metricProducers: [figureProducer(figures, options.clock, resource)],
    ...(exportIntervalMs !== null && { exportIntervalMillis: exportIntervalMs }),
    ...(exportTimeoutMs !== null && { exportTimeoutMillis: exportTimeoutMs }),
  });
  const provider = new sdk.MeterProvider({ resource, readers: [reader] });
  return { close: () => within(options.clock, provider.shutdown()) };
}

export interface OtelTracing extends OtelExport {
  /** Null with OTEL_SDK_DISABLED. */
  readonly tracing: RequestTracing | null;
}

/** @throws ConfigError for packages that are missing and variables that are wrong */
export async function openTracing(options: OtelOptions): Promise<OtelTracing> {
  const settings = readOtelEnvironment(process.env);
  const api = await load<typeof OpenTelemetry>('@opentelemetry/api', 'traces');
  if (registered('trace')) return { ...NOTHING, tracing: requestTracing(api, api.trace.getTracer('walka')) };
  if (settings.isDisabled) return { ...NOTHING, tracing: null };
  const sdk = await load<typeof TraceSdk>('@opentelemetry/sdk-trace', 'traces');
  const { OTLPTraceExporter } = await load<typeof TraceExporter>('@opentelemetry/exporter-trace-otlp-http', 'traces');
  const byRatio = new sdk.TraceIdRatioBasedSampler(settings.sampler.ratio);
  const byTraceId = (traceId: string): boolean =>
    byRatio.shouldSample(api.ROOT_CONTEXT, traceId).decision === sdk.SamplingDecision.RECORD_AND_SAMPLED;
  const exporter = watched(new OTLPTraceExporter(), 'traces', options.logger);
  const provider = new sdk.TracerProvider({
    resource: await resourceOf(options, 'traces'),
    // What is to be traced is decided by now.
    sampler: new sdk.AlwaysOnSampler(),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, ...batching(settings) })],
  });
  return {
    tracing: requestTracing(
      api,
      provider.getTracer('walka', options.version),
      new HeadSampling(settings.sampler, options.random, byTraceId),
    ),
    close: () => within(options.clock, provider.shutdown()),
  };
}

function batching({ scheduleDelayMs, maxQueueSize, maxBatchSize }: OtelEnvironment) {
  return {
    ...(scheduleDelayMs !== null && { scheduledDelayMillis: scheduleDelayMs }),
    ...(maxQueueSize !== null && { maxQueueSize }),
    ...(maxBatchSize !== null && { maxExportBatchSize: maxBatchSize }),
  };
}

/** The service, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES say otherwise. */
async function resourceOf({ clusterId, nodeId, version }: OtelOptions, signal: Signal): Promise<Resources.Resource> {
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } = await load<typeof Resources>(
    '@opentelemetry/resources',
    signal,
  );
  const own = resourceFromAttributes({
    'service.name': 'walka',
    'service.version': version,
    'service.instance.id': `${clusterId}:${nodeId}`,
  });
  return defaultResource()
    .merge(own)
    .merge(detectResources({ detectors: [envDetector] }));
}

interface Exporter<T> {
  export(items: T, done: (result: { readonly code: number; readonly error?: Error }) => void): void;
}

/** The exporter, which tells the log of failures: the SDK itself tells nobody. */
function watched<T, E extends Exporter<T>>(exporter: E, signal: Signal, logger: Logger): E {
  const send = exporter.export.bind(exporter);
  exporter.export = (items, done) =>
    send(items, (result) => {
      if (result.code !== 0) {
        const text = result.error?.message ?? 'no reason given';
        logger.warn('otel-export-failed', `OpenTelemetry ${signal} could not be sent: ${text}`);
      }
      done(result);
    });
  return exporter;
}

/** What cannot be sent in time is lost. */
async function within(clock: Clock, closing: Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = clock.setTimer(CLOSE_MS, resolve);
    const done = (): void => {
      timer.cancel();
      resolve();
    };
    closing.then(done, done);
  });
}
