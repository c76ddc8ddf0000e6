/** Counters and histograms of the engine, read by whoever exports them. */
import { LatencyHistogram } from '../metrics/latency-histogram.ts';

/** What happened since the engine was opened. */
export class EngineStats {
  /** Entries in the journal, of all kinds; one that holds several appends counts as many. */
  entriesWritten = 0;
  bytesWritten = 0;
  /** Writes, each with all that was appended in one turn. */
  commits = 0;
  /** Writes that ran on a thread. */
  asyncCommits = 0;
  syncs = 0;
  filesSealed = 0;
  filesDeleted = 0;
  /** Merges that were published, by what they were for; and segments that went because nothing in them was live. */
  readonly merges = { space: 0, compaction: 0, conversion: 0, tiers: 0 };
  segmentsDropped = 0;
  /** Files of segments deleted. */
  segmentsDeleted = 0;
  /** Bytes that merges read and wrote. */
  mergeReadBytes = 0;
  mergeWrittenBytes = 0;
  /** Merges that failed or were given up. */
  mergesFailed = 0;
  /** Batches read from the tail cache and from files. */
  cacheHits = 0;
  cacheMisses = 0;
  fileReads = 0;
  fileReadBytes = 0;
  /** From an append to its acknowledgement, of a sample of appends. */
  readonly appendMs = new LatencyHistogram();
  /** Putting a commit together; of small commits one in 16 is timed, here and below. */
  readonly serializationMs = new LatencyHistogram();
  /** Compressing a block at rest, on a thread of its own. */
  readonly compressionMs = new LatencyHistogram();
  readonly writeMs = new LatencyHistogram();
  readonly flushMs = new LatencyHistogram();
}

/** A moment's figures, for metrics. */
export interface StatsSnapshot {
  readonly counters: EngineStats;
  readonly streams: number;
  readonly journalFiles: number;
  readonly journalBytes: number;
  readonly segmentFiles: number;
  readonly segmentBytes: number;
  /** Payload bytes that streams still refer to. */
  readonly liveBytes: number;
  /** Bytes of journal files and segments that no stream refers to: dead batches, headers, control entries. */
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
