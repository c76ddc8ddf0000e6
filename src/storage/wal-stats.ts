/** The engine's statistics as its users see them: counts, latencies, rates and memory, since it was opened. */
import type { Latency } from '../metrics/latency-histogram.ts';
import type { EngineStats, StatsSnapshot } from './stats.ts';

export interface WalStats extends Omit<StatsSnapshot, 'counters' | 'memoryBytes'> {
  /** Entries in the journal, of all kinds, as they were appended; exact. */
  readonly entriesWritten: number;
  /** Bytes of the journal, headers included; exact. */
  readonly bytesWritten: number;
  /** Writes, each with all that was appended in one turn of the event loop; exact. */
  readonly commits: number;
  /** From an append to its acknowledgement, of a sample of appends, and what that time consists of. */
  readonly writeLatency: Latency & {
    /** Putting a commit together. */
    readonly serialization: Latency;
    /** Compressing a block at rest: in the background, no append waits for it. */
    readonly compression: Latency;
    /** Handing a commit to the operating system. */
    readonly write: Latency;
    /** Putting what was written on the device; with durability `os` no append waits for it. */
    readonly flush: Latency;
  };
  /** Over the time since the statistics were asked for before, at least five seconds if there are as many. */
  readonly throughput: { readonly entriesPerSecond: number; readonly bytesPerSecond: number };
  /** Bytes by part, and their sum. */
  readonly memoryUsage: StatsSnapshot['memoryBytes'] & { readonly total: number };
}

interface Amounts {
  readonly ms: number;
  readonly entries: number;
  readonly bytes: number;
}

/** Rates since an earlier moment, which is moved on whenever it is asked for. */
export class Throughput {
  #from: Amounts;
  #next: Amounts;

  /** @param nowMs on a clock that never goes back, as in `since` */
  constructor(nowMs: number) {
    this.#from = { ms: nowMs, entries: 0, bytes: 0 };
    this.#next = this.#from;
  }

  since(nowMs: number, { entriesWritten, bytesWritten }: EngineStats): WalStats['throughput'] {
    if (nowMs - this.#next.ms >= WINDOW_MS) {
      this.#from = this.#next;
      this.#next = { ms: nowMs, entries: entriesWritten, bytes: bytesWritten };
    }
    const seconds = (nowMs - this.#from.ms) / 1000;
    if (seconds <= 0) return { entriesPerSecond: 0, bytesPerSecond: 0 };
    return {
      entriesPerSecond: (entriesWritten - this.#from.entries) / seconds,
      bytesPerSecond: (bytesWritten - this.#from.bytes) / seconds,
    };
  }
}

const WINDOW_MS = 5000;

/** What a snapshot says. */
export function walStats(snapshot: StatsSnapshot, throughput: WalStats['throughput']): WalStats {
  const { counters, memoryBytes, ...amounts } = snapshot;
  let total = 0;
  for (const bytes of Object.values(memoryBytes)) total += bytes;
  return {
    ...amounts,
    entriesWritten: counters.entriesWritten,
    bytesWritten: counters.bytesWritten,
    commits: counters.commits,
    writeLatency: {
      ...counters.appendMs.summary(),
      serialization: counters.serializationMs.summary(),
      compression: counters.compressionMs.summary(),
      write: counters.writeMs.summary(),
      flush: counters.flushMs.summary(),
    },
    throughput,
    memoryUsage: { ...memoryBytes, total },
  };
}
