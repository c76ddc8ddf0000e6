/**
 * The journal's files in order, their open descriptors and their indexes. Descriptors of sealed files are opened when
 * read and closed when too many are open; indexes are loaded when needed and dropped when they exceed their budget.
 */
import type { DamageLog } from '../damage.ts';
import type { FileIndex } from '../../index/file-index.ts';
import type { Files, OpenFile } from '../../files/files.ts';
import { readFully, readFullySync } from '../../files/files.ts';
import { ENTRY_HEADER_BYTES, EntryKind } from '../../format/format.ts';
import type { CheckedEntry } from '../../format/checked-entry.ts';
import { checkedEntry } from '../../format/checked-entry.ts';
import type { JournalFile, Seal } from '../../index/journal-file.ts';
import type { QuickReads } from '../../files/quick-reads.ts';
import { rebuildFile } from '../../index/rebuild.ts';
import { RunIndex } from '../../index/run-index.ts';
import { StorageError } from '../../types.ts';
import type { IndexCache, ResidentIndex } from '../index-cache.ts';

const MAX_OPEN_SEALED = 256;

/** Files that stay until `release`, which is called once. `length` is in bytes. */
export interface PinnedFiles {
  readonly files: ReadonlyArray<{ readonly path: string; readonly length: number }>;
  readonly release: () => void;
}

/** The index of a sealed file while it is in memory. */
class ResidentRunIndex implements ResidentIndex {
  readonly #file: JournalFile;
  readonly #index: RunIndex;

  constructor(file: JournalFile, index: RunIndex) {
    this.#file = file;
    this.#index = index;
  }

  get byteLength(): number {
    return this.#index.bytes.length;
  }

  get isUsed(): boolean {
    return this.#index.isUsed;
  }

  set isUsed(isUsed: boolean) {
    this.#index.isUsed = isUsed;
  }

  drop(): void {
    this.#file.index = null;
  }
}

export class FileTable {
  readonly #files: Files;
  readonly #indexes: IndexCache;
  readonly #quick: QuickReads;
  readonly #damage: DamageLog;
  /** All files, oldest first; the last is the one being written. */
  readonly list: JournalFile[] = [];
  readonly #opening = new Map<JournalFile, Promise<OpenFile>>();
  /** How many reads of a file are under way on threads: its descriptor is not closed while there are any. */
  readonly #reads = new Map<JournalFile, number>();
  readonly #loading = new Map<JournalFile, Promise<FileIndex>>();
  /** Sealed files with an open descriptor; least recently used first. */
  readonly #open = new Set<JournalFile>();
  readonly #resident = new WeakMap<JournalFile, ResidentRunIndex>();
  /** Files whose index is damaged and cannot be made again. */
  readonly #unindexed = new WeakMap<JournalFile, StorageError>();

  constructor(files: Files, indexes: IndexCache, quick: QuickReads, damage: DamageLog) {
    this.#files = files;
    this.#indexes = indexes;
    this.#quick = quick;
    this.#damage = damage;
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
      return this.#readOnThread(file, into, position);
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
    if (read < bytes.length) throw new StorageError('CORRUPT', `${file.path} ends before ${end}`);
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

  async #readOnThread(file: JournalFile, into: Buffer, position: number): Promise<number> {
    this.#beginRead(file);
    try {
      return await readFully(await this.#handle(file), into, position);
    } catch (error) {
      throw error instanceof StorageError ? error : unreadable(file, position, error);
    } finally {
      this.#endRead(file);
    }
  }

  #beginRead(file: JournalFile): void {
    file.references += 1;
    this.#reads.set(file, (this.#reads.get(file) ?? 0) + 1);
  }

  #endRead(file: JournalFile): void {
    file.references -= 1;
    const left = (this.#reads.get(file) ?? 0) - 1;
    if (left > 0) this.#reads.set(file, left);
    else this.#reads.delete(file);
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

  /** Takes a sealed file's index under the budget. */
  keepIndex(file: JournalFile, index: RunIndex): void {
    this.#forgetIndex(file);
    file.index = index;
    const resident = new ResidentRunIndex(file, index);
    this.#resident.set(file, resident);
    this.#indexes.keep(resident);
  }

  #forgetIndex(file: JournalFile): void {
    const resident = this.#resident.get(file);
    if (resident !== undefined) this.#indexes.forget(resident);
    this.#resident.delete(file);
  }

  /** The index of a file, read from its end if it is not in memory. */
  async loadIndex(file: JournalFile): Promise<FileIndex> {
    if (file.index !== null) return file.index;
    const loading = this.#loading.get(file) ?? this.#readIndex(file).finally(() => this.#loading.delete(file));
    this.#loading.set(file, loading);
    return await loading;
  }

  /** Closes the descriptor and forgets the index of a file that goes. */
  async close(file: JournalFile): Promise<void> {
    this.#forgetIndex(file);
    await this.#opening.get(file)?.catch(() => undefined);
    this.#open.delete(file);
    while (this.#reads.has(file)) await new Promise((resolve) => setImmediate(resolve));
    const { handle } = file;
    file.handle = null;
    await handle?.close();
  }

  /** Closes the descriptors of all files; what cannot be closed is left. */
  async closeAll(): Promise<void> {
    for (const file of this.list.slice()) await this.close(file).catch(() => undefined);
  }

  async #openSealed(file: JournalFile): Promise<OpenFile> {
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

  /** Reads the index of a file; makes it again from the entries when it cannot be read. */
  async #readIndex(file: JournalFile): Promise<FileIndex> {
    const refused = this.#unindexed.get(file);
    if (refused !== undefined) throw refused;
    const stored = await this.#storedIndex(file);
    const index = stored ?? (await this.#rebuildIndex(file));
    this.keepIndex(file, index);
    return index;
  }

  async #storedIndex(file: JournalFile): Promise<RunIndex | null> {
    const { seal } = file;
    if (seal === null) throw new StorageError('CORRUPT', `${file.path} has no index`);
    try {
      const entry = await this.entry(file, EntryKind.RUN_INDEX, seal.indexPosition, seal.indexLength);
      return entry === null ? null : RunIndex.decode(entry.payload);
    } catch (error) {
      // The entries may be readable where their index is not.
      if (!(error instanceof StorageError) || error.code !== 'IO') throw error;
      return null;
    }
  }

  async #rebuildIndex(file: JournalFile): Promise<RunIndex> {
    const { checkpointPosition, indexPosition } = file.seal as Seal;
    this.#beginRead(file);
    try {
      const source = { file: await this.#handle(file), salt: file.salt, size: file.written };
      const { index, end } = await rebuildFile(source);
      if (end >= checkpointPosition) {
        this.#damage.derived(file, 'run index', indexPosition);
        return index;
      }
      const refusal = new StorageError(
        'CORRUPT',
        `${file.path}: the run index at ${indexPosition} is damaged, and cannot be made again since the entry at ${end} is ` +
          `damaged, too; check the disk and restore the file from a copy`,
      );
      this.#unindexed.set(file, refusal);
      throw refusal;
    } catch (error) {
      throw error instanceof StorageError ? error : unreadable(file, indexPosition, error);
    } finally {
      this.#endRead(file);
    }
  }
}

function unreadable(file: JournalFile, position: number, cause: unknown): StorageError {
  return new StorageError('IO', `Cannot read ${file.path} at ${position}`, { cause });
}
