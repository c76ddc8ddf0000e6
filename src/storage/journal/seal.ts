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
import { controlEntry } from '../format/control-entry.ts';
import type { HeaderContext, PendingEntry } from '../format/entry.ts';
import type { Seal } from '../index/journal-file.ts';
import type { StagingPool } from '../files/staging.ts';
import type { WritableFile } from './writable-file.ts';

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

function encodeFooter(footer: Footer): Buffer {
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

/** The parts of a seal, each what one payload says. */
function sealEntry(kind: EntryKind, payload: Buffer, part = 0, parts = 1): PendingEntry {
  return controlEntry({ kind, baseOffset: part, offsetCount: parts }, plainSlice(payload));
}

/** A sealed file: where its parts are, and what readers go by. */
export interface SealedFile {
  readonly seal: Seal;
  readonly index: RunIndex;
  /** Length of the file. */
  readonly end: number;
}

/**
 * Writes the end of a file, which itself stays as it is: the caller has it sealed, or cuts off what a failed attempt left
 * behind `file.written`.
 * @param checkpoint parts of the checkpoint; none when it would be too large for what it saves.
 */
export async function sealFile(
  { file, index: active, handle }: WritableFile,
  checkpoint: readonly Buffer[],
  header: HeaderContext,
  staging: StagingPool,
): Promise<SealedFile> {
  const index = await RunIndex.inSlices(active);
  const builder = new CommitBuilder(staging, false);
  const start = file.written;
  const commits: Commit[] = [];
  let end = start;
  const lay = (entries: PendingEntry[]): number => {
    const commit = builder.build(file, end, entries, header);
    commits.push(commit);
    end = commit.end;
    return entries[0]?.position ?? end;
  };
  try {
    const checkpointPosition = aligned(start);
    if (checkpoint.length > 0) {
      lay(checkpoint.map((part, i) => sealEntry(EntryKind.CHECKPOINT, part, i, checkpoint.length)));
    }
    const checkpointEnd = checkpoint.length > 0 ? end : checkpointPosition;
    const indexPosition = lay([sealEntry(EntryKind.RUN_INDEX, index.bytes)]);
    const seal = { checkpointPosition, checkpointEnd, indexPosition, indexLength: index.bytes.length };
    const { batchBytes, maxTimestampMs, hasAborts } = file;
    lay([sealEntry(EntryKind.FOOTER, encodeFooter({ ...seal, batchBytes, maxTimestampMs, hasAborts }))]);
    const buffers = commits.flatMap((commit) => commit.buffers);
    await writeFully(handle, buffers, start);
    await handle.truncate(end);
    return { seal, index, end };
  } finally {
    for (const commit of commits) for (const slice of commit.slices) slice.owner.release();
    builder.close();
  }
}
