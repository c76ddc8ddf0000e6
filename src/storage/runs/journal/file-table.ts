/**
 * The journal's files in order, and their open descriptors: those of sealed files are opened when read and closed when
 * too many are open.
 */
import { turn } from '../../../base/real-time.ts';
import type { DamageLog } from '../damage.ts';
import type { Files, OpenFile } from '../../files/files.ts';
import { readFully, readFullySync } from '../../files/files.ts';
import type { EntryKind } from '../../format/format.ts';
import { ENTRY_HEADER_BYTES } from '../../format/format.ts';
import type { CheckedEntry } from '../../format/checked-entry.ts';
import { checkedEntry } from '../../format/checked-entry.ts';
import type { JournalFile } from '../../index/journal-file.ts';
import type { QuickReads } from '../../files/quick-reads.ts';
import { StorageError } from '../../types.ts';
import type { IndexCache } from '../index-cache.ts';
import { FileIndexes } from './file-indexes.ts';

const MAX_OPEN_SEALED = 256;

/** Files that stay until `release`, which is called once. `length` is in bytes. */
export interface PinnedFiles {
  readonly files: ReadonlyArray<{ readonly path: string; readonly length: number }>;
  readonly release: () => void;
}

export class FileTable {
  readonly #files: Files;
  readonly #quick: QuickReads;
  readonly indexes: FileIndexes;
  /** All files, oldest first; the last is the one being written. */
  readonly list: JournalFile[] = [];
  readonly #opening = new Map<JournalFile, Promise<OpenFile>>();
  /** How many reads of a file are under way on threads: its descriptor is not closed while there are any. */
  readonly #reads = new Map<JournalFile, number>();
  /** Sealed files with an open descriptor; least recently used first. */
  readonly #open = new Set<JournalFile>();
  /** No file is opened any more: nobody would close it. */
  #isClosed = false;

  constructor(files: Files, indexes: IndexCache, quick: QuickReads, damage: DamageLog) {
    this.#files = files;
    this.#quick = quick;
    this.indexes = new FileIndexes(this, indexes, damage);
  }

  /** Bytes of all files together, without what is made ready ahead. */
  get journalBytes(): number {
    return this.list.reduce((sum, { written }) => sum + written, 0);
  }

  /** The file with this sequence, or undefined. */
  get(sequence: number): JournalFile | undefined {
    const at = this.indexOf(sequence);
    const file = this.list[at];
    return file?.sequence === sequence ? file : undefined;
  }

  /** All files as far as they are written now, kept from being deleted. */
  pin(): PinnedFiles {
    const pinned = this.list.slice();
    for (const file of pinned) file.references += 1;
    return {
      files: pinned.map(({ path, written }) => ({ path, length: written })),
      release: () => pinned.forEach((file) => (file.references -= 1)),
    };
  }

