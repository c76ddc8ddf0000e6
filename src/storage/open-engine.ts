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
import type { EngineContext, FileContext } from './context.ts';
import { type ConversionOptions, conversionOf } from './conversion.ts';
import { sequenceOfName } from './format/format.ts';
import { FileJournal } from './journal/file-journal.ts';
import { deleteSpare } from './journal/spare.ts';
import { contextOf } from './engine-context.ts';
import { Engine } from './engine.ts';
import { openInMemory } from './open-in-memory.ts';
import { threadedFiles } from './files/node-files.ts';
import type { EngineOptions } from './options.ts';
import { JOURNAL_FOLDER } from './options.ts';
import { recoverJournal } from './recovery/recovery.ts';
import { openForRecovery } from './recovery/journal-files.ts';
import { segmentingOf } from './segmenting.ts';
import { type JournalWitness, StorageError } from './types.ts';

export type { EngineOptions } from './options.ts';
export type { Engine } from './engine.ts';

const DEFAULT_CONVERT_BYTES_PER_SECOND = 100 * 1024 * 1024;
const DEFAULT_COMPRESSION_LEVEL = 3;

const NO_WITNESS: JournalWitness = {
  end: null,
  goesOnIn: () => Promise.resolve(),
  reached: () => Promise.resolve(),
};

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
  if (options.dataDir === null) return openInMemory(options);
  const context = contextOf(options, options.files ?? threadedFiles(options.clock ?? systemClock));
  const folder = join(options.dataDir, JOURNAL_FOLDER);
  const { witness = NO_WITNESS, givenUpFiles: givenUp = new Set<number>() } = options;
  const fileContext = { ...context, folder, witness, givenUp };
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
    for (const sequence of context.givenUp) await engine.giveUpFile(sequence);
    return engine;
  } catch (error) {
    await context.table.closeAll();
    await files.rest();
    throw error;
  }
}
