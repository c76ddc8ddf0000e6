/**
 * Brings the engine's state back from the journal: the newest checkpoint, then every entry behind it.
 *
 * The result is one prefix of the journal. It ends at the first bad entry, and what lies behind is saved aside as
 * `*.broken`; unless an entry behind the bad one says that the device already had that place: then synced data was
 * damaged, and the start is refused.
 */
import { basename, join } from 'node:path';
import { abortNote, noteBytes } from '../format/abort-note.ts';
import { ActiveIndex } from '../index/active-index.ts';
import { applyBatch, applyControl } from '../index/apply.ts';
import type { FileContext } from '../context.ts';
import type { EntryHeader } from '../format/format.ts';
import {
  aligned,
  EntryKind,
  FILE_HEADER_BYTES,
  FLAG_OPTIONAL,
  getInt64,
  isKnown,
  journalFileName,
  sequenceOfName,
  viewOf,
} from '../format/format.ts';
import { createJournalFile } from '../journal/create.ts';
import { withReserve } from '../journal/reserve.ts';
import { WritableFile } from '../journal/writable-file.ts';
import { decodeFooter } from '../journal/seal.ts';
import { openForRecovery } from './journal-files.ts';
import type { RecoveryFile } from './journal-files.ts';
import { saveAside, saveTailAside } from './aside.ts';
import type { Replay } from './seals.ts';
import { checkOlderFiles, deriveFooter, hasCheckpoint, hasDamagedSeal, loadNewestCheckpoint } from './seals.ts';
import { RunIndex } from '../index/run-index.ts';
import type { JournalPosition } from '../format/scan.ts';
import { findEntriesBehind, isBefore, scanEntries } from '../format/scan.ts';
import { StorageError } from '../types.ts';
import { refuseIfEndsBefore, refuseIfNewestIsMissing } from './witnessed-end.ts';

/** Blocks that a new file and its name may take. */
const NEW_FILE_BYTES = 16 * 1024;

export interface RecoveredJournal {
  readonly active: WritableFile;
  readonly checkpointSequence: number;
}

/** See the head of this file. Fills the context's directory and file table. */
export async function recoverJournal(context: FileContext): Promise<RecoveredJournal> {
  const folder = context.folder;
  const sequences = (await context.files.list(folder))
    .map(sequenceOfName)
    .filter((sequence) => sequence !== undefined)
    .sort((a, b) => a - b);
  refuseIfNewestIsMissing(context, sequences);
  const replay: Replay = { removed: new Set(), listed: new Map(), checkpointSequence: 0, hint: '', changes: [] };
  const base = await loadNewestCheckpoint(context, sequences, replay);
  const newer = sequences.filter((sequence) => sequence > base);
  const last = await replayFiles(context, newer, base, replay);
  await checkOlderFiles(context, sequences, base, replay);
  // Only now: a start that is refused leaves everything as it was.
  for (const change of replay.changes) await change();
  const { table } = context;
  let startLsn = 0;
  for (const file of table.list) {
    file.startLsn = startLsn;
    startLsn += file.written;
  }
  return await openActive(context, last, startLsn, replay);
}

