/** Sources of runs made of given batches: in memory without anything around the batches, and as a journal file. */
import { plainSlice } from '../../src/base/counted.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { QuickReads } from '../../src/storage/files/quick-reads.ts';
import { ReadBufferPool } from '../../src/storage/files/read-buffers.ts';
import { withAbortNote } from '../../src/storage/format/abort-note.ts';
import { writeEntryHeader } from '../../src/storage/format/entry.ts';
import {
  aligned,
  ENTRY_HEADER_BYTES,
  EntryKind,
  FILE_HEADER_BYTES,
  FLAG_ABORT_NOTE,
  FLAG_RECORD_BATCH,
  viewOf,
} from '../../src/storage/format/format.ts';
import { ActiveIndex } from '../../src/storage/index/active-index.ts';
import { JournalFile } from '../../src/storage/index/journal-file.ts';
import { RunIndex } from '../../src/storage/index/run-index.ts';
import { DamageLog } from '../../src/storage/runs/damage.ts';
import { IndexCache } from '../../src/storage/runs/index-cache.ts';
import { FileTable } from '../../src/storage/runs/journal/file-table.ts';
import type { JournalReads } from '../../src/storage/runs/journal/parts.ts';
import { JournalSource } from '../../src/storage/runs/journal/source.ts';
import { EngineStats } from '../../src/storage/stats.ts';
import type { AbortedTransaction } from '../../src/storage/types.ts';
import { FaultyDisk } from './faulty-disk.ts';

export interface SourceBatch {
  readonly stream: number;
  readonly baseOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly leaderEpoch: number;
  readonly maxTimestampMs: number;
  readonly writtenMs: number;
  /** A v2 record batch that says the same. */
  readonly bytes: Buffer;
  readonly aborted: AbortedTransaction | null;
}

/** Where journal files for tests lie. */
export class JournalFolder {
  readonly disk = new FaultyDisk(seededRandom(1));
  readonly reads: JournalReads;

  /** @param indexBytes budget of the indexes in memory */
  constructor(indexBytes: number) {
    const damage = new DamageLog(silentLogger);
    const stats = new EngineStats();
    const quick = new QuickReads(new ManualClock(), stats, 0);
    const files = new FileTable(this.disk, new IndexCache(indexBytes), quick, damage);
    this.reads = { files, buffers: new ReadBufferPool(), stats, damage };
  }

  /** A journal file with these batches in this order; sealed, it has its index on the disk only. */
  file(sequence: number, batches: readonly SourceBatch[], isSealed: boolean): JournalSource {
    const path = `/journal/${sequence}`;
    const file = new JournalFile({ sequence, path, salt: sequence * 77, createdMs: 1, startLsn: 0 });
    const index = new ActiveIndex();
    const bytes: Buffer[] = [Buffer.alloc(FILE_HEADER_BYTES)];
    const lay = (fields: Parameters<typeof writeEntryHeader>[2], payload: Buffer, writtenMs: number): number => {
      const position = aligned(file.written);
      const entry = Buffer.alloc(position - file.written + ENTRY_HEADER_BYTES);
      const context = { salt: file.salt, syncedFilesBack: 0, syncedPosition: 0, recycledEnd: 0, writtenMs };
      writeEntryHeader(viewOf(entry), position - file.written, fields, payload, { position, context });
      bytes.push(entry, payload);
      file.written = position + ENTRY_HEADER_BYTES + payload.length;
      return position;
    };
    for (const batch of batches) {
      const { aborted, writtenMs } = batch;
      const payload = aborted === null ? batch.bytes : withAbortNote(batch.bytes, aborted);
      const flags = aborted === null ? FLAG_RECORD_BATCH : FLAG_ABORT_NOTE;
      const fields = { ...batch, offsetCount: batch.endOffset - batch.baseOffset };
      const position = lay({ ...fields, kind: EntryKind.BATCH, flags }, payload, writtenMs);
      index.add(fields, position, batch.bytes.length, writtenMs);
      file.batchBytes += batch.bytes.length;
      if (aborted === null) continue;
      index.aborts.add(batch.stream, aborted);
      file.hasAborts = true;
    }
    if (isSealed) {
      const { bytes: payload } = RunIndex.fromActive(index);
      const nothing = { stream: 0, baseOffset: 0, offsetCount: 1, leaderEpoch: -1, maxTimestampMs: -1 };
      const indexPosition = lay({ ...nothing, kind: EntryKind.RUN_INDEX, flags: 0 }, payload, 0);
      file.seal = { checkpointPosition: 0, checkpointEnd: 0, indexPosition, indexLength: payload.length };
    } else file.index = index;
    this.disk.put(path, Buffer.concat(bytes));
    // What is written last is in memory still.
    if (!isSealed) file.resident.push(0, plainSlice(Buffer.concat(bytes)));
    return new JournalSource(file, this.reads);
  }
}
