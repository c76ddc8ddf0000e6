/** Thins out a sealed file of a journal in memory. */
import type { TailCache } from '../../cache.ts';
import { ENTRY_HEADER_BYTES } from '../../format/format.ts';
import type { FileIndex } from '../../index/file-index.ts';
import { entryPosition } from '../../index/file-index.ts';
import type { JournalFile } from '../../index/journal-file.ts';
import type { StreamId } from '../../types.ts';
import type { JournalSource } from './source.ts';

/** Where an entry's header says how long its payload is. */
const PAYLOAD_LENGTH_AT = 4;

/**
 * Lets go of all of a file in memory but the batches of runs that are needed, and entries at `others`, which are copied
 * together.
 * @returns bytes that stay: 0 when nothing was needed, and the file is empty. All stay where nothing would be gained.
 */
export function keepInMemory(
  { file }: JournalSource,
  cache: TailCache,
  needs: (stream: StreamId, endOffset: number) => boolean,
  others: readonly number[],
): number {
  const { index } = file;
  if (index === null) return file.batchBytes;
  const positions = [...neededBatches(index, needs), ...others].sort((a, b) => a - b);
  const copies = positions.map((position) => copyEntry(file, position));
  const byteLength = copies.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  if (byteLength > 0 && byteLength >= file.batchBytes) return byteLength;
  cache.drop(file);
  if (copies.length > 0) cache.restore(file, copies);
  return byteLength;
}

/** Positions of the entries of needed runs. */
function neededBatches(index: FileIndex, needs: (stream: StreamId, endOffset: number) => boolean): number[] {
  const { stream, endOffset, firstEntry, entryCount } = index.runs;
  const positions: number[] = [];
  for (let run = 0; run < index.runCount; run++) {
    if (!needs(stream[run] as number, endOffset[run] as number)) continue;
    const first = firstEntry[run] as number;
    const past = first + (entryCount[run] as number);
    for (let entry = first; entry < past; entry++) positions.push(entryPosition(index, entry));
  }
  return positions;
}

function copyEntry(file: JournalFile, position: number): [position: number, bytes: Buffer] {
  const header = Buffer.alloc(ENTRY_HEADER_BYTES);
  file.resident.copy(position, position + header.length, header);
  const bytes = Buffer.alloc(ENTRY_HEADER_BYTES + header.readUInt32LE(PAYLOAD_LENGTH_AT));
  file.resident.copy(position, position + bytes.length, bytes);
  return [position, bytes];
}
