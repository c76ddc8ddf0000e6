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
import { PartBuilder } from './parts.ts';
import type { JournalSource } from './source.ts';

/** Where the max timestamp lies in an entry header. */
const MAX_TIMESTAMP_AT = 32;

const NOTHING = Buffer.alloc(0);

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
  #builder: PartBuilder | null = null;
  /** What was read of the file, and where it starts there. */
  #bytes: Buffer = NOTHING;
  #view = viewOf(NOTHING);
  #start = 0;

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
    if (file.damaged === null || !isDamaged(file, this.#position)) return null;
    return damagedBatch(file, this.#position, this.stream);
  }

  take(): void {
    this.#builder ??= new PartBuilder(this.source.file, this.#index, this.stream, this.source.reads);
    this.#builder.add(this.#run, this.#entry);
  }

  parts(into: Part[]): void {
    this.#builder?.finish(into);
    this.#builder = null;
  }

  async loadHeaders(): Promise<void> {
    const lastBytes = Math.min(this.#index.entries.length[this.#last] as number, SCANNED_BYTES);
    await this.#load(entryPosition(this.#index, this.#last) + ENTRY_HEADER_BYTES + lastBytes);
  }

  header(): Buffer | null {
    if (!this.#isIndexed()) {
      this.#damaged();
      return null;
    }
    const at = this.#at + ENTRY_HEADER_BYTES;
    return this.#bytes.subarray(at, at + Math.min(this.byteLength, SCANNED_BYTES));
  }

  /** They are in the headers of the entries, whose checksums may cover the batches. */
  async loadTimestamps(): Promise<void> {
    await this.#load(this.#endOf(this.#last));
  }

  maxTimestampMs(): number {
    if (!this.#isSound()) throw this.#damaged();
    return getInt64(this.#view, this.#at + MAX_TIMESTAMP_AT);
  }

  async batch(): Promise<Buffer> {
    if (this.#at < 0 || this.#endOf(this.#entry) > this.#start + this.#bytes.length) {
      await this.#load(this.#endOf(this.#entry));
    }
    if (!this.#isSound() || !hasSoundBatch(this.#bytes, this.#view, this.#at)) throw this.#damaged();
    const at = this.#at + ENTRY_HEADER_BYTES;
    return this.#bytes.subarray(at, at + this.byteLength);
  }

  get #position(): number {
    return entryPosition(this.#index, this.#entry);
  }

  /** Where the entry lies in what was read. */
  get #at(): number {
    return this.#position - this.#start;
  }

  /** Where an entry may end in the file: a note may belong to it. */
  #endOf(entry: number): number {
    const end = entryPosition(this.#index, entry) + ENTRY_HEADER_BYTES + (this.#index.entries.length[entry] as number);
    return Math.min(end + ABORT_NOTE_BYTES, this.source.file.written);
  }

  /** Reads the file from here to `end`. */
  async #load(end: number): Promise<void> {
    this.#start = this.#position;
    const { file, reads } = this.source;
    this.#bytes = await reads.files.copy(file, this.#start, end);
    this.#view = viewOf(this.#bytes);
  }

  #isIndexed(): boolean {
    return isIndexedBatch(this.#view, this.#at, this.#index, this.#run, this.#entry);
  }

  #isSound(): boolean {
    const { salt } = this.source.file;
    return this.#isIndexed() && hasSoundCrc(this.#bytes, this.#view, this.#at, salt, this.#position);
  }

  #damaged(): StorageError {
    return this.source.reads.damage.batch(this.source.file, this.#position, this.stream);
  }
}
