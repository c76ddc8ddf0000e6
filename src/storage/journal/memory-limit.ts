/**
 * Keeps a journal in memory within its bound: when it is full the oldest data of topics that are not internal goes, a
 * file at a time, by moving log start offsets. What internal topics have in such a file is copied together, so that
 * little of them does not hold much of others; and so are newest snapshots, until they are written anew (`reclaim.ts`).
 */
import type { EngineContext } from '../context.ts';
import type { JournalFile } from '../index/journal-file.ts';
import { keepInMemory } from '../runs/journal/memory.ts';
import { JournalSource } from '../runs/journal/source.ts';
import type { RunSource } from '../runs/run-source.ts';
import { NeedsIndex } from '../runs/run-source.ts';
import type { StreamId } from '../types.ts';
import { StorageError } from '../types.ts';

export class MemoryLimit {
  readonly #context: EngineContext;
  readonly #maxBytes: number;
  #warned = false;

  constructor(context: EngineContext, maxBytes: number) {
    this.#context = context;
    this.#maxBytes = maxBytes;
  }

  /** Why batches are refused: internal data alone exceeds the bound by far; else null. */
  get refusal(): StorageError | null {
    if (this.#context.cache.byteLength <= 2 * this.#maxBytes) return null;
    return new StorageError('MEMORY_FULL', 'The journal in memory is full');
  }

  /** Drops old data until the rest fits, or nothing is left that may go. */
  enforce(): void {
    const { cache, sources, table, logger } = this.#context;
    const maxMemoryBytes = this.#maxBytes;
    if (cache.byteLength <= maxMemoryBytes) return;
    // What was written anew is kept for those who read it, as long as nothing else has to go for that.
    cache.dropUnless((file) => table.get(file.sequence) === file);
    for (const source of sources.all.slice(0, -1)) {
      if (cache.byteLength <= maxMemoryBytes) break;
      if (!(source instanceof JournalSource)) continue;
      if (!this.#warned) {
        this.#warned = true;
        logger.warn('memory-full', 'The journal in memory is full: the oldest records are dropped from now on', {
          maxMemoryBytes,
        });
      }
      this.#drop(source);
    }
  }

  #drop(source: JournalSource): void {
    const { cache, table, directory, sources } = this.#context;
    const needs = (stream: StreamId, endOffset: number): boolean => {
      const row = directory.find(stream);
      return row >= 0 && directory.isInternal(row) && endOffset > directory.logStart.get(row);
    };
    this.#advanceLogStarts(source);
    if (keepInMemory(source, cache, needs, this.#snapshotsIn(source.file)) > 0) return;
    table.remove(source.file);
    sources.removeFile(source.file.sequence);
  }

  /** Where newest snapshots lie in the file: what they say is in no batch that stays. */
  #snapshotsIn({ sequence }: JournalFile): number[] {
    const { snapshotFile, snapshotPosition, rowLimit } = this.#context.directory;
    const positions: number[] = [];
    for (let row = 0; row < rowLimit; row++) {
      if (snapshotFile.get(row) === sequence) positions.push(snapshotPosition.get(row));
    }
    return positions;
  }

  /** Moves the log starts of ordinary streams past the source. */
  #advanceLogStarts(source: RunSource): void {
    const { directory } = this.#context;
    const visit = (stream: StreamId, baseOffset: number, endOffset: number, byteLength: number): boolean => {
      const row = directory.find(stream);
      if (row < 0 || directory.isInternal(row)) return true;
      // What a trim has counted is taken off by the trim; the batch that it cut is counted here, in full.
      const countedEnd = Math.max(directory.journaledStart.get(row), directory.countedTrims.get(stream) ?? 0);
      if (endOffset <= countedEnd) return true;
      const liveBytes = baseOffset >= countedEnd ? byteLength : bytesFrom(source, stream, countedEnd);
      directory.journaledStart.set(row, endOffset);
      directory.logStart.set(row, Math.max(endOffset, directory.logStart.get(row)));
      directory.addLiveBytes(row, -liveBytes);
      return true;
    };
    source.visitRanges(0, visit, null);
  }
}

/** Bytes of the batches that end after `offset` in the run that holds it. */
function bytesFrom(source: RunSource, stream: StreamId, offset: number): number {
  const cursor = source.find(stream, offset, null);
  if (cursor === null || cursor instanceof NeedsIndex) return 0;
  let byteLength = 0;
  do byteLength += cursor.byteLength;
  while (cursor.nextInRun());
  return byteLength;
}
