/**
 * Decompressed blocks: kept for a while, since a consumer takes several reads for one, and others may follow it. Who comes
 * while a block is being decompressed waits for that.
 */
import { isPromise } from '../../base/realms.ts';
import type { StorageError } from '../types.ts';
import { blockCrc, decompressBlock, decompressBlockOnThread } from './block.ts';
import { SEGMENT_SIZES } from './format.ts';
import type { IndexPage } from './page.ts';
import type { SegmentFile } from './segment-file.ts';
import type { SegmentStore } from './store.ts';

/** Up to this size, that of blocks which streams share, a block is decompressed at once, where time allows: a thread costs more. */
const AT_ONCE_BYTES = SEGMENT_SIZES.sharedBlockBytes + 16 * 1024;

interface CachedBlock {
  readonly segment: SegmentFile;
  readonly position: number;
  readonly byteLength: number;
  bytes: Buffer | null;
  loading: Promise<Buffer> | null;
}

export class BlockCache {
  readonly #store: SegmentStore;
  readonly #budgetBytes: number;
  readonly #bySegment = new Map<SegmentFile, Map<number, CachedBlock>>();
  /** Least recently used first; those that are in memory. */
  readonly #kept = new Set<CachedBlock>();
  #usedBytes = 0;
  readonly #decompress: (stored: Buffer, rawBytes: number) => Buffer | null | Promise<Buffer | null>;

  constructor(store: SegmentStore, budgetBytes: number, usesThreads: boolean) {
    this.#decompress = usesThreads ? decompressBlockOnThread : decompressBlock;
    this.#store = store;
    this.#budgetBytes = budgetBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** The batches of a compressed block of a page. Rejects, or throws, with the error for `stream` when it is damaged. */
  get(segment: SegmentFile, page: IndexPage, block: number, stream: number): Buffer | Promise<Buffer> {
    const position = page.blocks.position[block] as number;
    const known = this.#bySegment.get(segment)?.get(position);
    if (known !== undefined && known.bytes !== null) {
      this.#kept.delete(known);
      this.#kept.add(known);
      this.#store.stats.cacheHits += 1;
      return known.bytes;
    }
    if (known !== undefined && known.loading !== null) return known.loading;
    this.#store.stats.cacheMisses += 1;
    const byteLength = page.blocks.rawBytes[block] as number;
    const cached: CachedBlock = { segment, position, byteLength, bytes: null, loading: null };
    const damaged = (): StorageError => this.#store.damage.batch(segment, position, stream);
    const loaded = this.#load(cached, page, block, damaged);
    if (isPromise(loaded)) {
      this.#place(cached);
      cached.loading = loaded.finally(() => {
        cached.loading = null;
        if (cached.bytes === null) this.#remove(cached);
      });
      return cached.loading;
    }
    this.#place(cached);
    return loaded;
  }

  /** Forgets the blocks of a segment. */
  drop(segment: SegmentFile): void {
    for (const cached of this.#bySegment.get(segment)?.values() ?? []) this.#remove(cached);
    this.#bySegment.delete(segment);
  }

  #load(cached: CachedBlock, page: IndexPage, block: number, damaged: () => StorageError): Buffer | Promise<Buffer> {
    const { segment, position, byteLength } = cached;
    const { salt } = segment.descriptor;
    const buffer = this.#store.buffers.take(page.blocks.storedBytes[block] as number);
    const stored = buffer.bytes.subarray(0, page.blocks.storedBytes[block] as number);
    const isSound = (): boolean => blockCrc(stored, salt, position) === page.blocks.crc[block];
    let reading: Promise<void> | null = null;
    let isDone = true;
    try {
      reading = this.#store.read(segment, stored, position);
      if (reading === null && byteLength <= AT_ONCE_BYTES && this.#store.isQuick(segment, byteLength)) {
        const raw = isSound() ? this.#store.timed(() => decompressBlock(stored, byteLength)) : null;
        return this.#keep(cached, raw, damaged);
      }
      isDone = false;
    } finally {
      if (isDone) buffer.release();
    }
    const decompress = async (): Promise<Buffer> => {
      try {
        await reading;
        const raw = isSound() ? await this.#decompress(stored, byteLength) : null;
        return this.#keep(cached, raw, damaged);
      } finally {
        buffer.release();
      }
    };
    return decompress();
  }

  #keep(cached: CachedBlock, raw: Buffer | null, damaged: () => StorageError): Buffer {
    if (raw === null) throw damaged();
    cached.bytes = raw;
    this.#kept.add(cached);
    this.#usedBytes += raw.length;
    for (const oldest of this.#kept) {
      if (this.#usedBytes <= this.#budgetBytes) break;
      this.#remove(oldest);
    }
    return raw;
  }

  #place(cached: CachedBlock): void {
    if (cached.bytes !== null && !this.#kept.has(cached)) return; // too large to be kept
    const ofSegment = this.#bySegment.get(cached.segment) ?? new Map<number, CachedBlock>();
    this.#bySegment.set(cached.segment, ofSegment);
    ofSegment.set(cached.position, cached);
  }

  #remove(cached: CachedBlock): void {
    if (this.#kept.delete(cached)) this.#usedBytes -= cached.bytes?.length ?? 0;
    const ofSegment = this.#bySegment.get(cached.segment);
    if (ofSegment?.get(cached.position) !== cached) return;
    ofSegment.delete(cached.position);
    if (ofSegment.size === 0) this.#bySegment.delete(cached.segment);
  }
}
