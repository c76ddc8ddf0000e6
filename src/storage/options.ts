/** How an engine is opened. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Files } from './files/files.ts';
import type { Segmenting } from './convert/host.ts';
import type { Durability, JournalWitness } from './types.ts';

export interface EngineOptions {
  /** Data directory; the journal lies in its folder `journal`. Null keeps the journal in memory. */
  readonly dataDir: string | null;
  /** Written into every file; a directory of another cluster is refused. */
  readonly clusterId: string;
  /** True refuses to start where no journal file is, because something was written before; default false. */
  readonly mustExist?: boolean;
  /** Sequences of older journal files that are lost: a start goes on without them. Default none. */
  readonly givenUpFiles?: ReadonlySet<number>;
  /** Knows how far the journal went; default: nobody does. */
  readonly witness?: JournalWitness;
  /** Weakest acknowledgement given; default `os`. */
  readonly durability?: Durability;
  /** With `os`: longest time written bytes stay unsynced, in ms; default 10. */
  readonly flushIntervalMs?: number;
  /** Size in bytes at which a journal file is sealed; default 128 MiB. */
  readonly maxSegmentSize?: number;
  /** Age in ms at which a journal file with data is sealed; default six hours. */
  readonly maxSegmentAgeMs?: number;
  /** zstd level of segments, or 0 for none; default 3. */
  readonly compressionLevel?: number;
  /** Bytes that conversion reads and writes a second while it keeps up, or 0 for no limit; default 100 MiB. */
  readonly convertBytesPerSecond?: number;
  /** Runs merges, and reads what they make; null: nothing is merged, and a directory with segments is refused. */
  readonly segmenting?: Segmenting | null;
  /** Bound in bytes of a journal in memory; default 512 MiB. */
  readonly maxMemoryBytes?: number;
  /** Bound in bytes of the tail cache; default 24 MiB. */
  readonly cacheBytes?: number;
  /** Bound in bytes of the run indexes of sealed files in memory; default 32 MiB. */
  readonly indexCacheBytes?: number;
  /** How many of the bytes written last the page cache is expected to hold; default an eighth of the memory. */
  readonly pageCacheBytes?: number;
  /** Time in ms between the decision to delete a file and its deletion; default 1 s. */
  readonly deleteGraceMs?: number;
  readonly clock?: Clock;
  /** Source of the files' salts. */
  readonly random?: Random;
  readonly logger?: Logger;
  readonly files?: Files;
}

/** Runs in one file at most; then it is sealed. */
export const MAX_RUNS_PER_FILE = 128 * 1024;

/** The name of the folder of segments in the data directory. */
export const SEGMENTS_FOLDER = 'segments';

/** The name of the journal's folder in the data directory. */
export const JOURNAL_FOLDER = 'journal';
