/** What is exported about compaction. */
import { counter, type Figure, gauge } from '../metrics/figures.ts';
import type { CompactionFigures } from './compaction.ts';

export function compactionFigures(figures: CompactionFigures, nowMs: () => number): Figure[] {
  return [
    counter('walka_compaction_passes_total', 'Passes of compaction over a partition.', () => figures.passes),
    counter(
      'walka_compaction_read_bytes_total',
      'Bytes of batches that passes of compaction went over.',
      () => figures.bytesBefore,
    ),
    counter(
      'walka_compaction_kept_bytes_total',
      'Bytes of batches that passes of compaction kept.',
      () => figures.bytesAfter,
    ),
    counter(
      'walka_compaction_removed_records_total',
      'Records that compaction removed.',
      () => figures.recordsBefore - figures.recordsAfter,
    ),
    counter(
      'walka_compaction_keyless_records_total',
      'Records that compaction removed as they had no key.',
      () => figures.keylessRecords,
    ),
    gauge('walka_compaction_last_pass_seconds', 'Duration of the last pass over a partition.', () => {
      return figures.lastPassMs / 1000;
    }),
    gauge(
      'walka_compaction_map_utilization_ratio',
      'Share of the memory for keys that the last pass used.',
      () => figures.mapUtilization,
    ),
    gauge(
      'walka_compaction_max_dirty_ratio',
      'Largest share of a partition that waits for compaction, as seen last.',
      () => figures.maxDirtyRatio,
    ),
    gauge('walka_compaction_max_delay_seconds', 'Longest time that max.compaction.lag.ms is exceeded by.', () => {
      return figures.maxDelayMs / 1000;
    }),
    gauge('walka_compaction_idle_seconds', 'Time since it was looked last which partitions are to be compacted.', () =>
      figures.lastLookMs === 0 ? 0 : Math.max(0, nowMs() - figures.lastLookMs) / 1000,
    ),
    gauge(
      'walka_uncleanable_partitions',
      'Partitions that cannot be compacted; the log says why.',
      () => figures.uncleanablePartitions,
    ),
    gauge('walka_uncleanable_bytes', 'Bytes of partitions that cannot be compacted.', () => figures.uncleanableBytes),
  ];
}
