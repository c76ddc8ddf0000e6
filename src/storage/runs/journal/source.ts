/** A journal file, being written or sealed, as something that holds runs. */
import type { AbortSearch } from '../../index/abort-index.ts';
import type { FileIndex } from '../../index/file-index.ts';
import type { JournalFile } from '../../index/journal-file.ts';
import type { StreamId } from '../../types.ts';
import type { Pins, RangeVisitor, RunSource } from '../run-source.ts';
import { NeedsIndex } from '../run-source.ts';
import { JournalCursor } from './cursor.ts';
import type { JournalReads } from './file-part.ts';

class NeedsFileIndex extends NeedsIndex {
  readonly #source: JournalSource;

  constructor(source: JournalSource) {
    super();
    this.#source = source;
  }

  async load(pins: Pins): Promise<void> {
    const { file, reads } = this.#source;
    pins.set(this.#source, await reads.files.indexes.load(file));
  }
}

export class JournalSource implements RunSource {
  readonly file: JournalFile;
  readonly reads: JournalReads;
  readonly #needsIndex = new NeedsFileIndex(this);

  constructor(file: JournalFile, reads: JournalReads) {
    this.file = file;
    this.reads = reads;
  }

  get firstSequence(): number {
    return this.file.sequence;
  }

  get lastSequence(): number {
    return this.file.sequence;
  }

  get name(): string {
    return this.file.path;
  }

  get storedBytes(): number {
    return this.file.written;
  }

  get batchBytes(): number {
    return this.file.batchBytes;
  }

  get hasAborts(): boolean {
    return this.file.hasAborts;
  }

  get isReferenced(): boolean {
    return this.file.references > 0;
  }

  retain(): void {
    this.file.references += 1;
  }

  release(): void {
    this.file.references -= 1;
  }

  find(stream: StreamId, offset: number, pins: Pins | null): JournalCursor | NeedsIndex | null {
    const index = this.#index(pins);
    if (index === null) return this.#isWithout(stream) ? null : this.#needsIndex;
    const run = index.find(stream, offset);
    return run < 0 ? null : new JournalCursor(this, stream, index, run, offset);
  }

  endOf(stream: StreamId, pins: Pins | null): number | NeedsIndex {
    const index = this.#index(pins);
    if (index === null) return this.#isWithout(stream) ? -1 : this.#needsIndex;
    return index.endOf(stream);
  }

  searchAborts(stream: StreamId, search: AbortSearch, pins: Pins | null): boolean | NeedsIndex {
    const index = this.#index(pins);
    if (index === null) return this.#isWithout(stream) ? false : this.#needsIndex;
    return index.aborts.search(stream, search);
  }

  visitRanges(from: number, visit: RangeVisitor, pins: Pins | null): number | NeedsIndex {
    const index = this.#index(pins);
    if (index === null) return this.#needsIndex;
    const { stream, baseOffset, endOffset, byteLength } = index.runs;
    for (let run = from; run < index.runCount; run++) {
      const goesOn = visit(
        stream[run] as number,
        baseOffset[run] as number,
        endOffset[run] as number,
        byteLength[run] as number,
      );
      if (!goesOn) return run;
    }
    return -1;
  }

  /** Nothing of the stream is here, as far as that is known without the index. */
  #isWithout(stream: StreamId): boolean {
    return !this.reads.files.indexes.mayHold(this.file, stream);
  }

  #index(pins: Pins | null): FileIndex | null {
    const index = (pins?.get(this) as FileIndex | undefined) ?? this.file.index;
    if (index !== null) index.isUsed = true;
    return index;
  }
}
