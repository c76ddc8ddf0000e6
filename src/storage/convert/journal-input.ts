/**
 * A sealed journal file as a merge reads it. The index says which entries come next by (stream, offset); they are fetched
 * a chunk at a time, and within a chunk in the order in which they lie in the file.
 */
import { crc32c } from '../../../protocol/crc32c.ts';
import type { Files, OpenFile } from '../files/files.ts';
import { readFully, readFullySync } from '../files/files.ts';
import { headerCrc } from '../format/entry.ts';
import {
  decodeEntryHeader,
  decodeFileHeader,
  ENTRY_HEADER_BYTES,
  EntryKind,
  FILE_HEADER_BYTES,
  viewOf,
} from '../format/format.ts';
import { rebuildSealed } from '../index/rebuild.ts';
import { RunIndex } from '../index/run-index.ts';
import { DamagedInput } from './input.ts';
import type { JournalInput } from './types.ts';

/** An open journal file with its index. */
export interface OpenJournal {
  readonly path: string;
  readonly file: OpenFile;
  readonly salt: number;
  readonly byteLength: number;
  readonly createdMs: number;
  readonly index: RunIndex;
}

/** Opens a journal file; makes its index again where that is damaged. @throws DamagedInput; errors of the disk */
export async function openJournal(files: Files, input: JournalInput): Promise<OpenJournal> {
  const { path, byteLength, seal } = input;
  const file = await files.open(path, 'read');
  try {
    const bytes = Buffer.alloc(FILE_HEADER_BYTES);
    await readFully(file, bytes, 0);
    const header = decodeFileHeader(bytes, crc32c);
    if (header === null) throw new DamagedInput({ path, position: 0, stream: 0 });
    const { salt, createdMs } = header;
    const stored = seal.indexLength === 0 ? null : storedIndex(file, salt, input);
    if (stored !== null) return { path, file, salt, byteLength, createdMs, index: stored };
    const { index, end } = await rebuildSealed({ file, salt, size: byteLength }, seal);
    if (end < seal.checkpointPosition) throw new DamagedInput({ path, position: end, stream: 0 });
    return { path, file, salt, byteLength, createdMs, index };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function storedIndex(file: OpenFile, salt: number, { seal }: JournalInput): RunIndex | null {
  const whole = Buffer.from(new ArrayBuffer(ENTRY_HEADER_BYTES + seal.indexLength));
  if (readFullySync(file, whole, seal.indexPosition) < whole.length) return null;
  const view = viewOf(whole);
  const payload = whole.subarray(ENTRY_HEADER_BYTES);
  if (decodeEntryHeader(view, 0)?.kind !== EntryKind.RUN_INDEX) return null;
  const crc = crc32c(payload, headerCrc(view, 0, salt, seal.indexPosition));
  return crc === view.getUint32(0, true) ? RunIndex.decode(payload) : null;
}
