/** A log's statistics as figures for whoever collects metrics. */
import { counter, type Figure, type FigureValue, gauge } from '../metrics/figures.ts';
import type { Latency } from '../metrics/latency-histogram.ts';
import type { WalStats } from '../storage/wal-stats.ts';

const LATENCY = 'wal_stats_write_latency_seconds';

/** The lines of one phase: quantiles, sum and count. */
function latencyValues(phase: string, { count, averageMs, p50Ms, p99Ms, p999Ms }: Latency): FigureValue[] {
  return [
    ...(
      [
        [0.5, p50Ms],
        [0.99, p99Ms],
        [0.999, p999Ms],
      ] as const
    ).map(([quantile, ms]) => ({ labels: { phase, quantile }, value: ms / 1000 })),
    { metricName: `${LATENCY}_sum`, labels: { phase }, value: (averageMs * count) / 1000 },
    { metricName: `${LATENCY}_count`, labels: { phase }, value: count },
  ];
}

/** `wal_stats_*`; `stats` gives the moment's. */
export function walFigures(stats: () => WalStats): Figure[] {
  return [
    counter('wal_stats_entries_written_total', 'Entries written to the journal.', () => stats().entriesWritten),
    counter('wal_stats_bytes_written_total', 'Bytes written to the journal.', () => stats().bytesWritten),
    counter('wal_stats_commits_total', 'Writes, each with all that waited.', () => stats().commits),
    {
      name: LATENCY,
      help: 'From an append to its acknowledgement (phase append), and what that time consists of.',
      type: 'summary',
      collect: () => {
        const { serialization, compression, write, flush, ...append } = stats().writeLatency;
        return Object.entries({ append, serialization, compression, write, flush }).flatMap(([phase, latency]) =>
          latencyValues(phase, latency),
        );
      },
    },
    gauge('wal_stats_entries_per_second', 'Entries a second, lately.', () => stats().throughput.entriesPerSecond),
    gauge('wal_stats_bytes_per_second', 'Bytes a second, lately.', () => stats().throughput.bytesPerSecond),
    {
      name: 'wal_stats_memory_bytes',
      help: 'Memory by part.',
      type: 'gauge',
      collect: () => Object.entries(stats().memoryUsage).map(([part, value]) => ({ labels: { part }, value })),
    },
  ];
}
