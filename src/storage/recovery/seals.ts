/**
 * What the ends of sealed files tell a start: the newest checkpoint, and the files before it. What is damaged there is
 * derived from the entries in front of it, or from an older checkpoint and all files behind that.
 */
import { dirname, join } from 'node:path';
import type { CheckpointFile } from '../index/checkpoint.ts';
import { decodeCheckpoint } from '../index/checkpoint.ts';
import type { FileContext } from '../context.ts';
import { aligned, FILE_HEADER_BYTES, journalFileName } from '../format/format.ts';
import type { JournalFile, Seal } from '../index/journal-file.ts';
import type { Footer } from '../journal/seal.ts';
import type { RebuiltFile } from '../index/rebuild.ts';
import { rebuildFile } from '../index/rebuild.ts';
import type { RecoveryFile } from './journal-files.ts';
import { openForRecovery, readCheckpointBytes, readFooter } from './journal-files.ts';
import type { JournalPosition } from '../format/scan.ts';
import { isBefore, scanEntries } from '../format/scan.ts';
import { StorageError } from '../types.ts';

/** What is known while the journal is replayed. */
export interface Replay {
  /** Files that the journal says may be gone. */
  readonly removed: Set<number>;
  /** Files that the checkpoint lists. */
  readonly listed: Map<number, CheckpointFile>;
  checkpointSequence: number;
  /** What a damaged checkpoint adds to the message about a file that is missing. */
  hint: string;
  /** What is to be done to files once it is sure that the start is not refused, in this order. */
  readonly changes: Array<() => Promise<void>>;
}

/**
 * Fills the directory from the newest checkpoint that is known to have been on the device with all before it; gives its
 * file's sequence, or 0 if there is none. A seal alone proves nothing: it may have survived what it stands on.
 */
export async function loadNewestCheckpoint(
  context: FileContext,
  sequences: readonly number[],
  replay: Replay,
): Promise<number> {
  for (let at = sequences.length - 1; at >= 0; at--) {
    const sequence = sequences[at] as number;
    const opened = await openForRecovery(context, sequence);
    if (opened === null) continue;
    try {
      const stored = await readFooter(opened);
      if (stored !== null && !hasCheckpoint(stored)) continue;
      if (!(await isProvenSynced(context, { sequence, position: opened.size }, sequences.slice(at + 1)))) continue;
      const footer = stored ?? (await footerOfEntries(context, opened));
      if (footer === null || !hasCheckpoint(footer)) continue;
      const bytes = await readCheckpointBytes(opened, footer);
      if (bytes === null) {
        context.damage.derived(opened.file, 'checkpoint', footer.checkpointPosition);
        replay.hint = `, or ${journalFileName(sequence)}, whose checkpoint is damaged,`;
        continue;
      }
      const files = await decodeCheckpoint(bytes, context.directory);
      if (files === null) {
        throw new StorageError(
          'CORRUPT',
          `${opened.file.path}: the checkpoint at ${footer.checkpointPosition} is of a newer version`,
        );
      }
      for (const listed of files) replay.listed.set(listed.sequence, listed);
      context.table.list.push(asSealed(opened, footer));
      replay.checkpointSequence = sequence;
      return sequence;
    } finally {
      await opened.handle.close();
    }
  }
  return 0;
}

/** True when a file's seal has a checkpoint. */
export function hasCheckpoint({ checkpointPosition, checkpointEnd }: Seal): boolean {
  return checkpointEnd > checkpointPosition;
}

/** True when something in the files behind `end` says that the journal up to there was synced. */
async function isProvenSynced(context: FileContext, end: JournalPosition, later: readonly number[]): Promise<boolean> {
  for (const sequence of later) {
    const opened = await openForRecovery(context, sequence);
    if (opened === null) continue;
    let isProven = opened.followsSynced;
    if (!isProven) {
      const source = { file: opened.handle, salt: opened.file.salt, size: opened.size };
      await scanEntries(source, FILE_HEADER_BYTES, (header) => {
        const synced = { sequence: sequence - header.syncedFilesBack, position: header.syncedPosition };
        isProven = !isBefore(synced, end);
        return !isProven;
      });
    }
    await opened.handle.close();
    if (isProven) return true;
  }
  return false;
}

/** The footer of a sealed file as its entries tell it, where it is damaged; null when these are damaged, too. */
async function footerOfEntries(context: FileContext, opened: RecoveryFile): Promise<Footer | null> {
  const { file, handle, size } = opened;
  const rebuilt = await rebuildFile({ file: handle, salt: file.salt, size });
  return rebuilt.isSealed ? deriveFooter(context, opened, rebuilt) : null;
}

