/**
 * Entries of a journal file at hand: some that follow each other by (stream, offset), read in the order in which they lie
 * in the file. Neighbours are read together.
 */
import { readFullySync } from '../files/files.ts';
import { ABORT_NOTE_BYTES } from '../format/abort-note.ts';
import { ENTRY_HEADER_BYTES, viewOf } from '../format/format.ts';
import { entryPosition } from '../index/file-index.ts';
import { DamagedInput } from './input.ts';
import type { OpenJournal } from './journal-input.ts';
import type { ReadMemory } from './read-memory.ts';

/** A gap up to this is read with what is around it: a read costs about as much. */
const JOIN_GAP_BYTES = 8 * 1024;
const MAX_READ_BYTES = 1024 * 1024;
const NOTHING = Buffer.alloc(0);

export class JournalChunk {
  readonly #journal: OpenJournal;
  readonly #chunkBytes: number;
  readonly #memory: ReadMemory;
  #buffer: Buffer = NOTHING;
  view = viewOf(this.#buffer);
  /** Entries, in order of (stream, offset), and where each lies in the buffer. */
  #entries: number[] = [];
  #places: number[] = [];
  #at = 0;
  /** Bytes read from the file so far. */
  readBytes = 0;

  /** @param chunkBytes memory for entries, unless one is larger */
  constructor(journal: OpenJournal, chunkBytes: number, memory: ReadMemory) {
    this.#journal = journal;
    this.#chunkBytes = chunkBytes;
    this.#memory = memory;
  }

  /** Gives the memory back: what was read is not to be used any more. */
  close(): void {
    if (this.#buffer.length > 0) this.#memory.give(this.#buffer);
    this.#buffer = NOTHING;
    this.#entries = [];
    this.#places = [];
  }

  get bytes(): Buffer {
    return this.#buffer;
  }

  /** Where an entry lies in `bytes`, or -1. Entries are asked for in the order in which they were given. */
  find(entry: number): number {
    while (this.#at < this.#entries.length && this.#entries[this.#at] !== entry) this.#at += 1;
    return this.#at < this.#entries.length ? (this.#places[this.#at] as number) : -1;
  }

  /** Brings the next entries at hand, as many as there is room for, the first one in any case. */
  load(next: () => number): void {
    this.#entries = [];
    this.#places = [];
    this.#at = 0;
    let used = 0;
    for (let entry = next(); entry >= 0; entry = next()) {
      const size = this.#sizeOf(entry);
      if (this.#entries.length > 0 && used + size > this.#chunkBytes) break;
      this.#entries.push(entry);
      this.#places.push(used);
      used += size;
    }
    this.#makeRoom(used);
    const { index } = this.#journal;
    const order = Array.from(this.#entries.keys());
    order.sort((a, b) => this.#positionOf(a) - this.#positionOf(b));
    for (let from = 0; from < order.length; ) {
      const start = entryPosition(index, this.#entries[order[from] as number] as number);
      let past = from;
      let end = start;
      do {
        const row = order[past] as number;
        end = this.#positionOf(row) + this.#sizeOf(this.#entries[row] as number);
        past += 1;
      } while (past < order.length && this.#joins(order[past] as number, start, end));
      this.#read(order, from, past, { start, end });
      from = past;
    }
  }

  #joins(row: number, start: number, end: number): boolean {
    const position = this.#positionOf(row);
    const pastIt = position + this.#sizeOf(this.#entries[row] as number);
    return position - end <= JOIN_GAP_BYTES && pastIt - start <= MAX_READ_BYTES;
  }

  #positionOf(row: number): number {
    return entryPosition(this.#journal.index, this.#entries[row] as number);
  }

  /** Header, batch, and the note that may follow. */
  #sizeOf(entry: number): number {
    const { index, byteLength } = this.#journal;
    const position = entryPosition(index, entry);
    const end = position + ENTRY_HEADER_BYTES + (index.entries.length[entry] as number) + ABORT_NOTE_BYTES;
    return Math.min(end, byteLength) - position;
  }

  #makeRoom(byteLength: number): void {
    if (this.#buffer.length >= byteLength && this.#buffer.length <= 2 * this.#chunkBytes) return;
    if (this.#buffer.length > 0) this.#memory.give(this.#buffer);
    this.#buffer = this.#memory.take(Math.max(byteLength, this.#chunkBytes));
    this.view = viewOf(this.#buffer);
  }

  #read(order: readonly number[], from: number, past: number, span: { start: number; end: number }): void {
    const byteLength = span.end - span.start;
    this.readBytes += byteLength;
    if (past === from + 1) {
      const at = this.#places[order[from] as number] as number;
      this.#fill(this.#buffer.subarray(at, at + byteLength), span.start);
      return;
    }
    const together = this.#memory.span(MAX_READ_BYTES).subarray(0, byteLength);
    this.#fill(together, span.start);
    for (let i = from; i < past; i++) {
      const row = order[i] as number;
      const at = this.#positionOf(row) - span.start;
      together.copy(this.#buffer, this.#places[row] as number, at, at + this.#sizeOf(this.#entries[row] as number));
    }
  }

  #fill(into: Buffer, position: number): void {
    const { file, path } = this.#journal;
    if (readFullySync(file, into, position) < into.length) throw new DamagedInput({ path, position, stream: 0 });
  }
}
