/** Everything that a broker exports as metrics, in the order in which /metrics shows it. */
import { microtask } from '../base/real-time.ts';
import { apiName } from '../../protocol/apis.ts';
import { errorName } from '../../protocol/errors.ts';
import { groupFigures } from '../coordinator/group/figures.ts';
import { transactionFigures } from '../coordinator/transaction/figures.ts';
import type { BrokerServices } from '../handlers/types.ts';
import type { ServerCounters } from '../metrics/counters.ts';
import { type Figure, serverFigures } from '../metrics/figures.ts';
import { SeriesBound } from '../metrics/series.ts';
import { compactionFigures } from '../partition/compaction-figures.ts';
import { partitionFigures } from '../partition/figures.ts';
import { quotaFigures } from '../security/quotas/figures.ts';
import { shareFigures } from '../share/figures.ts';
import type { Engine } from '../storage/open-engine.ts';
import { telemetryFigures } from '../telemetry/figures.ts';
import { walFigures } from '../wal/figures.ts';
import { engineFigures } from './engine-figures.ts';
import { brokerHealth } from './health.ts';
import { type DiskSpace, stateFigures } from './state-figures.ts';

export interface BrokerFigures {
  /** Those that are always there. */
  readonly figures: readonly Figure[];
  /** These and those of what clients push, to be collected now. */
  current(): Promise<readonly Figure[]>;
}

export function brokerFigures(services: BrokerServices, counters: ServerCounters, engine: Engine): BrokerFigures {
  const { metadata, transactions, partitions, groups, sharePartitions, clientTelemetry, config, clock } = services;
  const bound = new SeriesBound(() => config.int('walka.metrics.max.series'));
  const byPartition = { metadata, engine, partitions, bound };
  let space: DiskSpace = { totalBytes: -1, usableBytes: -1 };
  const stats = onceATurn(() => engine.stats());
  const walStats = onceATurn(() => engine.walStats());
  const figures = [
    ...stateFigures(services, brokerHealth(services, engine), () => space),
    ...serverFigures(counters, apiName, errorName),
    ...engineFigures(stats),
    ...walFigures(walStats),
    ...compactionFigures(partitions.compactionFigures, () => clock.now()),
    ...transactionFigures(transactions, () => clock.now()),
    ...partitionFigures(byPartition),
    ...groupFigures(groups, byPartition),
    ...shareFigures(sharePartitions, byPartition),
    services.denials.figure,
    ...quotaFigures(services.quotas, bound),
    ...telemetryFigures(() => clientTelemetry.made),
    bound.leftOut,
  ];
  return {
    figures,
    async current() {
      space = await services.diskSpace();
      return [...figures, ...(clientTelemetry.made?.figures() ?? [])];
    },
  };
}

/** Computed anew in each turn of the event loop in which somebody asks. */
function onceATurn<T>(compute: () => T): () => T {
  let known: { readonly value: T } | null = null;
  return () => {
    if (known !== null) return known.value;
    known = { value: compute() };
    microtask(() => (known = null));
    return known.value;
  };
}
