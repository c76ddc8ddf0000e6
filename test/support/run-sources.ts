/** Sources of runs made of given batches: journal files and segments. */
import { plainSlice } from '../../src/base/counted.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom, type Random } from '../../src/base/random.ts';
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
import type { JournalReads } from '../../src/storage/runs/journal/file-part.ts';
import { JournalSource } from '../../src/storage/runs/journal/source.ts';
import { BlockCompressor } from '../../src/storage/segment/block.ts';
import { segmentFileName } from '../../src/storage/segment/descriptor.ts';
import { SegmentEncoder } from '../../src/storage/segment/encoder.ts';
import type { SegmentSizes } from '../../src/storage/segment/format.ts';
import { Segment } from '../../src/storage/segment/segment.ts';
import { SegmentStore } from '../../src/storage/segment/store.ts';
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

/** Where journal files and segments for tests lie. */
export class JournalFolder {
  readonly disk = new FaultyDisk(seededRandom(1));
  readonly reads: JournalReads;
  readonly store: SegmentStore;
  #segments = 0;

  /**
   * @param indexBytes budget of the indexes in memory
   * @param cachedBytes what the page cache is taken to have of the newest bytes
   */
  constructor(indexBytes: number, cachedBytes = 0) {
    const damage = new DamageLog(silentLogger);
    const stats = new EngineStats();
    const quick = new QuickReads(new ManualClock(), stats, cachedBytes);
    const indexes = new IndexCache(indexBytes);
    const files = new FileTable(this.disk, indexes, quick, damage);
    const buffers = new ReadBufferPool();
    this.reads = { files, buffers, stats, damage };
    const budgets = { blockBudgetBytes: indexBytes, usesThreads: false };
    this.store = new SegmentStore({ files: this.disk, quick, buffers, stats, damage, indexes, ...budgets });
  }

  /** A segment with these batches, which come by stream in order, with small blocks and pages. */
  segment(
    interval: readonly [number, number],
    batches: readonly SourceBatch[],
    random: Random,
    fixed: Partial<SegmentSizes> & { readonly level?: number } = {},
  ): Segment {
    const sizes = {
      blockBytes: 1 + random.int(3000),
      sharedBlockBytes: 1 + random.int(500),
      pageBytes: 1 + random.int(1500),
      ...fixed,
    };
    const [firstSequence, lastSequence] = interval;
    const pieces: Buffer[] = [];
    let position = 0;
    const sink = {
      get position() {
        return position;
      },
      write(bytes: Buffer) {
        pieces.push(Buffer.from(bytes));
        position += bytes.length;
      },
    };
    const mergeId = ++this.#segments;
    const names = { mergeId, number: 0, salt: random.int(2 ** 32), firstSequence, lastSequence };
    const compressor = new BlockCompressor(fixed.level ?? random.int(4), new ManualClock());
    const options = {
      ...names,
      createdMs: 1,
      clusterId: 'test',
      isCompacted: false,
      compressor,
      sizes,
    };
    const encoder = new SegmentEncoder(options, sink);
    const sorted = batches.toSorted((a, b) => a.stream - b.stream || a.baseOffset - b.baseOffset);
    for (const batch of sorted) encoder.add({ ...batch, isRecordBatch: true }, batch.aborted);
    const descriptor = encoder.finish();
    const path = `/segments/${segmentFileName(descriptor)}`;
    this.disk.put(path, Buffer.concat(pieces));
    return new Segment(this.store, path, descriptor);
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
