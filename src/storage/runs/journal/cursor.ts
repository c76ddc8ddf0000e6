/** A cursor over the index of one journal file, and what it reads of the file. */
import type { Part } from '../../../base/counted.ts';
import { ABORT_NOTE_BYTES } from '../../format/abort-note.ts';
import { hasSoundBatch, hasSoundCrc } from '../../format/batch.ts';
import { ENTRY_HEADER_BYTES, getInt64, viewOf } from '../../format/format.ts';
import type { FileIndex } from '../../index/file-index.ts';
import { entryAt, entryEndOffset, entryPosition } from '../../index/file-index.ts';
import { isIndexedBatch } from '../../index/indexed-batch.ts';
import type { StorageError, StreamId } from '../../types.ts';
import { SCANNED_BYTES } from '../../types.ts';
import { damagedBatch, isDamaged } from '../damage.ts';
import type { BatchCursor } from '../run-source.ts';
import { BatchesPart } from './batches-part.ts';
import { PART_BYTES } from './file-part.ts';
import { pushLarge } from './payload-part.ts';
import type { JournalSource } from './source.ts';

/** Where the max timestamp lies in an entry header. */
const MAX_TIMESTAMP_AT = 32;

/** Bytes of the file that were read, from position `start` on. */
class Stretch {
  readonly start: number;
  readonly bytes: Buffer;
  readonly view: DataView;

  constructor(start: number, bytes: Buffer) {
    this.start = start;
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }

  /** True when it has the bytes between two positions. */
  holds(start: number, end: number): boolean {
    return this.start <= start && end <= this.start + this.bytes.length;
  }
}

/** One is made for every read: what only searches need is kept apart, and it has no private methods, which cost more to make. */
export class JournalCursor implements BatchCursor {
  readonly source: JournalSource;
  readonly stream: StreamId;
  /** The journal has no batches of a stream in a file but those in its index. */
  readonly mayGoOn = false;
  readonly #index: FileIndex;
  #run: number;
  #entry: number;
  /** The last entry of the run. */
  #last: number;
  /** What takes in the next batch, as long as it is not too large. */
  #part: BatchesPart | null = null;
  #stretch: Stretch | null = null;

  /** On the batch of `run` that `offset` lies in; on its first when it lies before. */
  constructor(source: JournalSource, stream: StreamId, index: FileIndex, run: number, offset: number) {
    const { baseOffset, firstEntry, entryCount } = index.runs;
    this.source = source;
    this.stream = stream;
    this.#index = index;
    this.#run = run;
    this.#entry = offset <= (baseOffset[run] as number) ? (firstEntry[run] as number) : entryAt(index, run, offset);
    this.#last = (firstEntry[run] as number) + (entryCount[run] as number) - 1;
  }

