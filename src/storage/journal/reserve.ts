/**
 * A small file that only takes up space. When the disk is full it is deleted, so that entries which free space (trims
 * with small snapshots, deletions) can still be written; when it can be made again, there is space again.
 */
import { join } from 'node:path';
import type { Files } from '../files.ts';
import { writeFully } from '../files.ts';

const RESERVE_NAME = 'reserve';
const MAX_RESERVE_BYTES = 2 * 1024 * 1024;
const MIN_RESERVE_BYTES = 16 * 1024;
/** Share of a journal file: with small files less is written between two chances to free space. */
const RESERVE_SHARE = 64;

export class SpaceReserve {
  readonly #files: Files;
  readonly #path: string;
  readonly byteLength: number;
  #exists = false;

  constructor(files: Files, folder: string, maxSegmentSize: number) {
    const share = Math.floor(maxSegmentSize / RESERVE_SHARE);
    this.byteLength = Math.min(MAX_RESERVE_BYTES, Math.max(MIN_RESERVE_BYTES, share));
    this.#files = files;
    this.#path = join(folder, RESERVE_NAME);
  }

  /** Makes the reserve anew; rejects when there is no space for it. */
  async make(): Promise<void> {
    await this.free();
    const file = await this.#files.open(this.#path, 'create');
    try {
      await writeFully(file, [Buffer.alloc(this.byteLength)], 0);
      await file.datasync();
      this.#exists = true;
    } finally {
      await file.close();
      if (!this.#exists) await this.#files.unlink(this.#path);
    }
  }

  /** Gives the space away; false when there was none to give. */
  async free(): Promise<boolean> {
    this.#exists = false;
    try {
      await this.#files.unlink(this.#path);
      return true;
    } catch {
      return false;
    }
  }
}
