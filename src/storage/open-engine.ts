/**
 * The log engine: one journal for all streams, and how to read any of them back. This file opens an engine and ties its
 * parts together:
 *
 * - `files/`, `format/`, `index/`: files of the system, the bytes in them, what is known of the batches in one;
 * - `directory.ts`, `cache.ts`: one row per stream; the newest bytes of the journal;
 * - `runs/` reads through indexes, the tail cache and the files;
 * - `journal/` writes: entries are collected, committed, synced, acknowledged; files are rolled and sealed;
 * - `recovery/` brings all of it back at a start;
 * - `retention/` decides what may go.
 */
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { systemRandom } from '../base/random.ts';
import { TailCache } from './cache.ts';
import type { EngineContext, FileContext } from './context.ts';
import { type ConversionOptions, conversionOf } from './conversion.ts';
import { DamageLog } from './runs/damage.ts';
import { Directory } from './directory.ts';
import { IndexCache } from './runs/index-cache.ts';
import { SourceList } from './runs/source-list.ts';
import { FileTable } from './runs/journal/file-table.ts';
import { sequenceOfName } from './format/format.ts';
import { FileJournal } from './journal/file-journal.ts';
import { MemoryCompactor } from './journal/memory-compactor.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import { deleteSpare } from './journal/spare.ts';
import { ReadyMemory } from './files/ready-memory.ts';
import { StagingPool } from './files/staging.ts';
import { Engine } from './engine.ts';
import { noFiles } from './files/no-files.ts';
import { threadedFiles } from './files/node-files.ts';
import type { EngineOptions } from './options.ts';
import { JOURNAL_FOLDER } from './options.ts';
import { likelyCachedBytes, QuickReads } from './files/quick-reads.ts';
import { ReadBufferPool } from './files/read-buffers.ts';
import { recoverJournal } from './recovery/recovery.ts';
import { openForRecovery } from './recovery/journal-files.ts';
import { segmentingOf } from './segmenting.ts';
import { EngineStats } from './stats.ts';
import { type JournalWitness, StorageError } from './types.ts';

export type { EngineOptions } from './options.ts';
export type { Engine } from './engine.ts';

const MIB = 1024 * 1024;
const DEFAULT_MAX_MEMORY_BYTES = 512 * MIB;
const DEFAULT_SEGMENT_BYTES = 128 * MIB;
const DEFAULT_CONVERT_BYTES_PER_SECOND = 100 * MIB;
const DEFAULT_COMPRESSION_LEVEL = 3;
const DEFAULT_SEGMENT_AGE_MS = 6 * 60 * 60 * 1000;
/** A journal in memory drops whole files: that many make up the bound. */
const MEMORY_FILES = 16;

const NO_WITNESS: JournalWitness = {
  end: null,
  goesOnIn: () => Promise.resolve(),
  reached: () => Promise.resolve(),
};

function contextOf(options: EngineOptions): EngineContext {
  const inMemory = options.dataDir === null;
  const maxMemoryBytes = options.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES;
  const maxSegmentSize = options.maxSegmentSize ?? DEFAULT_SEGMENT_BYTES;
  const fileBytes = inMemory ? Math.min(maxSegmentSize, Math.ceil(maxMemoryBytes / MEMORY_FILES)) : maxSegmentSize;
  const clock = options.clock ?? systemClock;
  const files = inMemory ? noFiles : (options.files ?? threadedFiles(clock));
  const logger = options.logger ?? silentLogger;
  const damage = new DamageLog(logger);
  const stats = new EngineStats();
  const indexes = new IndexCache(options.indexCacheBytes ?? 32 * MIB);
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
    directory: new Directory(),
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

function conversionOptions(options: EngineOptions, context: EngineContext): ConversionOptions | null {
  if (options.segmenting === null) return null;
  // A thread of its own sees the machine's files only.
  const segmenting = options.segmenting ?? segmentingOf(context, options.files === undefined);
  const bytesPerSecond = options.convertBytesPerSecond ?? DEFAULT_CONVERT_BYTES_PER_SECOND;
  return { segmenting, pace: { bytesPerSecond, level: options.compressionLevel ?? DEFAULT_COMPRESSION_LEVEL } };
}

/** Whether there is a file with a header, which is durable before anything else: looked for as recovery does. */
async function isBegun(context: FileContext): Promise<boolean> {
  const sequences = (await context.files.list(context.folder)).map(sequenceOfName).filter((at) => at !== undefined);
  for (const sequence of sequences.sort((a, b) => b - a)) {
    const opened = await openForRecovery(context, sequence);
    if (opened === null) continue;
    await opened.handle.close();
    return true;
  }
  return false;
}

/**
 * Opens the engine: recovers what the data directory holds, or starts empty.
 * @throws StorageError CORRUPT when the journal lost what had been synced, belongs to another cluster or was written by
 * a newer version; the message says which file, where, and what to do.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const context = contextOf(options);
  if (options.dataDir === null) {
    const maxMemoryBytes = options.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES;
    return new Engine(context, {
      journal: (events) => new MemoryJournal(context, maxMemoryBytes, events),
      conversion: null,
      compactor: (locator) => new MemoryCompactor(context, locator),
    });
  }
  const folder = join(options.dataDir, JOURNAL_FOLDER);
  const fileContext = { ...context, folder, witness: options.witness ?? NO_WITNESS };
  return await openInFolder(fileContext, conversionOptions(options, context), options.mustExist === true);
}

async function openInFolder(
  context: FileContext,
  conversion: ConversionOptions | null,
  mustExist: boolean,
): Promise<Engine> {
  const { files, folder } = context;
  await files.makeDirectory(folder);
  if (mustExist && !(await isBegun(context))) {
    throw new StorageError('CORRUPT', `${folder}: all journal files are missing or empty; restore them from a copy`);
  }
  await deleteSpare(files, folder);
  try {
    const { active, checkpointSequence } = await recoverJournal(context);
    const engine = new Engine(context, {
      journal: (events) => new FileJournal(context, active, checkpointSequence, events),
      conversion: conversion === null ? null : (host) => conversionOf(context, conversion, host),
      compactor: null,
    });
    await engine.start();
    return engine;
  } catch (error) {
    await context.table.closeAll();
    await files.rest();
    throw error;
  }
}
