/** Metrics and health of a broker, where they are asked for. */
import { apiName } from '../../protocol/apis.ts';
import { errorName } from '../../protocol/errors.ts';
import type { BrokerServices } from '../handlers/types.ts';
import type { ServerCounters } from '../metrics/counters.ts';
import type { Engine } from '../storage/open-engine.ts';

/** Null with `walka.metrics.port=-1`. */
export async function openMetrics(
  { config, logger, transactions, clock }: BrokerServices,
  counters: ServerCounters,
  engine: Engine,
): Promise<{ readonly port: number; close(): Promise<void> } | null> {
  const port = config.int('walka.metrics.port');
  if (port < 0) return null;
  const [{ HttpServer }, { engineFigures }, { serverFigures }, { transactionFigures }] = await Promise.all([
    import('../http/server.ts'),
    import('../http/engine-figures.ts'),
    import('../metrics/figures.ts'),
    import('../coordinator/transaction/figures.ts'),
  ]);
  return HttpServer.open({
    host: config.string('walka.metrics.host'),
    port,
    figures: [
      ...serverFigures(counters, apiName, errorName),
      ...engineFigures(() => engine.stats()),
      ...transactionFigures(transactions, () => clock.now()),
    ],
    illness: () => engine.refusal?.message ?? null,
    logger,
  });
}
