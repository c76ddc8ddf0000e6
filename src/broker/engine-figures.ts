/** The engine's statistics as figures. */
import { counter, type Figure, gauge, histogramValues } from '../metrics/figures.ts';
import { LATENCY_BOUNDS_MS, type LatencyHistogram } from '../metrics/latency-histogram.ts';
import type { StatsSnapshot } from '../storage/stats.ts';

function durations(name: string, help: string, histogram: () => LatencyHistogram): Figure {
  return {
    name,
    help,
    type: 'histogram',
    collect: () => {
      const recorded = histogram();
      return histogramValues(name, {
        boundsMs: LATENCY_BOUNDS_MS,
        counts: recorded.octaves(),
        sumMs: recorded.sumMs,
      });
    },
  };
}

/** Figures of the engine; `snapshot` gives the moment's. */
export function engineFigures(snapshot: () => StatsSnapshot): Figure[] {
  const counters = (): StatsSnapshot['counters'] => snapshot().counters;
  return [
    counter('walka_journal_entries_total', 'Entries written to the journal.', () => counters().entriesWritten),
    counter('walka_journal_written_bytes_total', 'Bytes written to the journal.', () => counters().bytesWritten),
    counter('walka_journal_writes_total', 'Writes, each with all that waited.', () => counters().commits),
    counter('walka_journal_threaded_writes_total', 'Writes made on a thread.', () => counters().asyncCommits),
    counter('walka_journal_syncs_total', 'Syncs to the device.', () => counters().syncs),
    counter('walka_journal_files_sealed_total', 'Journal files sealed.', () => counters().filesSealed),
    counter('walka_journal_files_deleted_total', 'Journal files deleted.', () => counters().filesDeleted),
    {
      name: 'walka_merges_total',
      help: 'Merges of journal files and segments, by what they were for.',
      type: 'counter',
      collect: () => Object.entries(counters().merges).map(([reason, value]) => ({ labels: { reason }, value })),
    },
    counter('walka_merges_failed_total', 'Merges that failed or were given up.', () => counters().mergesFailed),
    counter('walka_merge_read_bytes_total', 'Bytes read by merges.', () => counters().mergeReadBytes),
    counter('walka_merge_written_bytes_total', 'Bytes written by merges.', () => counters().mergeWrittenBytes),
    counter('walka_segments_deleted_total', 'Segment files deleted.', () => counters().segmentsDeleted),
    counter('walka_cache_hits_total', 'Batches read from the tail cache.', () => counters().cacheHits),
    counter('walka_cache_misses_total', 'Batches read from files.', () => counters().cacheMisses),
    counter('walka_file_reads_total', 'Reads of journal files.', () => counters().fileReads),
    counter('walka_file_read_bytes_total', 'Bytes read from journal files.', () => counters().fileReadBytes),
    durations(
      'walka_journal_append_seconds',
      'From an append to its acknowledgement, of a sample of appends.',
      () => counters().appendMs,
    ),
    durations('walka_journal_serialization_seconds', 'Putting a commit together.', () => counters().serializationMs),
    durations('walka_journal_write_seconds', 'Writing a commit.', () => counters().writeMs),
    durations('walka_journal_sync_seconds', 'Syncing to the device.', () => counters().flushMs),
    gauge('walka_streams', 'Streams (partitions) that the engine knows.', () => snapshot().streams),
    gauge('walka_journal_files', 'Journal files.', () => snapshot().journalFiles),
    gauge('walka_journal_bytes', 'Bytes of journal files.', () => snapshot().journalBytes),
    gauge('walka_segments', 'Segment files.', () => snapshot().segmentFiles),
    gauge('walka_segment_bytes', 'Bytes of segment files.', () => snapshot().segmentBytes),
    gauge('walka_live_bytes', 'Record bytes that partitions still refer to.', () => snapshot().liveBytes),
    gauge(
      'walka_dead_bytes',
      'Bytes of journal files and segments that nothing refers to.',
      () => snapshot().deadBytes,
    ),
    gauge('walka_pending_bytes', 'Bytes appended and not committed yet.', () => snapshot().pendingBytes),
    {
      name: 'walka_engine_memory_bytes',
      help: 'Memory of the engine by part.',
      type: 'gauge',
      collect: () => Object.entries(snapshot().memoryBytes).map(([part, value]) => ({ labels: { part }, value })),
    },
  ];
}
