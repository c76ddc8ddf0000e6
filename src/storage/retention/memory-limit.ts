/**
 * Keeps a journal in memory within its bound: when it is full the oldest data of topics that are not internal goes, a
 * file at a time, by moving log start offsets. What internal topics have in such a file is copied together, so that
 * little of them does not hold much of others.
 */
import { noteBytes } from '../format/abort-note.ts';
import type { EngineContext } from '../context.ts';
import { entryAt, entryPosition } from '../index/file-index.ts';
import { ENTRY_HEADER_BYTES } from '../format/format.ts';
import type { JournalFile } from '../index/journal-file.ts';
import { RunIndex } from '../index/run-index.ts';
import { StorageError } from '../types.ts';

export class MemoryLimit {
  readonly #context: EngineContext;
  #warned = false;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** @throws StorageError MEMORY_FULL when internal data alone exceeds the bound by far. */
  refuse(): void {
    const { cache, maxMemoryBytes } = this.#context;
    if (cache.byteLength > 2 * maxMemoryBytes) throw new StorageError('MEMORY_FULL', 'The journal in memory is full');
  }

  /** Drops old data until the rest fits, or nothing is left that may go. */
  enforce(): void {
    const { cache, maxMemoryBytes, table, logger } = this.#context;
    if (cache.byteLength <= maxMemoryBytes) return;
    for (const file of table.list.slice(0, -1)) {
      if (cache.byteLength <= maxMemoryBytes) break;
      if (file.removed) continue;
      if (!this.#warned) {
        this.#warned = true;
        logger.warn('memory-full', 'The journal in memory is full: the oldest records are dropped from now on', {
          maxMemoryBytes,
        });
      }
      this.#drop(file);
    }
  }

  #drop(file: JournalFile): void {
    const { cache, table } = this.#context;
    const index = file.index;
    if (!(index instanceof RunIndex)) return;
    const kept = this.#advanceLogStarts(index);
    const copies = kept.map((entry) => this.#copyEntry(file, index, entry));
    if (copies.reduce((sum, [, bytes]) => sum + bytes.length, 0) >= file.batchBytes) return; // nothing to gain
    cache.drop(file);
    if (copies.length === 0) {
      table.remove(file);
      return;
    }
    cache.restore(file, copies);
  }

  /** Moves the log starts of ordinary streams past the file; gives the entries that internal streams still need. */
  #advanceLogStarts(index: RunIndex): number[] {
    const { directory } = this.#context;
    const kept: number[] = [];
    for (let run = 0; run < index.runCount; run++) {
      const row = directory.find(index.runs.stream[run] as number);
      const end = index.runs.endOffset[run] as number;
      if (row < 0 || end <= (directory.logStart[row] as number)) continue;
      const first = index.runs.firstEntry[run] as number;
      const past = first + (index.runs.entryCount[run] as number);
      if (directory.isInternal(row)) {
        for (let entry = first; entry < past; entry++) kept.push(entry);
        continue;
      }
      // What a trim took before is not counted any more; the batch that it cut is, in full.
      const base = Math.max(directory.logStart[row] as number, index.runs.baseOffset[run] as number);
      let liveBytes = 0;
      for (let entry = entryAt(index, run, base); entry < past; entry++) {
        liveBytes += index.entries.length[entry] as number;
      }
      directory.logStart[row] = directory.journaledStart[row] = end;
      directory.addLiveBytes(row, -liveBytes);
    }
    return kept.sort((a, b) => a - b);
  }

  #copyEntry(file: JournalFile, index: RunIndex, entry: number): [position: number, bytes: Buffer] {
    const position = entryPosition(index, entry);
    const header = Buffer.alloc(ENTRY_HEADER_BYTES);
    file.pieces.copy(position, position + header.length, header);
    const length = ENTRY_HEADER_BYTES + (index.entries.length[entry] as number) + noteBytes(header.readUInt8(9));
    const bytes = Buffer.alloc(length);
    file.pieces.copy(position, position + length, bytes);
    return [position, bytes];
  }
}
