/**
 * The journal's copy of the catalog: a stream of the engine (CATALOG_STREAM) with every change, each written before
 * anybody is told of it, and now and then all rows anew (an image), behind which the log start of the stream is moved. A
 * start finds by it whether the catalog is the one that belongs to the journal, and a catalog can be made from it.
 *
 * A batch: u32 length of the text, u32 CRC-32C of the text, u32 flags (1: changes before this one are not there), text
 * (JSON): a CatalogChange, with `part` and `parts` if it is part of an image. Between the parts of an image there may be
 * changes made after it.
 */
import { plainSlice } from '../../base/counted.ts';
import { partsBytes } from '../../base/part-bytes.ts';
import type { PublishedSegments, SegmentPublisher } from '../convert/publication.ts';
import { crcOfBytes } from '../format/checksum.ts';
import { CATALOG_STREAM, type JournalEnd, type LogEngine, StorageError } from '../types.ts';
import type { CatalogChange, ClusterRow, StoredRow } from './rows.ts';
import { CatalogState } from './state.ts';

/** What the copy needs of the engine. */
export interface CatalogJournal
  extends Pick<
    LogEngine,
    'append' | 'createStream' | 'deleteStream' | 'has' | 'read' | 'refusal' | 'state' | 'streamIds' | 'trim'
  > {
  readonly end: JournalEnd;
  onCatalogPins(listener: () => Promise<void>): void;
  takesWhileFull(byteLength: number): boolean;
  /**
   * Makes published segments part of what is read; changes nothing.
   * @throws StorageError CORRUPT when one of them is missing or damaged
   */
  openSegments(published: PublishedSegments): Promise<void>;
  /** From now on more segments can be published. */
  onPublish(publisher: SegmentPublisher): void;
}

interface Entry extends CatalogChange {
  readonly part?: number;
  readonly parts?: number;
}

/** An entry that was read. */
interface StoredEntry extends Entry {
  readonly flags: number;
}

/** The newest entry of the copy. */
export interface NewestChange {
  readonly cluster: ClusterRow;
  /** True when the copy has all that led to it. */
  readonly isWhole: boolean;
}

const HEADER_BYTES = 12;
const FLAGS_AT = 8;
const FLAG_FOLLOWS_GAP = 1;
/** Text of one part of an image, about. */
const PART_CHARACTERS = 512 * 1024;
const READ_BYTES = 4 * 1024 * 1024;
/** A copy below this size is not made anew for its growth. */
const MIN_REWRITE_BYTES = 1024 * 1024;
/** It is when this many times as large as after the last image. */
const GROWTH_FACTOR = 4;

/** A change, or a part of an image, as a batch. */
export function encodeBatch(entry: Entry): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(JSON.stringify(entry));
  const bytes = new Uint8Array(HEADER_BYTES + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, text.length, true);
  view.setUint32(4, crcOfBytes(text), true);
  bytes.set(text, HEADER_BYTES);
  return bytes;
}

/** All rows as the batches of an image, at least one. */
export function encodeImage(cluster: ClusterRow, rows: Iterable<StoredRow>): Uint8Array<ArrayBuffer>[] {
  const pieces: StoredRow[][] = [[]];
  let characters = 0;
  for (const row of rows) {
    if (characters > PART_CHARACTERS) {
      pieces.push([]);
      characters = 0;
    }
    pieces.at(-1)?.push(row);
    characters += row[1].length + row[2].length;
  }
  return pieces.map((put, part) => encodeBatch({ part, parts: pieces.length, cluster, put, remove: [] }));
}

function damaged(): StorageError {
  return new StorageError('CORRUPT', "the journal's copy of the catalog is damaged");
}

/** The entries in what was read: batches back to back. */
function decodeBatches(bytes: Buffer): StoredEntry[] {
  const entries: StoredEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at + HEADER_BYTES;
    if (start > bytes.length) throw damaged();
    const end = start + bytes.readUInt32LE(at);
    const text = bytes.subarray(start, end);
    if (end > bytes.length || crcOfBytes(text) !== bytes.readUInt32LE(at + 4)) throw damaged();
    entries.push({ ...(JSON.parse(text.toString()) as Entry), flags: bytes.readUInt32LE(at + FLAGS_AT) });
    at = end;
  }
  return entries;
}

export class JournalCopy {
  readonly #journal: CatalogJournal;
  /** Size of the last image; 0 before the first since the start. */
  #imageBytes = 0;
  /** False while changes are missing that the next image makes up for. */
  #isWhole = true;

  constructor(journal: CatalogJournal) {
    this.#journal = journal;
  }

