/** Makes a journal file: durable with its name and header before the first entry goes into it. */
import { join } from 'node:path';
import { crc32c } from '../../../protocol/crc32c.ts';
import type { FileContext } from '../context.ts';
import type { OpenFile } from '../files/files.ts';
import { isNoSpace, writeFully } from '../files/files.ts';
import { encodeFileHeader, journalFileName } from '../format/format.ts';
import { ActiveIndex } from '../index/active-index.ts';
import { JournalFile } from '../index/journal-file.ts';
import type { SpareFile } from './spare.ts';
import { WritableFile } from './writable-file.ts';

/** Space that a new file has ready, so that the first writes do not wait for more. */
const READY_BYTES = 512 * 1024;

export interface CreateOptions {
  /** Is made the new file if there is one. */
  readonly spare?: SpareFile | null;
  /** Nothing but the header: no space is made ready. */
  readonly isBare?: boolean;
}

/** @param followsSynced all earlier files are on the device already: a start may trust their ends. */
export async function createJournalFile(
  context: FileContext,
  sequence: number,
  followsSynced: boolean,
  { spare = null, isBare = false }: CreateOptions = {},
): Promise<WritableFile> {
  const { folder, files } = context;
  const salt = context.random.int(2 ** 32);
  const file = new JournalFile({
    sequence,
    path: join(folder, journalFileName(sequence)),
    salt: spare?.saltApart(salt) ?? salt,
    createdMs: context.clock.now(),
    startLsn: 0,
  });
  const header = encodeFileHeader({ ...file, followsSynced, clusterId: context.clusterId }, crc32c);
  const recycled = (await spare?.become(file.path, header)) ?? null;
  const handle = recycled?.handle ?? (await files.open(file.path, 'create'));
  let initialLength = recycled?.byteLength ?? header.length;
  try {
    if (recycled === null) {
      await writeFully(handle, [header], 0);
      if (!isBare) initialLength += await makeReady(handle, header.length, context.maxSegmentSize);
      await handle.datasync();
    }
    await files.syncDirectory(folder);
  } catch (error) {
    // A name without a sound header would be in the way of the next attempt.
    await handle.close().catch(() => undefined);
    await files.unlink(file.path).catch(() => undefined);
    throw error;
  }
  return new WritableFile(file, new ActiveIndex(), handle, { initialLength, recycledEnd: recycled?.byteLength });
}

/** Writes zeros from `start`; gives how many. A full disk has no room for them, but may have for the file. */
async function makeReady(handle: OpenFile, start: number, maxSegmentSize: number): Promise<number> {
  const zeros = Buffer.alloc(Math.min(READY_BYTES, Math.floor(maxSegmentSize / 4)));
  try {
    await writeFully(handle, [zeros], start);
    return zeros.length;
  } catch (error) {
    if (!isNoSpace(error)) throw error;
    await handle.truncate(start);
    return 0;
  }
}