  get baseOffset(): number {
    const { runs, entries } = this.#index;
    return (runs.baseOffset[this.#run] as number) + (entries.offsetDelta[this.#entry] as number);
  }

  get endOffset(): number {
    return entryEndOffset(this.#index, this.#run, this.#entry);
  }

  get byteLength(): number {
    return this.#index.entries.length[this.#entry] as number;
  }

  get runBaseOffset(): number {
    return this.#index.runs.baseOffset[this.#run] as number;
  }

  get runEndOffset(): number {
    return this.#index.runs.endOffset[this.#run] as number;
  }

  get runByteLength(): number {
    return this.#index.runs.byteLength[this.#run] as number;
  }

  get runMaxTimestampMs(): number {
    return this.#index.runs.maxTimestampMs[this.#run] as number;
  }

  /** In files from before it was kept, when the file was made. */
  get runWrittenMs(): number {
    return (this.#index.runs.writtenMs[this.#run] as number) || this.source.file.createdMs;
  }

  get leaderEpoch(): number {
    return this.#index.runs.leaderEpoch[this.#run] as number;
  }

  next(): boolean {
    return this.nextInRun() || this.nextRun();
  }

  nextInRun(): boolean {
    if (this.#entry >= this.#last) return false;
    this.#entry += 1;
    return true;
  }

  nextRun(): boolean {
    const run = this.#index.next(this.#run);
    if (run < 0) return false;
    const { firstEntry, entryCount } = this.#index.runs;
    this.#run = run;
    this.#entry = firstEntry[run] as number;
    this.#last = this.#entry + (entryCount[run] as number) - 1;
    return true;
  }

  copy(): JournalCursor {
    return new JournalCursor(this.source, this.stream, this.#index, this.#run, this.baseOffset);
  }

  refusal(): StorageError | null {
    const { file } = this.source;
    if (file.damaged === null) return null;
    const position = entryPosition(this.#index, this.#entry);
    return isDamaged(file, position) ? damagedBatch(file, position, this.stream) : null;
  }

  take(into: Part[]): void {
    const run = this.#run;
    const entry = this.#entry;
    // What was read ahead goes on behind a part that is loaded already: it must not grow.
    if (this.#part !== null && into.at(-1) === this.#part && this.#part.grows(run, entry)) return;
    const index = this.#index;
    const { file, reads } = this.source;
    this.#part = null;
    if (ENTRY_HEADER_BYTES + (index.entries.length[entry] as number) > PART_BYTES) {
      pushLarge({ index, run, entry }, file, reads, into);
      return;
    }
    this.#part = new BatchesPart({ index, run, entry }, this.stream, file, reads);
    into.push(this.#part);
  }

  async loadHeaders(): Promise<void> {
    const start = entryPosition(this.#index, this.#entry);
    const lastBytes = Math.min(this.#index.entries.length[this.#last] as number, SCANNED_BYTES);
    const end = entryPosition(this.#index, this.#last) + ENTRY_HEADER_BYTES + lastBytes;
    this.#stretch = await stretchOf(this.source, start, end);
  }

  header(): Buffer | null {
    const stretch = this.#stretch as Stretch;
    const position = entryPosition(this.#index, this.#entry);
    const at = position - stretch.start;
    if (!isIndexedBatch(stretch.view, at, this.#index, this.#run, this.#entry)) {
      this.source.reads.damage.batch(this.source.file, position, this.stream);
      return null;
    }
    const start = at + ENTRY_HEADER_BYTES;
    return stretch.bytes.subarray(start, start + Math.min(this.byteLength, SCANNED_BYTES));
  }

  /** They are in the headers of the entries, whose checksums may cover the batches. */
  async loadTimestamps(): Promise<void> {
    const start = entryPosition(this.#index, this.#entry);
    this.#stretch = await stretchOf(this.source, start, endOf(this.source, this.#index, this.#last));
  }

  maxTimestampMs(): number {
    const stretch = this.#stretch as Stretch;
    const position = entryPosition(this.#index, this.#entry);
    const at = position - stretch.start;
    const { file, reads } = this.source;
    const isSound =
      isIndexedBatch(stretch.view, at, this.#index, this.#run, this.#entry) &&
      hasSoundCrc(stretch.bytes, stretch.view, at, file.salt, position);
    if (!isSound) throw reads.damage.batch(file, position, this.stream);
    return getInt64(stretch.view, at + MAX_TIMESTAMP_AT);
  }

  async batch(): Promise<Buffer> {
    const position = entryPosition(this.#index, this.#entry);
    const end = endOf(this.source, this.#index, this.#entry);
    if (this.#stretch?.holds(position, end) !== true) this.#stretch = await stretchOf(this.source, position, end);
    this.maxTimestampMs();
    const { bytes, view, start } = this.#stretch;
    const { file, reads } = this.source;
    if (!hasSoundBatch(bytes, view, position - start)) throw reads.damage.batch(file, position, this.stream);
    const at = position - start + ENTRY_HEADER_BYTES;
    return bytes.subarray(at, at + this.byteLength);
  }
}

/** Where an entry may end in the file: a note may belong to it. */
function endOf({ file }: JournalSource, index: FileIndex, entry: number): number {
  const end = entryPosition(index, entry) + ENTRY_HEADER_BYTES + (index.entries.length[entry] as number);
  return Math.min(end + ABORT_NOTE_BYTES, file.written);
}

async function stretchOf({ file, reads }: JournalSource, start: number, end: number): Promise<Stretch> {
  return new Stretch(start, await reads.files.copy(file, start, end));
}
