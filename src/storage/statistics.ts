/** What an open engine says of itself: a moment's figures, and the statistics as users see them. */
import type { EngineContext } from './context.ts';
import type { ReadBufferPool } from './files/read-buffers.ts';
import type { Journal } from './journal/journal.ts';
import type { StatsSnapshot } from './stats.ts';
import { Throughput, type WalStats, walStats } from './wal-stats.ts';

export class Statistics {
  readonly #context: EngineContext;
  readonly #journal: Journal;
  readonly #buffers: ReadBufferPool;
  readonly #throughput: Throughput;

  constructor(context: EngineContext, journal: Journal, buffers: ReadBufferPool) {
    this.#context = context;
    this.#journal = journal;
    this.#buffers = buffers;
    this.#throughput = new Throughput(context.clock.monotonicMs());
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
      liveBytes: directory.totalLiveBytes,
      deadBytes: Math.max(0, journalBytes - directory.totalLiveBytes),
      pendingBytes,
      memoryBytes: {
        cache: cache.byteLength,
        staging: staging.usedBytes + staging.freeBytes,
        directory: directory.memoryBytes,
        indexes: indexes.byteLength + ((active.index as { memoryBytes?: number } | null)?.memoryBytes ?? 0),
        readBuffers: this.#buffers.usedBytes + this.#buffers.freeBytes,
      },
    };
  }

  walStats(): WalStats {
    const { clock, stats } = this.#context;
    return walStats(this.snapshot(), this.#throughput.since(clock.monotonicMs(), stats));
  }
}
