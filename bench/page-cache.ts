/**
 * Fills the page cache before a broker is measured, as on a server that has run for a while.
 *
 * On a virtual machine whose host takes free memory back, the first touch of a page costs the guest up to ten times what
 * the write into it costs. Without this, the broker that comes second writes into pages which the first one's deleted
 * files left behind, and looks several times cheaper for it.
 */
import { open, readFile, rm, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';

const BLOCK_BYTES = 1024 * 1024;
/** More free memory than this is filled; one pass over the file is not always enough for it. */
const FREE_BYTES = 5e8;
const MAX_PASSES = 3;
/** What the disk must keep for the brokers. */
const DISK_SPARE_BYTES = 20e9;

export class PageCache implements AsyncDisposable {
  readonly #path: string;
  readonly #byteLength: number;

  private constructor(path: string, byteLength: number) {
    this.#path = path;
    this.#byteLength = byteLength;
  }

  /** @param directory on the disk that the brokers use; the file there goes with `dispose` */
  static async create(directory: string): Promise<PageCache> {
    const { bavail, bsize } = await statfs(directory);
    const byteLength = Math.max(0, Math.min(totalmem(), bavail * bsize - DISK_SPARE_BYTES));
    const cache = new PageCache(join(directory, `walka-bench-page-cache-${process.pid}`), byteLength);
    await cache.#write();
    await cache.fill();
    return cache;
  }

  /** Brings free memory back into use where files were deleted meanwhile. */
  async fill(): Promise<void> {
    for (let pass = 0; pass < MAX_PASSES && (await freeBytes()) > FREE_BYTES; pass++) await this.#read();
  }

  async #read(): Promise<void> {
    await using file = await open(this.#path, 'r');
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    while ((await file.read(block)).bytesRead > 0);
  }

  async #write(): Promise<void> {
    await using file = await open(this.#path, 'wx');
    const block = Buffer.alloc(BLOCK_BYTES);
    for (let written = 0; written < this.#byteLength; written += BLOCK_BYTES) await file.write(block);
    await file.sync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#path, { force: true });
  }
}

async function freeBytes(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8');
  return Number(/MemFree:\s+(\d+) kB/.exec(text)?.[1] ?? 0) * 1024;
}
