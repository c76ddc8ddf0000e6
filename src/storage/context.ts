/** What the parts of one open engine share. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { TailCache } from './cache.ts';
import type { DamageLog } from './runs/damage.ts';
import type { Directory } from './directory.ts';
import type { FileTable } from './runs/journal/file-table.ts';
import type { IndexCache } from './runs/index-cache.ts';
import type { SourceList } from './runs/source-list.ts';
import type { Files } from './files/files.ts';
import type { QuickReads } from './files/quick-reads.ts';
import type { ReadBufferPool } from './files/read-buffers.ts';
import type { StagingPool } from './files/staging.ts';
import type { EngineStats } from './stats.ts';
import type { Durability, JournalWitness } from './types.ts';

export interface EngineContext {
  readonly clusterId: string;
  readonly durability: Durability;
  readonly flushIntervalMs: number;
  readonly maxSegmentSize: number;
  readonly maxSegmentAgeMs: number;
  readonly deleteGraceMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly files: Files;
  readonly directory: Directory;
  readonly table: FileTable;
  /** Indexes of what is not written any more, in memory. */
  readonly indexes: IndexCache;
  /** What readers find records in. */
  readonly sources: SourceList;
  readonly damage: DamageLog;
  readonly quick: QuickReads;
  readonly buffers: ReadBufferPool;
  readonly cache: TailCache;
  readonly staging: StagingPool;
  readonly stats: EngineStats;
}

/** What the parts share that know where journal files lie. */
export interface FileContext extends EngineContext {
  /** Folder of the journal files. */
  readonly folder: string;
  readonly witness: JournalWitness;
  /** Files that are lost, and that the journal is to know as removed. */
  readonly givenUp: ReadonlySet<number>;
}
