/** The streams of an open engine: makes and ends them, says how they stand, and takes what is appended to them. */
import { ROW_INTERNAL, ROW_QUEUED } from './directory.ts';
import type { Directory } from './directory.ts';
import { batchEntry } from './format/batch-entry.ts';
import { EntryKind } from './format/format.ts';
import type { ControlEntries } from './journal/control.ts';
import type { Journal } from './journal/journal.ts';
import { CATALOG_STREAM, StorageError } from './types.ts';
import type { LaidAppend, StreamAppend, StreamId, StreamOptions, StreamState } from './types.ts';

export class Streams {
  readonly #directory: Directory;
  readonly #journal: Journal;
  readonly #control: ControlEntries;
  #isClosing = false;

  constructor(directory: Directory, journal: Journal, control: ControlEntries) {
    this.#directory = directory;
    this.#journal = journal;
    this.#control = control;
  }

  /** Takes nothing more but what the catalog writes. */
  close(): void {
    this.#isClosing = true;
  }

  /** See LogEngine. */
  create(stream: StreamId, options: StreamOptions = {}): void {
    const directory = this.#directory;
    const isInternal = options.internal === true;
    const known = directory.find(stream);
    if (known >= 0 && (!isInternal || directory.isInternal(known))) return;
    this.refuseUnlessFull();
    if (known >= 0) directory.flags.set(known, directory.flags.get(known) | ROW_INTERNAL);
    else directory.add(stream, ROW_QUEUED | (isInternal ? ROW_INTERNAL : 0));
    this.#control.push({ kind: EntryKind.STREAM_CREATED, stream, offsetCount: isInternal ? 1 : 0 });
  }

  /** Forgets the stream at once; resolves when the device has it. */
  async delete(stream: StreamId): Promise<void> {
    this.#directory.remove(stream);
    // Whoever asked may forget the stream then, and a start must not find it again.
    await this.#control.committed({ kind: EntryKind.STREAM_DELETED, stream }, null, 'fsync');
  }

  *ids(): Generator<StreamId, void, undefined> {
    for (const [stream] of this.#directory.entries()) yield stream;
  }

  has(stream: StreamId): boolean {
    return this.#directory.find(stream) >= 0;
  }

  /** @throws StorageError NOT_FOUND */
  state(stream: StreamId): StreamState {
    const row = this.rowOf(stream);
    const directory = this.#directory;
    return {
      logStartOffset: directory.logStart.get(row),
      logEndOffset: directory.logEnd.get(row),
      liveBytes: directory.liveBytes.get(row),
    };
  }

  /** Where the next append to the stream goes, which is made unless it is there. */
  createdEndOffset(stream: StreamId): number {
    let row = this.#directory.find(stream);
    if (row < 0) {
      this.create(stream);
      row = this.rowOf(stream);
    }
    return this.#directory.logEnd.get(row);
  }

  append(append: StreamAppend | LaidAppend): void {
    this.#refuse(append.stream === CATALOG_STREAM);
    const row = this.rowOf(append.stream);
    const logEnd = this.#directory.logEnd.get(row);
    if (append.baseOffset !== logEnd || append.offsetCount < 1) {
      throw new RangeError(`Append at ${append.baseOffset} to stream ${append.stream}, which ends at ${logEnd}`);
    }
    const entry = batchEntry(append, row, this.#journal.needsSync(append.durability));
    this.#directory.moveEnd(row, append.baseOffset + append.offsetCount);
    this.#journal.push(entry);
  }

  /** The stream's row in the directory. @throws StorageError NOT_FOUND */
  rowOf(stream: StreamId): number {
    const row = this.#directory.find(stream);
    if (row < 0) throw new StorageError('NOT_FOUND', `No stream ${stream}`);
    return row;
  }

  /** What frees space is taken on a full disk too. @throws StorageError */
  refuseUnlessFull(): void {
    if (!this.#journal.isFull) this.#refuse();
  }

  /** The catalog's copy goes on on a full disk, and while the engine is being closed, as long as the journal takes it. */
  #refuse(isCatalog = false): void {
    if (this.#isClosing && !isCatalog) throw new StorageError('CLOSED', 'The engine is closed');
    const { refusal, isFull } = this.#journal;
    if (refusal !== null && !(isCatalog && isFull)) throw refusal;
  }
}
