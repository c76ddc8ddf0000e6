/** What an open engine says of itself: a moment's figures, and the statistics as users see them. */
import type { EngineContext } from './context.ts';
import type { ReadBufferPool } from './files/read-buffers.ts';
import type { Journal } from './journal/journal.ts';
import type { StatsSnapshot } from './stats.ts';
import type { JournalUsage } from './types.ts';
import { Throughput, type WalStats, walStats } from './wal-stats.ts';

/** Published segments, all together. */
export interface SegmentTotals {
  readonly count: number;
  /** Bytes of the files, and of their batches as a fetch sends them. */
  readonly fileBytes: number;
  readonly batchBytes: number;
}

const NO_SEGMENTS: SegmentTotals = { count: 0, fileBytes: 0, batchBytes: 0 };

export class Statistics {
  readonly #context: EngineContext;
  readonly #journal: Journal;
  readonly #buffers: ReadBufferPool;
  readonly #throughput: Throughput;
  readonly #segments: SegmentTotals;

  /** @param segments changes with what is published; null where nothing is */
  constructor(context: EngineContext, journal: Journal, buffers: ReadBufferPool, segments: SegmentTotals | null) {
    this.#segments = segments ?? NO_SEGMENTS;
    this.#context = context;
    this.#journal = journal;
    this.#buffers = buffers;
    this.#throughput = new Throughput(context.clock.monotonicMs());
  }

  /** See LogEngine. */
  get usage(): JournalUsage {
    const { stats } = this.#context;
    const deadBytes = (): number => this.#deadBytes;
    return {
      writtenBytes: stats.bytesWritten,
      get deadBytes() {
        return deadBytes();
      },
    };
  }

  get #deadBytes(): number {
    const { table, directory } = this.#context;
    return Math.max(0, table.journalBytes + this.#segments.batchBytes - directory.totalLiveBytes);
  }

  snapshot(): StatsSnapshot {
    const { table, indexes, directory, cache, staging, stats } = this.#context;
    const { journalBytes } = table;
    const { active, pendingBytes } = this.#journal;
    return {
      counters: stats,
      streams: directory.size,
      journalFiles: table.list.length,
      journalBytes,
      segmentFiles: this.#segments.count,
      segmentBytes: this.#segments.fileBytes,
      liveBytes: directory.totalLiveBytes,
      deadBytes: this.#deadBytes,
      pendingBytes,
      memoryBytes: {
        cache: cache.byteLength,
        staging: staging.usedBytes + staging.freeBytes,
        directory: directory.memoryBytes,
        indexes:
          indexes.byteLength +
          table.indexes.filterBytes +
          ((active.index as { memoryBytes?: number } | null)?.memoryBytes ?? 0),
        readBuffers: this.#buffers.usedBytes + this.#buffers.freeBytes,
      },
    };
  }

  walStats(): WalStats {
    const { clock, stats } = this.#context;
    return walStats(this.snapshot(), this.#throughput.since(clock.monotonicMs(), stats));
  }
}
