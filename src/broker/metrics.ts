/** Metrics and health of a broker, where they are asked for. */
import { apiName } from '../../protocol/apis.ts';
import { errorName } from '../../protocol/errors.ts';
import type { BrokerServices } from '../handlers/types.ts';
import type { ServerCounters } from '../metrics/counters.ts';
import { globalMeter, isObserved, observeFigures } from '../metrics/open-telemetry.ts';
import type { Engine } from '../storage/open-engine.ts';

/** What a broker that exports its metrics has open. */
export interface OpenMetrics {
  /** Null with `walka.metrics.port=-1`. */
  readonly port: number | null;
  close(): Promise<void>;
}

/** Null when nobody wants metrics: no port is set, and the program has no OpenTelemetry SDK. */
export async function openMetrics(
  { config, logger, transactions, partitions, clock }: BrokerServices,
  counters: ServerCounters,
  engine: Engine,
): Promise<OpenMetrics | null> {
  const port = config.int('walka.metrics.port');
  if (port < 0 && !isObserved()) return null;
  const [
    { HttpServer },
    { engineFigures },
    { serverFigures },
    { transactionFigures },
    { walFigures },
    { compactionFigures },
  ] = await Promise.all([
    import('../http/server.ts'),
    import('../http/engine-figures.ts'),
    import('../metrics/figures.ts'),
    import('../coordinator/transaction/figures.ts'),
    import('../wal/figures.ts'),
    import('../partition/compaction-figures.ts'),
  ]);
  const figures = [
    ...serverFigures(counters, apiName, errorName),
    ...engineFigures(() => engine.stats()),
    ...walFigures(() => engine.walStats()),
    ...compactionFigures(partitions.compactionFigures, () => clock.now()),
    ...transactionFigures(transactions, () => clock.now()),
  ];
  const meter = isObserved() ? await globalMeter() : null;
  const endObserving = meter === null ? null : observeFigures(meter, figures);
  const illness = (): string | null => engine.refusal?.message ?? null;
  const host = config.string('walka.metrics.host');
  const server = port < 0 ? null : await HttpServer.open({ host, port, figures, illness, logger });
  return {
    port: server?.port ?? null,
    async close() {
      endObserving?.();
      await server?.close();
    },
  };
}
