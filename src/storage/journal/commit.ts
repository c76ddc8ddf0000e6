/**
 * A commit: the entries that go to the journal in one write, and the bytes to write. Entries are ordered by stream, so
 * that runs get long; small payloads are copied into a staging slab next to their headers, large ones are gathered
 * from where they lie.
 */
import type { Slice } from '../../base/counted.ts';
import { plainSlice } from '../../base/counted.ts';
import { aligned, ENTRY_HEADER_BYTES } from '../format/format.ts';
import type { HeaderContext, PendingEntry } from '../format/entry.ts';
import { writeEntryHeader } from '../format/entry.ts';
import type { JournalFile } from '../index/journal-file.ts';
import type { StagingPool, StagingSlab } from '../files/staging.ts';

/** Payloads from this size on are written from where they are. */
const GATHER_BYTES = 8 * 1024;

/** Copies from this size on get memory of their own: in a slab they would leave more than an eighth of it empty. */
const COPY_APART_BYTES = 128 * 1024;

export interface Commit {
  readonly file: JournalFile;
  /** Where the write starts. */
  readonly position: number;
  /** Where it ends; the next entry starts at the next multiple of 8. */
  readonly end: number;
  readonly entries: readonly PendingEntry[];
  /** Longest time in ms that it may stay unsynced. */
  readonly flushMs: number;
  /** The time that its entries carry, in ms. */
  readonly writtenMs: number;
  /** What to write, in order; each holds a reference, which goes to the cache. */
  readonly slices: readonly Slice[];
  readonly buffers: readonly Buffer[];
  /** From when on the time counts that its write takes, on the monotonic clock: it may have been laid down long before. */
  startedMs: number;
  /** How long it takes goes into the statistics. */
  isTimed: boolean;
}

/** Bytes an entry takes at most, with padding. */
export function entryBytes(payloadLength: number): number {
  return aligned(ENTRY_HEADER_BYTES + payloadLength);
}

/** What is of no stream comes last: a file goes for what was said of streams before, which must not be torn off. */
function place({ stream }: PendingEntry): number {
  return stream === 0 ? Number.MAX_SAFE_INTEGER : stream;
}

/** Up to so many entries of streams below this, a number tells the stream and the entry exactly. */
const MAX_KEYED_ENTRIES = 2 ** 20;
const MAX_KEYED_STREAM = 2 ** 32;

/** Sorts by stream; the order within a stream stays. */
function byStream(entries: PendingEntry[]): void {
  const first = entries[0];
  if (first === undefined || entries.every(({ stream }) => stream === first.stream)) return;
  const isKeyed = entries.length <= MAX_KEYED_ENTRIES && entries.every(({ stream }) => stream < MAX_KEYED_STREAM);
  if (isKeyed) sortByKey(entries);
  else entries.sort((a, b) => place(a) - place(b));
}

/** Numbers are sorted several times faster than by a function. */
function sortByKey(entries: PendingEntry[]): void {
  const keys = new Float64Array(entries.length);
  for (let i = 0; i < keys.length; i++) {
    keys[i] = Math.min(place(entries[i] as PendingEntry), MAX_KEYED_STREAM) * MAX_KEYED_ENTRIES + i;
  }
  keys.sort();
  const unsorted = entries.slice();
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number;
    entries[i] = unsorted[key - Math.floor(key / MAX_KEYED_ENTRIES) * MAX_KEYED_ENTRIES] as PendingEntry;
  }
}

/** Where the entry at hand is laid down; one for all of a commit. */
interface EntryPlace {
  position: number;
  readonly context: HeaderContext;
}

/** What a commit that is not begun has; never added to. */
const NO_SLICES: Slice[] = [];
const NO_BUFFERS: Buffer[] = [];

/** Puts commits together; keeps the slab at hand from one to the next. */
export class CommitBuilder {
  readonly #pool: StagingPool;
  readonly #copiesAll: boolean;
  #slab: StagingSlab | null = null;
  #segmentStart = 0;
  #slices: Slice[] = NO_SLICES;
  #buffers: Buffer[] = NO_BUFFERS;