/** Replays the files behind the checkpoint; gives the last one if it is not sealed. */
async function replayFiles(
  context: FileContext,
  sequences: readonly number[],
  base: number,
  replay: Replay,
): Promise<RecoveryFile | null> {
  const first = sequences[0] ?? 1;
  if (base === 0 && first !== 1) {
    const what = `the journal starts with file ${first} and none has a sound checkpoint`;
    // Older files may be gone because this one had a checkpoint; whoever lost its end has nothing else to restore.
    const own = replay.hint === '' ? `${journalFileName(first)}, if its end is cut off, or ` : '';
    throw new StorageError(
      'CORRUPT',
      `${context.folder}: ${what}; restore ${own}the older files${replay.hint} from a copy`,
    );
  }
  let expected = base + 1;
  for (const [at, sequence] of sequences.entries()) {
    if (sequence !== expected) {
      const missing = journalFileName(expected);
      throw new StorageError(
        'CORRUPT',
        `${context.folder}: ${missing} is missing; restore it${replay.hint} from a copy`,
        { cutAt: { sequence: expected, position: 0 } },
      );
    }
    expected += 1;
    const opened = await openForRecovery(context, sequence);
    const later = sequences.slice(at + 1);
    if (opened === null) {
      // Made, but its header never reached the disk; nothing can have been written into it.
      await endJournal(context, null, { sequence, position: 0 }, [sequence, ...later], replay);
      return null;
    }
    try {
      if (!(await replayFile(context, opened, later, replay))) {
        context.table.list.push(opened.file);
        await endJournal(context, opened, { sequence, position: opened.file.written }, later, replay);
        opened.file.handle = opened.handle;
        return opened;
      }
      await finishSealed(opened);
    } catch (error) {
      await opened.handle.close().catch(() => undefined);
      throw error;
    }
    context.table.list.push(opened.file);
    const { seal } = opened.file;
    if (seal !== null && hasCheckpoint(seal)) replay.checkpointSequence = sequence;
  }
  return null;
}

/** Leaves a replayed sealed file as if its seal had been completed: cut, and on the device. */
async function finishSealed({ file, handle, size }: RecoveryFile): Promise<void> {
  if (file.written < size) await handle.truncate(file.written);
  // What is written from now on counts this file as synced.
  await handle.datasync();
  await handle.close();
}

/** Applies all sound entries of a file; true when it ends with a footer, or should and holds all that came before. */
async function replayFile(
  context: FileContext,
  opened: RecoveryFile,
  later: readonly number[],
  replay: Replay,
): Promise<boolean> {
  const { file } = opened;
  const { directory } = context;
  const index = new ActiveIndex();
  /** Where a seal that was not finished starts; the file is cut there. */
  let sealStart = -1;
  let isSealed = false;
  const end = await scanEntries(
    { file: opened.handle, salt: file.salt, size: opened.size },
    FILE_HEADER_BYTES,
    (header, payload, position) => {
      if (!isKnown(header)) {
        if ((header.flags & FLAG_OPTIONAL) === 0) throw ofLaterVersion(file.path, position, header);
        return true;
      }
      const payloadLength = payload.length - (header.kind === EntryKind.BATCH ? noteBytes(header.flags) : 0);
      const place = { file, index, position, payloadLength, writtenMs: header.writtenMs };
      switch (header.kind) {
        case EntryKind.BATCH: {
          const aborted = abortNote(header.flags, payload, header.baseOffset);
          applyBatch(directory, directory.find(header.stream), header, place, aborted);
          break;
        }
        case EntryKind.CHECKPOINT:
        case EntryKind.RUN_INDEX:
          if (sealStart < 0) sealStart = position;
          break;
        case EntryKind.FOOTER:
          file.seal = decodeFooter(payload);
          isSealed = file.seal !== null;
          return false;
        case EntryKind.FILE_REMOVED:
          replay.removed.add(header.baseOffset);
          break;
        default:
          applyControl(directory, header, place, payload.length === 8 ? getInt64(viewOf(payload), 0) : 0);
      }
      return true;
    },
  );
  if (!isSealed && (await hasDamagedSeal(context, opened, { end, sealStart }, later))) {
    const batchesEnd = sealStart < 0 ? aligned(end) : sealStart;
    const { batchBytes, maxTimestampMs } = file;
    const rebuilt = { index: RunIndex.fromActive(index), end: batchesEnd, checkpointEnd: batchesEnd, isSealed: true };
    file.seal = deriveFooter(context, opened, { ...rebuilt, batchBytes, maxTimestampMs });
    file.written = opened.size;
    return true;
  }
  file.written = isSealed || sealStart < 0 ? end : sealStart;
  if (!isSealed) file.index = index;
  return isSealed;
}