/** A footer that stands for the damaged one of a file; its index is kept in memory and made again when it is needed. */
export function deriveFooter(context: FileContext, { file, size }: RecoveryFile, rebuilt: RebuiltFile): Footer {
  const { index, end, checkpointEnd, batchBytes, maxTimestampMs } = rebuilt;
  context.damage.derived(file, 'footer', size);
  context.table.indexes.keep(file, index);
  const seal = { checkpointPosition: end, checkpointEnd, indexPosition: checkpointEnd, indexLength: 0 };
  return { ...seal, batchBytes, maxTimestampMs, hasAborts: index.aborts.count > 0 };
}

/** A file as its footer describes it. */
function asSealed({ file, size }: RecoveryFile, footer: Footer): JournalFile {
  file.seal = footer;
  file.written = size;
  file.batchBytes = footer.batchBytes;
  file.maxTimestampMs = footer.maxTimestampMs;
  file.hasAborts = footer.hasAborts;
  return file;
}

/**
 * True for a file of which only the seal is damaged: all entries in front of it are sound, and the journal behind says
 * that the device had it. A seal that was only being written when the process died is not meant.
 */
export async function hasDamagedSeal(
  context: FileContext,
  opened: RecoveryFile,
  { end, sealStart }: { readonly end: number; readonly sealStart: number },
  later: readonly number[],
): Promise<boolean> {
  const { sequence } = opened.file;
  if (sealStart < 0) {
    const footer = await readFooter(opened);
    if (footer === null || aligned(end) !== footer.checkpointPosition) return false;
  }
  const position = (sealStart < 0 ? aligned(end) : sealStart) + 1;
  return await isProvenSynced(context, { sequence, position }, later);
}

/** Adds the files before the checkpoint to the table; refuses if one is missing that may be needed. */
export async function checkOlderFiles(
  context: FileContext,
  sequences: readonly number[],
  base: number,
  replay: Replay,
): Promise<void> {
  const present = new Set(sequences);
  const older: JournalFile[] = [];
  for (const sequence of replay.listed.keys()) {
    if (present.has(sequence) || replay.removed.has(sequence) || context.givenUp.has(sequence)) continue;
    throw lost(context, sequence, `${context.folder}: ${journalFileName(sequence)} is missing; restore it from a copy`);
  }
  for (const sequence of sequences) {
    if (sequence >= base) break;
    if (!replay.listed.has(sequence) || replay.removed.has(sequence)) {
      // Its removal is in the journal, or was before the checkpoint: only the deletion was left to do.
      replay.changes.push(() => context.files.unlink(join(context.folder, journalFileName(sequence))));
      continue;
    }
    older.push(await openOlder(context, sequence, replay));
  }
  context.table.list.unshift(...older);
}

/** A start is refused for an older file: all that it needs of it are the batches that are in it. */
function lost(context: FileContext, lostFile: number, message: string): StorageError {
  const wayOut = `or go on without what was in it: walka wal repair --data-dir ${dirname(context.folder)}`;
  return new StorageError('CORRUPT', `${message}, ${wayOut}`, { lostFile });
}

async function openOlder(context: FileContext, sequence: number, replay: Replay): Promise<JournalFile> {
  const path = join(context.folder, journalFileName(sequence));
  const opened = await openForRecovery(context, sequence).catch((error: unknown) => {
    // Of another cluster, or of a later version.
    if (!(error instanceof StorageError) || error.cutAt === null) throw error;
    throw lost(context, sequence, error.message);
  });
  if (opened === null) throw lost(context, sequence, `${path} is empty; restore it from a copy`);
  const listed = replay.listed.get(sequence) as CheckpointFile;
  try {
    const footer = await readFooter(opened);
    if (footer !== null && opened.size === listed.length && footer.batchBytes === listed.batchBytes) {
      return asSealed(opened, footer);
    }
    // The checkpoint says how much is in it: if all of that is found, only the seal is damaged.
    const { file, handle, size } = opened;
    const rebuilt = await rebuildFile({ file: handle, salt: file.salt, size });
    if (rebuilt.batchBytes === listed.batchBytes) return asSealed(opened, deriveFooter(context, opened, rebuilt));
    throw lost(
      context,
      sequence,
      `${path}: the end of this sealed file is damaged, and so is the entry at ${rebuilt.end}; restore the file from a copy`,
    );
  } finally {
    await opened.handle.close();
  }
}
