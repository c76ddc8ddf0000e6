/**
 * Seals a full journal file: a checkpoint of all streams, the run index, the footer, end of file. From then on the file
 * is read through its footer and a start needs nothing that lies before its checkpoint.
 */
import type { ActiveIndex } from '../index/active-index.ts';
import { CHECKPOINT_PART_BYTES } from '../index/checkpoint.ts';
import { writeFully } from '../files/files.ts';
import { aligned, ENTRY_HEADER_BYTES, EntryKind, FILE_HEADER_BYTES, setInt64, viewOf } from '../format/format.ts';
import { indexBytes, RunIndex } from '../index/run-index.ts';
import { plainSlice } from '../../base/counted.ts';
import type { Commit } from './commit.ts';
import { CommitBuilder } from './commit.ts';
import type { HeaderContext } from '../format/entry.ts';
import { PendingEntry } from '../format/entry.ts';
import type { JournalFile, Seal } from '../index/journal-file.ts';
import type { StagingPool } from '../files/staging.ts';

/** Payload of a footer: u16 version, u16 flags, then positions and lengths. */
export const FOOTER_BYTES = 56;
const FOOTER_VERSION = 1;
/** Flag: the index has aborted transactions. */
const FOOTER_FLAG_ABORTS = 1;

/** Bytes of a footer entry, which ends every sealed file at a multiple of 8. */
export const FOOTER_ENTRY_BYTES = ENTRY_HEADER_BYTES + FOOTER_BYTES;

/** Blocks of the file system that a seal begins besides those it fills: behind the old end, and in the next file. */
const BEGUN_BLOCKS_BYTES = 2 * 4096;

/** Bytes of the disk that a seal takes, with the header of the next file, at most. */
export function sealBytes({ runCount, entryCount, aborts }: ActiveIndex, checkpointBytes: number): number {
  const checkpoint = checkpointBytes + ENTRY_HEADER_BYTES * (1 + Math.ceil(checkpointBytes / CHECKPOINT_PART_BYTES));
  const counts = { runs: runCount, entries: entryCount, aborts: aborts.count };
  const index = ENTRY_HEADER_BYTES + indexBytes(counts);
  return checkpoint + index + FOOTER_ENTRY_BYTES + FILE_HEADER_BYTES + BEGUN_BLOCKS_BYTES;
}

/** What a footer holds. */
export interface Footer extends Seal {
  readonly batchBytes: number;
  readonly maxTimestampMs: number;
  readonly hasAborts: boolean;
}

export function encodeFooter(footer: Footer): Buffer {
  const bytes = Buffer.alloc(FOOTER_BYTES);
  const view = viewOf(bytes);
  view.setUint16(0, FOOTER_VERSION, true);
  view.setUint16(2, footer.hasAborts ? FOOTER_FLAG_ABORTS : 0, true);
  setInt64(view, 8, footer.checkpointPosition);
  setInt64(view, 16, footer.checkpointEnd);
  setInt64(view, 24, footer.indexPosition);
  setInt64(view, 32, footer.indexLength);
  setInt64(view, 40, footer.batchBytes);
  setInt64(view, 48, footer.maxTimestampMs);
  return bytes;
}

export function decodeFooter(bytes: Buffer): Footer | null {
  if (bytes.length !== FOOTER_BYTES || bytes.readUInt16LE(0) !== FOOTER_VERSION) return null;
  const at = (offset: number): number => Number(bytes.readBigInt64LE(offset));
  return {
    checkpointPosition: at(8),
    checkpointEnd: at(16),
    indexPosition: at(24),
    indexLength: at(32),
    batchBytes: at(40),
    maxTimestampMs: at(48),
    hasAborts: (bytes.readUInt16LE(2) & FOOTER_FLAG_ABORTS) !== 0,
  };
}

function controlEntry(kind: EntryKind, payload: Buffer, part: number, parts: number): PendingEntry {
  const fields = {
    kind,
    flags: 0,
    stream: 0,
    baseOffset: part,
    offsetCount: parts,
    leaderEpoch: -1,
    maxTimestampMs: -1,
  };
  return new PendingEntry(fields, -1, plainSlice(payload), false, null);
}

/**
 * Writes the end of `file`.
 * @param checkpoint parts of the checkpoint; none when it would be too large for what it saves.
 * @returns the file's index for readers. On failure nothing is changed but bytes behind `file.written`.
 */
export async function sealFile(
  file: JournalFile,
  checkpoint: readonly Buffer[],
  header: HeaderContext,
  staging: StagingPool,
): Promise<RunIndex> {
  const index = RunIndex.fromActive(file.index as ActiveIndex);
  const builder = new CommitBuilder(staging, false);
  const start = file.written;
  const commits: Commit[] = [];
  const lay = (entries: PendingEntry[]): number => {
    const commit = builder.build(file, entries, header);
    commits.push(commit);
    file.written = commit.end; // the next commit is laid down behind this one
    return entries[0]?.position ?? commit.end;
  };
  try {
    const checkpointPosition = aligned(start);
    if (checkpoint.length > 0) {
      lay(checkpoint.map((part, i) => controlEntry(EntryKind.CHECKPOINT, part, i, checkpoint.length)));
    }
    const checkpointEnd = checkpoint.length > 0 ? file.written : checkpointPosition;
    const indexPosition = lay([controlEntry(EntryKind.RUN_INDEX, index.bytes, 0, 1)]);
    const indexLength = index.bytes.length;
    const seal = { checkpointPosition, checkpointEnd, indexPosition, indexLength };
    const { batchBytes, maxTimestampMs, hasAborts } = file;
    const footer = encodeFooter({ ...seal, batchBytes, maxTimestampMs, hasAborts });
    lay([controlEntry(EntryKind.FOOTER, footer, 0, 1)]);
    const end = file.written;
    file.written = start;
    file.claimed = end;
    const handle = file.handle;
    if (handle !== null) {
      await writeFully(
        handle,
        commits.flatMap((commit) => commit.buffers),
        start,
      );
      await handle.truncate(end);
    }
    file.written = end;
    file.seal = seal;
    return index;
  } finally {
    if (file.seal === null) file.written = start;
    for (const commit of commits) for (const slice of commit.slices) slice.owner.release();
    builder.close();
  }
}
