/** Thins out a sealed file of a journal in memory. */
import type { TailCache } from '../../cache.ts';
import { noteBytes } from '../../format/abort-note.ts';
import { ENTRY_HEADER_BYTES } from '../../format/format.ts';
import type { FileIndex } from '../../index/file-index.ts';
import { entryPosition } from '../../index/file-index.ts';
import type { JournalFile } from '../../index/journal-file.ts';
import type { StreamId } from '../../types.ts';
import type { JournalSource } from './source.ts';

/**
 * Lets go of all batches of a file in memory but those of runs that are needed, which are copied together.
 * @returns bytes that stay: 0 when nothing was needed, and the file is empty. All stay where nothing would be gained.
 */
export function keepInMemory(
  { file }: JournalSource,
  cache: TailCache,
  needs: (stream: StreamId, endOffset: number) => boolean,
): number {
  const { index } = file;
  if (index === null) return file.batchBytes;
  const copies = neededEntries(index, needs).map((entry) => copyEntry(file, index, entry));
  const byteLength = copies.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  if (byteLength >= file.batchBytes) return byteLength;
  cache.drop(file);
  if (copies.length > 0) cache.restore(file, copies);
  return byteLength;
}

/** Entries of the needed runs, in the order they lie in the file. */
function neededEntries(index: FileIndex, needs: (stream: StreamId, endOffset: number) => boolean): number[] {
  const { stream, endOffset, firstEntry, entryCount } = index.runs;
  const entries: number[] = [];
  for (let run = 0; run < index.runCount; run++) {
    if (!needs(stream[run] as number, endOffset[run] as number)) continue;
    const first = firstEntry[run] as number;
    for (let entry = first; entry < first + (entryCount[run] as number); entry++) entries.push(entry);
  }
  return entries.sort((a, b) => a - b);
}

function copyEntry(file: JournalFile, index: FileIndex, entry: number): [position: number, bytes: Buffer] {
  const position = entryPosition(index, entry);
  const header = Buffer.alloc(ENTRY_HEADER_BYTES);
  file.resident.copy(position, position + header.length, header);
  const length = ENTRY_HEADER_BYTES + (index.entries.length[entry] as number) + noteBytes(header.readUInt8(9));
  const bytes = Buffer.alloc(length);
  file.resident.copy(position, position + length, bytes);
  return [position, bytes];
}
