/** Counters and histograms of the engine, read by whoever exports them. */

/** Upper bounds of the buckets in ms: 0.01, doubling, up to about 5 s; one more for the rest. */
export const BUCKET_BOUNDS_MS: readonly number[] = Array.from({ length: 20 }, (_, i) => 0.01 * 2 ** i);

/** A histogram of durations. */
export class DurationHistogram {
  /** Observations in each bucket of BUCKET_BOUNDS_MS (not cumulative), then those beyond the last. */
  readonly counts = new Float64Array(BUCKET_BOUNDS_MS.length + 1);
  count = 0;
  sumMs = 0;
  maxMs = 0;

  record(durationMs: number): void {
    this.count += 1;
    this.sumMs += durationMs;
    if (durationMs > this.maxMs) this.maxMs = durationMs;
    const scaled = durationMs * 100;
    const bucket = scaled <= 1 ? 0 : Math.min(Math.ceil(Math.log2(scaled)), BUCKET_BOUNDS_MS.length);
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
  }
}

/** What happened since the engine was opened. */
export class EngineStats {
  /** Entries in the journal, of all kinds. */
  entriesWritten = 0;
  bytesWritten = 0;
  /** Writes, each with all that was appended in one turn. */
  commits = 0;
  /** Writes that ran on a thread. */
  asyncCommits = 0;
  syncs = 0;
  filesSealed = 0;
  filesDeleted = 0;
  /** Batches read from the tail cache and from files. */
  cacheHits = 0;
  cacheMisses = 0;
  fileReads = 0;
  fileReadBytes = 0;
  /** From the first append of a commit to the acknowledgement of its last, per commit. */
  readonly appendMs = new DurationHistogram();
  /** Putting a commit together, per commit. */
  readonly serializationMs = new DurationHistogram();
  readonly writeMs = new DurationHistogram();
  readonly flushMs = new DurationHistogram();
}

/** A moment's figures, for metrics. */
export interface StatsSnapshot {
  readonly counters: EngineStats;
  readonly streams: number;
  readonly journalFiles: number;
  readonly journalBytes: number;
  /** Payload bytes that streams still refer to. */
  readonly liveBytes: number;
  /** Journal bytes held although no stream refers to them: dead batches, headers, control entries. */
  readonly deadBytes: number;
  readonly pendingBytes: number;
  readonly memoryBytes: {
    readonly cache: number;
    readonly staging: number;
    readonly directory: number;
    readonly indexes: number;
    readonly readBuffers: number;
  };
}
