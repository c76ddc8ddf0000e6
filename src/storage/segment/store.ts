/**
 * What reads of all segment files share: open files and decompressed blocks, each within its bounds. Files are opened when read and closed when too many are open.
 */
import { turn } from '../../base/real-time.ts';
import type { Files, OpenFile } from '../files/files.ts';
import { readFully, readFullySync } from '../files/files.ts';
import type { QuickReads } from '../files/quick-reads.ts';
import type { ReadBufferPool } from '../files/read-buffers.ts';
import type { DamageLog } from '../runs/damage.ts';
import type { IndexCache } from '../runs/index-cache.ts';
import type { EngineStats } from '../stats.ts';
import { StorageError } from '../types.ts';
import { BlockCache } from './block-cache.ts';
import type { SegmentFile } from './segment-file.ts';

const MAX_OPEN = 256;

export interface SegmentStoreOptions {
  readonly files: Files;
  readonly quick: QuickReads;
  readonly buffers: ReadBufferPool;
  readonly stats: EngineStats;
  readonly damage: DamageLog;
  readonly indexes: IndexCache;
  /** Bytes of decompressed blocks kept at most. */
  readonly blockBudgetBytes: number;
  /** Large blocks are decompressed on a thread; false: all at once, as runs that are to be repeatable need. */
  readonly usesThreads: boolean;
}

export class SegmentStore {
  readonly #files: Files;
  readonly #quick: QuickReads;
  readonly buffers: ReadBufferPool;
  readonly stats: EngineStats;
  readonly damage: DamageLog;
  readonly indexes: IndexCache;
  readonly blocks: BlockCache;
  /** Least recently used first. */
  readonly #open = new Set<SegmentFile>();

  constructor(options: SegmentStoreOptions) {
    this.#files = options.files;
    this.#quick = options.quick;
    this.buffers = options.buffers;
    this.stats = options.stats;
    this.damage = options.damage;
    this.indexes = options.indexes;
    this.blocks = new BlockCache(this, options.blockBudgetBytes, options.usesThreads);
  }

  /** True when a read, and what it takes to make sense of it, is best done at once. */
  isQuick(segment: SegmentFile, byteLength: number): boolean {
    const { bornAt, descriptor } = segment;
    if (segment.handle === null) return false;
    return this.#quick.allows(byteLength, this.stats.bytesWritten - bornAt + descriptor.fileBytes);
  }

  /** Runs something that holds the event loop, and counts the time that it takes. */
  timed<T>(run: () => T): T {
    let result: T | undefined;
    this.#quick.timed(() => {
      result = run();
      return 0;
    });
    return result as T;
  }

  /**
   * Fills `into` from a file, at once where that is quick. The file stays open meanwhile.
   * @throws StorageError IO, or CORRUPT when the file ends before
   */
  read(segment: SegmentFile, into: Buffer, position: number): Promise<void> | null {
    const { handle } = segment;
    if (handle === null || !this.isQuick(segment, into.length)) return this.#readOnThread(segment, into, position);
    this.#touch(segment);
    try {
      this.#tookIn(
        segment,
        into,
        position,
        this.timed(() => readFullySync(handle, into, position)),
      );
    } catch (error) {
      throw error instanceof StorageError ? error : unreadable(segment, position, error);
    }
    return null;
  }

  /** Forgets a file that goes, and closes it once nobody reads it. */
  async close(segment: SegmentFile): Promise<void> {
    segment.isClosed = true;
    segment.forgetIndex();
    this.blocks.drop(segment);
    await segment.opening?.catch(() => undefined);
    this.#open.delete(segment);
    while (segment.reads > 0) await turn();
    const { handle } = segment;
    segment.handle = null;
    await handle?.close();
  }

  async #readOnThread(segment: SegmentFile, into: Buffer, position: number): Promise<void> {
    segment.reads += 1;
    try {
      this.#tookIn(segment, into, position, await readFully(await this.#handle(segment), into, position));
    } catch (error) {
      throw error instanceof StorageError ? error : unreadable(segment, position, error);
    } finally {
      segment.reads -= 1;
      this.#quick.onThread();
    }
  }

  #tookIn({ path }: SegmentFile, into: Buffer, position: number, read: number): void {
    this.stats.fileReads += 1;
    this.stats.fileReadBytes += read;
    if (read < into.length)
      throw new StorageError('CORRUPT', `${path} ends before ${position + into.length}: restore it from a copy`);
  }

  #handle(segment: SegmentFile): OpenFile | Promise<OpenFile> {
    if (segment.handle !== null) {
      this.#touch(segment);
      return segment.handle;
    }
    segment.opening ??= this.#openFile(segment).finally(() => {
      segment.opening = null;
    });
    return segment.opening;
  }

  async #openFile(segment: SegmentFile): Promise<OpenFile> {
    // Nobody would close it.
    if (segment.isClosed) throw new StorageError('CLOSED', 'The engine is closed');
    const handle = await this.#files.open(segment.path, 'read');
    segment.handle = handle;
    this.#open.add(segment);
    for (const oldest of this.#open) {
      if (this.#open.size <= MAX_OPEN) break;
      if (oldest.reads > 0) continue;
      this.#open.delete(oldest);
      const excess = oldest.handle;
      oldest.handle = null;
      excess?.close().catch(() => undefined);
    }
    return handle;
  }

  #touch(segment: SegmentFile): void {
    if (this.#open.delete(segment)) this.#open.add(segment);
  }
}

function unreadable({ path }: SegmentFile, position: number, cause: unknown): StorageError {
  return new StorageError('IO', `Cannot read ${path} at ${position}`, { cause });
}