  /** @param copiesAll copy large payloads too: in memory mode what is written stays for long. */
  constructor(pool: StagingPool, copiesAll: boolean) {
    this.#pool = pool;
    this.#copiesAll = copiesAll;
  }

  /** Lays `entries` (which it reorders) down from a position on, where the bytes before them end. */
  build(file: JournalFile, position: number, entries: PendingEntry[], context: HeaderContext): Commit {
    if (entries.length > 1) byStream(entries);
    const place: EntryPlace = { position, context };
    let end = position;
    let flushMs = Infinity;
    for (const entry of entries) {
      if (entry.flushMs < flushMs) flushMs = entry.flushMs;
      place.position = aligned(end);
      entry.position = place.position;
      this.#lay(entry, place.position - end, place);
      end = place.position + ENTRY_HEADER_BYTES + entry.payloadLength;
    }
    this.#closeSegment();
    const slices = this.#slices;
    const buffers = this.#buffers;
    this.#slices = NO_SLICES;
    this.#buffers = NO_BUFFERS;
    const { writtenMs } = context;
    return { file, position, end, entries, flushMs, writtenMs, slices, buffers, startedMs: 0, isTimed: false };
  }

  /** Lets go of the slab at hand. */
  close(): void {
    this.#slab?.release();
    this.#slab = null;
  }

  #lay(entry: PendingEntry, padding: number, place: EntryPlace): void {
    const { payload, laid, payloadLength } = entry;
    const copies = laid !== null || payloadLength < (this.#copiesAll ? COPY_APART_BYTES : GATHER_BYTES);
    const slab = this.#room(padding + ENTRY_HEADER_BYTES + (copies ? payloadLength : 0));
    const headerAt = slab.used + padding;
    for (let at = slab.used; at < headerAt; at++) slab.bytes[at] = 0;
    const payloadAt = headerAt + ENTRY_HEADER_BYTES;
    slab.used = payloadAt;
    if (laid !== null) {
      laid.write(slab.bytes, payloadAt);
      slab.used += payloadLength;
      writeEntryHeader(slab.view, headerAt, entry, slab.bytes.subarray(payloadAt, slab.used), place);
      return;
    }
    writeEntryHeader(slab.view, headerAt, entry, payload === null ? null : payload.bytes, place);
    if (payload === null) return;
    const { bytes } = payload;
    if (copies) {
      slab.bytes.set(bytes, payloadAt);
      slab.used += bytes.length;
      if (entry.isData) entry.drop();
      return;
    }
    this.#closeSegment();
    const slice = this.#copiesAll ? plainSlice(Buffer.from(bytes)) : payload;
    if (this.#copiesAll) entry.drop();
    else if (entry.isData) entry.payload = null;
    this.#add(slice);
  }

  /** A slab with room for `byteLength` more. */
  #room(byteLength: number): StagingSlab {
    const slab = this.#slab;
    if (slab !== null && slab.bytes.length - slab.used >= byteLength) return slab;
    this.#closeSegment();
    slab?.release();
    this.#slab = this.#pool.take();
    this.#segmentStart = 0;
    return this.#slab;
  }

  /** Ends the stretch of the slab that is written in one piece. */
  #closeSegment(): void {
    const slab = this.#slab;
    if (slab === null || slab.used === this.#segmentStart) return;
    const bytes = slab.bytes.subarray(this.#segmentStart, slab.used);
    slab.retain();
    this.#add({ bytes, owner: slab });
    this.#segmentStart = slab.used;
  }

  /** Adds what is to be written next. */
  #add(slice: Slice): void {
    if (this.#slices.length === 0) {
      // What grows has room for many: most commits are in one piece.
      this.#slices = [slice];
      this.#buffers = [slice.bytes];
      return;
    }
    this.#slices.push(slice);
    this.#buffers.push(slice.bytes);
  }
}
