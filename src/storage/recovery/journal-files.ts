/** Opens journal files at a start and reads what their ends say. */
import { dirname, join } from 'node:path';
import { crc32c } from '../../../protocol/crc32c.ts';
import type { FileContext } from '../context.ts';
import type { OpenFile } from '../files/files.ts';
import { readFully } from '../files/files.ts';
import { decodeFileHeader, EntryKind, FILE_HEADER_BYTES, FORMAT_VERSION, journalFileName } from '../format/format.ts';
import { checkedEntry } from '../format/checked-entry.ts';
import { JournalFile } from '../index/journal-file.ts';
import type { Footer } from '../journal/seal.ts';
import { decodeFooter, FOOTER_ENTRY_BYTES } from '../journal/seal.ts';
import { scanEntries } from '../format/scan.ts';
import { StorageError } from '../types.ts';

/** A file being looked at. */
export interface RecoveryFile {
  readonly file: JournalFile;
  readonly handle: OpenFile;
  /** Length of the file. */
  readonly size: number;
  /** Its header says that all earlier files were synced. */
  readonly followsSynced: boolean;
}

/**
 * Opens a file and checks its header. Null when that is none, or torn, and nothing lies behind it: the process died
 * while making the file.
 * @throws StorageError CORRUPT for a damaged header, another cluster or a newer format.
 */
export async function openForRecovery(context: FileContext, sequence: number): Promise<RecoveryFile | null> {
  const path = join(context.folder, journalFileName(sequence));
  const handle = await context.files.open(path, 'write');
  try {
    const size = await handle.size();
    const bytes = Buffer.alloc(FILE_HEADER_BYTES);
    await readFully(handle, bytes, 0);
    const header = decodeFileHeader(bytes, crc32c);
    if (header === null || header.sequence !== sequence) {
      if (size <= FILE_HEADER_BYTES || (await isAllZero(handle, FILE_HEADER_BYTES, size))) {
        await handle.close();
        return null;
      }
      throw new StorageError('CORRUPT', `${path}: the file header is damaged; restore the file from a copy`, {
        cutAt: { sequence, position: 0 },
      });
    }
    if (header.version > FORMAT_VERSION) {
      // The checksum of a format that is not known cannot be checked.
      throw new StorageError(
        'CORRUPT',
        `${path} was written by a newer version (format ${header.version}), or its header is damaged: start that version, ` +
          `or restore the file from a copy`,
      );
    }
    if (header.clusterId !== context.clusterId) {
      throw new StorageError(
        'CORRUPT',
        `${path} is of cluster ${header.clusterId}, catalog.db of cluster ${context.clusterId}: one of them comes from ` +
          'another data directory. Put back the one that belongs here, or make the catalog from the journal: ' +
          `walka catalog rebuild --data-dir ${dirname(context.folder)}`,
      );
    }
    const { salt, createdMs, followsSynced } = header;
    return { file: new JournalFile({ sequence, path, salt, createdMs, startLsn: 0 }), handle, size, followsSynced };
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
}

async function isAllZero(handle: OpenFile, start: number, size: number): Promise<boolean> {
  const bytes = Buffer.alloc(64 * 1024);
  for (let at = start; at < size; at += bytes.length) {
    const read = await readFully(handle, bytes, at);
    if (bytes.subarray(0, read).some((byte) => byte !== 0)) return false;
  }
  return true;
}

/** The footer of a sealed file, or null when the file does not end with a sound one. */
export async function readFooter({ file, handle, size }: RecoveryFile): Promise<Footer | null> {
  const position = size - FOOTER_ENTRY_BYTES;
  if (position < FILE_HEADER_BYTES || position % 8 !== 0) return null;
  const bytes = Buffer.alloc(FOOTER_ENTRY_BYTES);
  if ((await readFully(handle, bytes, position)) < bytes.length) return null;
  const entry = checkedEntry(bytes, EntryKind.FOOTER, file.salt, position);
  return entry === null ? null : decodeFooter(entry.payload);
}

/** The checkpoint of a sealed file, its parts joined; null when it is damaged. */
export async function readCheckpointBytes(opened: RecoveryFile, footer: Footer): Promise<Buffer | null> {
  const { file, handle } = opened;
  const parts: Buffer[] = [];
  let expected = 1;
  const source = { file: handle, salt: file.salt, size: footer.checkpointEnd };
  await scanEntries(source, footer.checkpointPosition, (header, payload) => {
    if (header.kind !== EntryKind.CHECKPOINT || header.baseOffset !== parts.length) return false;
    expected = header.offsetCount;
    parts.push(Buffer.from(payload));
    return parts.length < expected;
  });
  return parts.length === expected ? Buffer.concat(parts) : null;
}
