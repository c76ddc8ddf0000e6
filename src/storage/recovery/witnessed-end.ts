/**
 * What a start is told of the journal's end from outside: the journal cannot know by itself that its newest file, or the
 * last part of it, is missing.
 */
import { dirname, join } from 'node:path';
import type { FileContext } from '../context.ts';
import { FILE_HEADER_BYTES, journalFileName } from '../format/format.ts';
import { isBefore, type JournalPosition } from '../format/scan.ts';
import { StorageError } from '../types.ts';

function corrupt(context: FileContext, cutAt: JournalPosition, what: string): StorageError {
  const folder = context.folder;
  const wayOut = 'Restore it from a copy; to go on without what was in it: walka catalog rebuild --data-dir';
  const text = `${join(folder, journalFileName(cutAt.sequence))} ${what}. ${wayOut} ${dirname(folder)}`;
  return new StorageError('CORRUPT', text, { cutAt });
}

/** Refuses a journal without the newest file that it is known to have had. `sequences` ascend. */
export function refuseIfNewestIsMissing(context: FileContext, sequences: readonly number[]): void {
  const { end } = context.witness;
  if (end === null || (sequences.at(-1) ?? 0) >= end.sequence) return;
  throw corrupt(context, { sequence: end.sequence, position: 0 }, 'is missing, and with it the newest records');
}

/**
 * Refuses a journal that ends at `found`, before the place where it ended at the last clean stop. Without one, a file is
 * known to have had its header, and no more: a crash may have torn the end of the file before it.
 * @param withHeader files from the one that `found` is in on that have a header
 */
export function refuseIfEndsBefore(
  context: FileContext,
  found: JournalPosition,
  withHeader: ReadonlySet<number>,
): void {
  const { end } = context.witness;
  if (end === null || (end.position === null && withHeader.has(end.sequence))) return;
  const { sequence } = end;
  const position = end.position ?? FILE_HEADER_BYTES;
  if (!isBefore(found, { sequence, position })) return;
  const what = `ends at position ${found.position}, but the journal went on to ${position} of ${journalFileName(sequence)}`;
  throw corrupt(context, found, what);
}