function ofLaterVersion(path: string, position: number, { kind, flags }: EntryHeader): StorageError {
  const what = `the entry at ${position} (kind ${kind}, flags ${flags}) was written by a newer version`;
  return new StorageError('CORRUPT', `${path}: ${what}, and cannot be left out: start that version`);
}

/** Makes sure that nothing synced is lost behind `end`, and has what is there put aside. */
async function endJournal(
  context: FileContext,
  opened: RecoveryFile | null,
  end: JournalPosition,
  later: readonly number[],
  replay: Replay,
): Promise<void> {
  let lastEnd = end.position;
  const withHeader = new Set<number>();
  if (opened !== null) {
    withHeader.add(end.sequence);
    const source = { file: opened.handle, salt: opened.file.salt, size: opened.size };
    const behind = await findEntriesBehind(source, end.sequence, end.position);
    refuseIfSynced(context, end, behind.synced);
    lastEnd = behind.end;
  }
  const withEntries = new Set<number>();
  for (const sequence of later) {
    const following = await openForRecovery(context, sequence);
    if (following === null) continue;
    withHeader.add(sequence);
    const source = { file: following.handle, salt: following.file.salt, size: following.size };
    const { synced } = await findEntriesBehind(source, sequence, FILE_HEADER_BYTES);
    await following.handle.close();
    refuseIfSynced(context, end, synced);
    if (synced !== null) withEntries.add(sequence);
  }
  refuseIfEndsBefore(context, end, withHeader);
  replay.changes.push(async () => {
    // A file without a header goes, too, and is made anew.
    if (later.length > 0) await context.witness.goesOnIn(opened === null ? end.sequence - 1 : end.sequence);
    // The last goes first, to leave no gap.
    for (const sequence of later.toReversed()) await saveAside(context, sequence, withEntries.has(sequence));
    if (opened === null) return;
    if (lastEnd > end.position) await saveTailAside(context, opened, end.position, lastEnd);
    await opened.handle.truncate(end.position);
    await opened.handle.datasync();
  });
}

function refuseIfSynced(context: FileContext, end: JournalPosition, synced: JournalPosition | null): void {
  if (synced === null || !isBefore(end, synced)) return;
  const path = join(context.folder, journalFileName(end.sequence));
  throw new StorageError(
    'CORRUPT',
    `${path}: the entry at position ${end.position} is damaged, but the journal was on the device up to position ` +
      `${synced.position} of ${journalFileName(synced.sequence)}. Acknowledged records would be lost: check the disk and ` +
      `restore the file from a copy. To go on without what lies behind, cut the file to ${end.position} bytes and move ` +
      `later journal files away.`,
    { cutAt: end },
  );
}

/** Makes a new file to go on in; on a full disk out of the reserve, so that what is there can be served. */
function createActive(context: FileContext, sequence: number): Promise<WritableFile> {
  const bytes = NEW_FILE_BYTES;
  return withReserve(context, bytes, (isRetry) => createJournalFile(context, sequence, true, { isBare: isRetry }));
}

/** Goes on in the last file, or makes a new one. */
async function openActive(
  context: FileContext,
  last: RecoveryFile | null,
  startLsn: number,
  replay: Replay,
): Promise<RecoveredJournal> {
  const { table, logger, directory } = context;
  const { checkpointSequence } = replay;
  let active: WritableFile;
  if (last === null) {
    active = await createActive(context, (table.list.at(-1)?.sequence ?? 0) + 1);
    active.file.startLsn = startLsn;
    table.list.push(active.file);
  } else active = new WritableFile(last.file, last.file.index as ActiveIndex, last.handle);
  logger.debug('journal-recovered', 'The journal is recovered', {
    files: table.list.length,
    streams: directory.size,
    active: basename(active.file.path),
    position: active.file.written,
  });
  return { active, checkpointSequence };
}