  /** Row of the first file whose sequence is at least `sequence`. */
  indexOf(sequence: number): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.list[middle] as JournalFile).sequence < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Takes out a file that goes; no new reads find it. */
  remove(file: JournalFile): void {
    const at = this.list.indexOf(file);
    if (at >= 0) this.list.splice(at, 1);
  }

  /**
   * Fills `into` from a file, at once where that is quick; gives the bytes read. The file stays open and is not deleted
   * meanwhile.
   * @throws StorageError IO, or DROPPED in memory mode, where what is not in memory any more is nowhere
   */
  read(file: JournalFile, into: Buffer, position: number): number | Promise<number> {
    const { handle } = file;
    if (handle === null || !this.#quick.allows(into.length, this.#bytesBehind(file, position))) {
      const reading = this.whileOpen(file, position, (opened) => readFully(opened, into, position));
      return reading.finally(() => this.#quick.onThread());
    }
    this.#touchHandle(file);
    try {
      return this.#quick.timed(() => readFullySync(handle, into, position));
    } catch (error) {
      throw unreadable(file, position, error);
    }
  }

  /** Copies a stretch of a file, from memory if it is there. @throws StorageError as `read`, and CORRUPT behind its end */
  async copy(file: JournalFile, start: number, end: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(end - start);
    if (file.resident.copy(start, end, bytes)) return bytes;
    const read = await this.read(file, bytes, start);
    if (read < bytes.length)
      throw new StorageError('CORRUPT', `${file.path} ends before ${end}: restore it from a copy`);
    return bytes;
  }

  /** The entry at `position` with a payload of this length; null unless it is a sound one of this kind. @throws as `read` */
  async entry(
    file: JournalFile,
    kind: EntryKind,
    position: number,
    payloadLength: number,
  ): Promise<CheckedEntry | null> {
    const end = position + ENTRY_HEADER_BYTES + payloadLength;
    if (end > file.written) return null;
    return checkedEntry(await this.copy(file, position, end), kind, file.salt, position);
  }

  /** Journal bytes written since those at `position` of `file`. */
  #bytesBehind(file: JournalFile, position: number): number {
    const active = this.list.at(-1) ?? file;
    return active.startLsn + active.written - file.startLsn - position;
  }

  /**
   * Runs work on a file, which stays open and is not deleted meanwhile.
   * @param position of what is read, for messages
   * @throws StorageError of `work`, or IO for other errors
   */
  async whileOpen<T>(file: JournalFile, position: number, work: (handle: OpenFile) => Promise<T>): Promise<T> {
    file.references += 1;
    this.#reads.set(file, (this.#reads.get(file) ?? 0) + 1);
    try {
      return await work(await this.#handle(file));
    } catch (error) {
      throw error instanceof StorageError ? error : unreadable(file, position, error);
    } finally {
      file.references -= 1;
      const left = (this.#reads.get(file) ?? 0) - 1;
      if (left > 0) this.#reads.set(file, left);
      else this.#reads.delete(file);
    }
  }

  /** The descriptor of a file, opened for reading if need be. */
  #handle(file: JournalFile): OpenFile | Promise<OpenFile> {
    if (file.handle !== null) {
      this.#touchHandle(file);
      return file.handle;
    }
    const opening = this.#opening.get(file) ?? this.#openSealed(file).finally(() => this.#opening.delete(file));
    this.#opening.set(file, opening);
    return opening;
  }

  #touchHandle(file: JournalFile): void {
    if (this.#open.delete(file)) this.#open.add(file);
  }

  /** From now on the descriptor of a sealed file may be closed when others need one. */
  releaseHandle(file: JournalFile): void {
    if (file.handle === null) return;
    this.#open.add(file);
    this.#closeExcess();
  }

  /** Closes the descriptor and forgets the index of a file that goes. */
  async close(file: JournalFile): Promise<void> {
    this.indexes.forget(file);
    await this.#opening.get(file)?.catch(() => undefined);
    this.#open.delete(file);
    while (this.#reads.has(file)) await turn();
    const { handle } = file;
    file.handle = null;
    await handle?.close();
  }

  /** Closes the descriptors of all files, of which none is opened any more; what cannot be closed is left. */
  async closeAll(): Promise<void> {
    this.#isClosed = true;
    for (const file of this.list.slice()) await this.close(file).catch(() => undefined);
  }

  async #openSealed(file: JournalFile): Promise<OpenFile> {
    if (this.#isClosed) throw new StorageError('CLOSED', 'The engine is closed');
    const handle = await this.#files.open(file.path, 'read');
    file.handle = handle;
    this.#open.add(file);
    this.#closeExcess();
    return handle;
  }

  #closeExcess(): void {
    for (const file of this.#open) {
      if (this.#open.size <= MAX_OPEN_SEALED) return;
      if (file.references > 0) continue;
      this.#open.delete(file);
      const { handle } = file;
      file.handle = null;
      handle?.close().catch(() => undefined);
    }
  }
}

function unreadable(file: JournalFile, position: number, cause: unknown): StorageError {
  return new StorageError('IO', `Cannot read ${file.path} at ${position}`, { cause });
}
