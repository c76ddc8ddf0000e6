/** What the parts of an engine share, made as the options say. */
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { systemRandom } from '../base/random.ts';
import { TailCache } from './cache.ts';
import type { EngineContext } from './context.ts';
import { Directory } from './directory.ts';
import type { Files } from './files/files.ts';
import { likelyCachedBytes, QuickReads } from './files/quick-reads.ts';
import { ReadBufferPool } from './files/read-buffers.ts';
import { ReadyMemory } from './files/ready-memory.ts';
import { StagingPool } from './files/staging.ts';
import type { EngineOptions } from './options.ts';
import { DamageLog } from './runs/damage.ts';
import { IndexCache } from './runs/index-cache.ts';
import { FileTable } from './runs/journal/file-table.ts';
import { SourceList } from './runs/source-list.ts';
import { EngineStats } from './stats.ts';

const MIB = 1024 * 1024;
const DEFAULT_SEGMENT_BYTES = 128 * MIB;
const DEFAULT_SEGMENT_AGE_MS = 6 * 60 * 60 * 1000;
/** A journal in memory drops whole files: that many make up the bound. */
const MEMORY_FILES = 16;
/** Bound of a journal in memory, unless the options say another. */
export const DEFAULT_MAX_MEMORY_BYTES = 512 * MIB;

export function contextOf(options: EngineOptions, files: Files): EngineContext {
  const inMemory = options.dataDir === null;
  const maxMemoryBytes = options.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES;
  const maxSegmentSize = options.maxSegmentSize ?? DEFAULT_SEGMENT_BYTES;
  const fileBytes = inMemory ? Math.min(maxSegmentSize, Math.ceil(maxMemoryBytes / MEMORY_FILES)) : maxSegmentSize;
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? silentLogger;
  const damage = new DamageLog(logger);
  const stats = new EngineStats();
  const directory = new Directory();
  const indexes = new IndexCache(options.indexCacheBytes ?? 32 * MIB, () => directory.size);
  const quick = new QuickReads(clock, stats, options.pageCacheBytes ?? likelyCachedBytes());
  return {
    clusterId: options.clusterId,
    durability: inMemory ? 'memory' : (options.durability ?? 'os'),
    flushIntervalMs: options.flushIntervalMs ?? 10,
    maxSegmentSize: fileBytes,
    maxSegmentAgeMs: options.maxSegmentAgeMs ?? DEFAULT_SEGMENT_AGE_MS,
    deleteGraceMs: options.deleteGraceMs ?? 1000,
    clock,
    random: options.random ?? systemRandom,
    logger,
    files,
    directory,
    table: new FileTable(files, indexes, quick, damage),
    indexes,
    sources: new SourceList(),
    damage,
    quick,
    buffers: new ReadBufferPool(),
    cache: new TailCache(inMemory ? Number.POSITIVE_INFINITY : (options.cacheBytes ?? 24 * MIB)),
    // In memory slabs come back a file at a time.
    staging: inMemory ? new StagingPool(8 + Math.ceil(fileBytes / MIB), new ReadyMemory()) : new StagingPool(),
    stats,
  };
}
