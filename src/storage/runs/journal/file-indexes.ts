/**
 * The indexes of sealed journal files: loaded when needed, dropped when they exceed their budget, made again from the
 * entries where they are damaged. What stays of one that was dropped is which streams the file may hold.
 */
import type { OpenFile } from '../../files/files.ts';
import type { CheckedEntry } from '../../format/checked-entry.ts';
import { EntryKind } from '../../format/format.ts';
import type { FileIndex } from '../../index/file-index.ts';
import type { JournalFile, Seal } from '../../index/journal-file.ts';
import { rebuildSealed } from '../../index/rebuild.ts';
import { RunIndex } from '../../index/run-index.ts';
import { StreamFilter } from '../../index/stream-filter.ts';
import type { StreamId } from '../../types.ts';
import { StorageError } from '../../types.ts';
import type { DamageLog } from '../damage.ts';
import type { IndexCache, ResidentIndex } from '../index-cache.ts';

/** Of memory: two million pairs of a file and a stream in it. */
const MAX_FILTER_BYTES = 4 * 1024 * 1024;

/** How the files are read. */
interface IndexedFiles {
  /** The entry at `position` with a payload of this length; null unless it is a sound one of this kind. */
  entry(file: JournalFile, kind: EntryKind, position: number, payloadLength: number): Promise<CheckedEntry | null>;
  /** Runs work on the open file, which stays open meanwhile; `position` is for messages. */
  whileOpen<T>(file: JournalFile, position: number, work: (handle: OpenFile) => Promise<T>): Promise<T>;
}

/** The index of a sealed file while it is in memory. */
class ResidentRunIndex implements ResidentIndex {
  readonly #index: RunIndex;
  readonly drop: () => void;

  constructor(index: RunIndex, drop: () => void) {
    this.#index = index;
    this.drop = drop;
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
}

export class FileIndexes {
  readonly #files: IndexedFiles;
  readonly #cache: IndexCache;
  readonly #damage: DamageLog;
  readonly #loading = new Map<JournalFile, Promise<FileIndex>>();
  readonly #resident = new WeakMap<JournalFile, ResidentRunIndex>();
  /** Of files whose index had to go; the oldest first. */
  readonly #filters = new Map<JournalFile, StreamFilter>();
  #filterBytes = 0;
  /** Files whose index is damaged and cannot be made again. */
  readonly #unindexed = new WeakMap<JournalFile, StorageError>();

  constructor(files: IndexedFiles, cache: IndexCache, damage: DamageLog) {
    this.#files = files;
    this.#cache = cache;
    this.#damage = damage;
  }

  /** Bytes of memory that what is left of dropped indexes takes. */
  get filterBytes(): number {
    return this.#filterBytes;
  }

  /** Takes a sealed file's index under the budget. */
  keep(file: JournalFile, index: RunIndex): void {
    this.#forgetResident(file);
    file.index = index;
    const resident = new ResidentRunIndex(index, () => this.#drop(file, index));
    this.#resident.set(file, resident);
    this.#cache.keep(resident);
  }

  /** The index of a file, read from its end if it is not in memory. @throws StorageError CORRUPT, IO */
  async load(file: JournalFile): Promise<FileIndex> {
    if (file.index !== null) return file.index;
    const loading = this.#loading.get(file) ?? this.#read(file).finally(() => this.#loading.delete(file));
    this.#loading.set(file, loading);
    return await loading;
  }

  /** Whether a file whose index is not in memory may hold something of the stream. */
  mayHold(file: JournalFile, stream: StreamId): boolean {
    return this.#filters.get(file)?.mayHold(stream) ?? true;
  }

  /** Forgets all that is known of a file that goes. */
  forget(file: JournalFile): void {
    this.#forgetResident(file);
    this.#forgetFilter(file);
  }

  #drop(file: JournalFile, index: RunIndex): void {
    file.index = null;
    if (this.#filters.has(file)) return;
    const filter = StreamFilter.of(index);
    this.#filters.set(file, filter);
    this.#filterBytes += filter.byteLength;
    for (const oldest of this.#filters.keys()) {
      if (this.#filterBytes <= MAX_FILTER_BYTES) break;
      this.#forgetFilter(oldest);
    }
  }

  #forgetFilter(file: JournalFile): void {
    this.#filterBytes -= this.#filters.get(file)?.byteLength ?? 0;
    this.#filters.delete(file);
  }

  #forgetResident(file: JournalFile): void {
    const resident = this.#resident.get(file);
    if (resident !== undefined) this.#cache.forget(resident);
    this.#resident.delete(file);
  }

  /** Reads the index of a file; makes it again from the entries when it cannot be read. */
  async #read(file: JournalFile): Promise<FileIndex> {
    const refused = this.#unindexed.get(file);
    if (refused !== undefined) throw refused;
    const stored = await this.#stored(file);
    const index = stored ?? (await this.#rebuilt(file));
    this.keep(file, index);
    return index;
  }

  async #stored(file: JournalFile): Promise<RunIndex | null> {
    const { seal } = file;
    if (seal === null) throw new StorageError('CORRUPT', `${file.path} has no index`);
    try {
      const entry = await this.#files.entry(file, EntryKind.RUN_INDEX, seal.indexPosition, seal.indexLength);
      return entry === null ? null : RunIndex.decode(entry.payload);
    } catch (error) {
      // The entries may be readable where their index is not.
      if (!(error instanceof StorageError) || error.code !== 'IO') throw error;
      return null;
    }
  }

  async #rebuilt(file: JournalFile): Promise<RunIndex> {
    const seal = file.seal as Seal;
    const { checkpointPosition, indexPosition } = seal;
    const { index, end } = await this.#files.whileOpen(file, indexPosition, (handle) =>
      rebuildSealed({ file: handle, salt: file.salt, size: file.written }, seal),
    );
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
  }
}