  /** The newest change; null when the journal has no copy. @throws StorageError CORRUPT */
  async newest(): Promise<NewestChange | null> {
    if (!this.#exists()) return null;
    const { logEndOffset } = this.#journal.state(CATALOG_STREAM);
    const entry = (await this.#read(logEndOffset - 1, logEndOffset)).entries.at(-1);
    if (entry === undefined) throw damaged();
    const { cluster, part, parts, flags } = entry;
    const isEnd = part === undefined || part + 1 === parts;
    return { cluster, isWhole: isEnd && (flags & FLAG_FOLLOWS_GAP) === 0 };
  }

  /** Changes are missing: until the next image, what is appended says so. */
  noteGap(): void {
    this.#isWhole = false;
  }

  /** The catalog as the copy has it; null when there is none. @throws StorageError CORRUPT */
  async replay(): Promise<CatalogState | null> {
    if (!this.#exists()) return null;
    const { logStartOffset, logEndOffset } = this.#journal.state(CATALOG_STREAM);
    const entries: Entry[] = [];
    for (let at = logStartOffset; at < logEndOffset; ) {
      const read = await this.#read(at, logEndOffset);
      entries.push(...read.entries);
      at = read.endOffset;
    }
    return replay(entries);
  }

  /** Appends a change; resolves when the journal has it, or at once where a full disk makes it wait. */
  append(bytes: Uint8Array): Promise<void> {
    const isFull = this.#journal.refusal?.code === 'DISK_FULL';
    const committed = this.#append(bytes);
    if (!isFull) return committed;
    // The catalog itself is ahead then, which is sound; the entry follows as soon as there is space.
    committed.catch(() => undefined);
    return Promise.resolve();
  }

  #append(bytes: Uint8Array): Promise<void> {
    const journal = this.#journal;
    journal.createStream(CATALOG_STREAM, { internal: true });
    if (!this.#isWhole) new DataView(bytes.buffer, bytes.byteOffset).setUint32(FLAGS_AT, FLAG_FOLLOWS_GAP, true);
    return new Promise((resolve, reject) => {
      journal.append({
        stream: CATALOG_STREAM,
        baseOffset: journal.state(CATALOG_STREAM).logEndOffset,
        offsetCount: 1,
        leaderEpoch: 0,
        maxTimestampMs: -1,
        payload: plainSlice(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
        durability: 'os',
        onCommit: (error) => (error === null ? resolve() : reject(error)),
      });
    });
  }

  /** True when an image would make the copy whole, or much shorter. */
  get wantsImage(): boolean {
    if (!this.#isWhole) return true;
    const { liveBytes } = this.#journal.state(CATALOG_STREAM);
    return liveBytes > Math.max(MIN_REWRITE_BYTES, GROWTH_FACTOR * this.#imageBytes);
  }

  /**
   * Appends an image, the first part of it before it returns, and moves the log start to it. A full disk takes it only
   * while its reserve has room.
   */
  async rewrite(image: readonly Uint8Array[]): Promise<void> {
    const journal = this.#journal;
    const byteLength = image.reduce((sum, part) => sum + part.byteLength, 0);
    if (journal.refusal !== null && !journal.takesWhileFull(byteLength)) return;
    journal.createStream(CATALOG_STREAM, { internal: true });
    const start = journal.state(CATALOG_STREAM).logEndOffset;
    const lastPart = image.length - 1;
    for (const [i, part] of image.entries()) {
      if (i === lastPart) this.#isWhole = true;
      await this.#append(part); // what was there before goes only for what is written
    }
    this.#imageBytes = byteLength;
    await journal.trim(CATALOG_STREAM, start);
  }

  #exists(): boolean {
    if (!this.#journal.has(CATALOG_STREAM)) return false;
    const { logStartOffset, logEndOffset } = this.#journal.state(CATALOG_STREAM);
    return logEndOffset > logStartOffset;
  }

  async #read(offset: number, endOffset: number): Promise<{ entries: StoredEntry[]; endOffset: number }> {
    const options = { stream: CATALOG_STREAM, offset, endOffset, maxBytes: READ_BYTES, atLeastOne: true };
    const read = await this.#journal.read(options);
    const bytes = await partsBytes(read.parts, read.byteLength);
    if (read.endOffset <= offset) throw damaged();
    return { entries: decodeBatches(bytes), endOffset: read.endOffset };
  }
}

/** The newest whole image, and the changes since. */
function replay(entries: readonly Entry[]): CatalogState {
  let first = entries.findLastIndex(({ part, parts }) => part !== undefined && part + 1 === parts);
  while (first > 0 && entries[first]?.part !== 0) first -= 1;
  const from = Math.max(first, 0);
  const image = entries[from];
  const isImage = image?.part === 0;
  const state = new CatalogState();
  for (const entry of entries.slice(from)) {
    const isOfImage = entry.part !== undefined && entry.cluster.generation === image?.cluster.generation;
    if (isOfImage && isImage) state.apply(entry);
  }
  for (const entry of entries.slice(from)) {
    if (entry.part === undefined && entry.cluster.generation > state.cluster().generation) state.apply(entry);
  }
  return state;
}
