/** Metrics and health of a broker, where they are asked for. */
import type { BrokerServices } from '../handlers/types.ts';
import type { HttpModule } from '../http/router.ts';
import type { ServerCounters } from '../metrics/counters.ts';
import { globalMeter, isObserved, observeFigures } from '../metrics/open-telemetry.ts';
import { hasReaders } from '../telemetry/readers.ts';
import type { Engine } from '../storage/open-engine.ts';
import type { BrokerFigures } from './figures.ts';
import { openOtelMetrics } from './otel.ts';

/** What a broker that exports its metrics has open. */
export interface OpenMetrics {
  /** Null with `walka.metrics.port=-1`. */
  readonly port: number | null;
  close(): Promise<void>;
}

/** Null when nobody wants metrics: no port is set, none are to be exported, and the program has no OpenTelemetry SDK. */
export async function openMetrics(
  services: BrokerServices,
  counters: ServerCounters,
  engine: Engine,
): Promise<OpenMetrics | null> {
  const { config, logger } = services;
  const port = config.int('walka.metrics.port');
  const isExported = config.list('walka.otel.export').includes('metrics');
  if (!hasReaders(config) && !isObserved()) return null;
  const { brokerFigures } = await import('./figures.ts');
  const exported = brokerFigures(services, counters, engine);
  const meter = isObserved() ? await globalMeter() : null;
  const endObserving = meter === null ? null : observeFigures(meter, exported.figures);
  const otel = isExported ? await openOtelMetrics(services, exported) : null;
  const host = config.string('walka.metrics.host');
  const server =
    port < 0 ? null : await openHttp({ host, port, logger }, await httpModules(services, engine, exported));
  return {
    port: server?.port ?? null,
    async close() {
      endObserving?.();
      await server?.close();
      await otel?.close();
    },
  };
}

/** What is served over HTTP. */
async function httpModules(
  services: BrokerServices,
  engine: Engine,
  { current }: BrokerFigures,
): Promise<readonly HttpModule[]> {
  const [{ metricsModule }, { processFigures }, { healthModule }, { brokerHealth }] = await Promise.all([
    import('../http/metrics.ts'),
    import('../http/process-figures.ts'),
    import('../http/health.ts'),
    import('./health.ts'),
  ]);
  return [
    metricsModule(async () => {
      const [ofProcess, ofBroker] = await Promise.all([processFigures(), current()]);
      return [...ofProcess, ...ofBroker];
    }, services.clock),
    healthModule(brokerHealth(services, engine)),
  ];
}

async function openHttp(
  options: { readonly host: string; readonly port: number; readonly logger: BrokerServices['logger'] },
  modules: readonly HttpModule[],
) {
  const { HttpServer } = await import('../http/server.ts');
  return await HttpServer.open({ ...options, modules });
}
