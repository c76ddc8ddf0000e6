/** OpenTelemetry for a broker, where `walka.otel.export` asks for it: else none of its code is loaded. */
import type { BrokerServices } from '../handlers/types.ts';
import type { OtelExport, OtelTracing } from '../otel/open.ts';
import type { BrokerFigures } from './figures.ts';

const VARIABLE = 'OTEL_EXPORTER_OTLP_ENDPOINT';

/** Null unless traces are to be exported. @throws ConfigError */
export async function openOtelTracing(services: BrokerServices): Promise<OtelTracing | null> {
  const { config, logger } = services;
  const wanted = config.list('walka.otel.export');
  if (wanted.length === 0 && process.env[VARIABLE] !== undefined) {
    logger.info('otel-not-asked-for', `${VARIABLE} is set, but walka.otel.export does not say what to send`);
  }
  if (!wanted.includes('traces')) return null;
  const { openTracing } = await import('../otel/open.ts');
  return await openTracing(await optionsOf(services));
}

/** Null unless metrics are to be exported by an SDK of the broker's own. @throws ConfigError */
export async function openOtelMetrics(services: BrokerServices, exported: BrokerFigures): Promise<OtelExport | null> {
  if (!services.config.list('walka.otel.export').includes('metrics')) return null;
  const [{ openMetricsExport }, { registered }, { processFigures }] = await Promise.all([
    import('../otel/open.ts'),
    import('../otel/packages.ts'),
    import('../http/process-figures.ts'),
  ]);
  if (registered('metrics')) return null;
  const figures = async () => {
    const [ofProcess, ofBroker] = await Promise.all([processFigures(), exported.current()]);
    return [...ofProcess, ...ofBroker];
  };
  return await openMetricsExport(await optionsOf(services), figures);
}

async function optionsOf({ metadata, clock, random, logger }: BrokerServices) {
  const { version } = await import('../base/version.ts');
  return { clusterId: metadata.clusterId, nodeId: metadata.nodeId, version, clock, random, logger };
}
