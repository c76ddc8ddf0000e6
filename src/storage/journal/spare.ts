/**
 * A journal file that no stream needs any more, kept to become the next one: its blocks are there already, so writing
 * over its old bytes costs neither zeros nor the file system's bookkeeping. At most one is kept, and none while the disk
 * is full. A start deletes it, since it cannot tell whose entries it holds.
 *
 * Nothing of the earlier life ever parses. A sealed file holds entries of one salt only, and the new salt differs from
 * it in its lowest bit, which makes every entry's CRC start from another seed (`entrySeed`). A record batch's own CRC
 * knows no salt, so the new entries over old bytes are written with a CRC that covers the batch as well.
 */
import { join } from 'node:path';
import type { FileContext } from '../context.ts';
import type { Files, OpenFile } from '../files/files.ts';
import { writeFully } from '../files/files.ts';
import type { JournalFile } from '../index/journal-file.ts';

const SPARE_NAME = 'spare.recycled';

/** Deletes the spare in a journal's folder; false when there is none. */
export async function deleteSpare(files: Files, folder: string): Promise<boolean> {
  try {
    await files.unlink(join(folder, SPARE_NAME));
    return true;
  } catch {
    return false;
  }
}

/** An open file whose old bytes reach to `byteLength`. */
export interface RecycledFile {
  readonly handle: OpenFile;
  readonly byteLength: number;
}

export class SpareFile {
  readonly #files: Files;
  readonly #folder: string;
  readonly #path: string;
  readonly #maxSegmentSize: number;
  readonly #isWanted: () => boolean;
  #kept: { readonly salt: number; readonly byteLength: number } | null = null;
  /** It is just being made, used or deleted. */
  #isBusy = false;

  /** @param isWanted false while space is short: then nothing is kept. */
  constructor(context: Pick<FileContext, 'files' | 'folder' | 'maxSegmentSize'>, isWanted: () => boolean) {
    this.#files = context.files;
    this.#folder = context.folder;
    this.#path = join(context.folder, SPARE_NAME);
    this.#maxSegmentSize = context.maxSegmentSize;
    this.#isWanted = isWanted;
  }

  /**
   * Takes a dead file, which is closed, off the journal. False when it must be deleted instead: there is a spare, space
   * is short, or the file is too small to be of use or was made for one large entry.
   */
  async keep(file: JournalFile): Promise<boolean> {
    if (this.#isBusy || this.#kept !== null || !this.#isWanted() || !this.#fits(file)) return false;
    this.#isBusy = true;
    try {
      await this.#files.rename(file.path, this.#path);
      // Else its new life might be found under its old name.
      await this.#files.syncDirectory(this.#folder);
      // Who opened it by its old name in between must go on seeing what it was.
      const isFree = file.references === 0 && file.handle === null;
      if (isFree && this.#isWanted()) this.#kept = { salt: file.salt, byteLength: file.written };
      else await this.#files.unlink(this.#path);
      return true;
    } catch {
      return false;
    } finally {
      this.#isBusy = false;
    }
  }

  /** Changes a random salt so that no entry of the spare parses under it. */
  saltApart(salt: number): number {
    if (this.#kept === null) return salt;
    return ((salt & ~1) | (~this.#kept.salt & 1)) >>> 0;
  }

  /**
   * Makes the spare the journal file `path`; the caller syncs the folder. The header is on the device before the name,
   * so a start never meets the old one under it. Null when there is no spare, or none that can be used.
   */
  async become(path: string, header: Buffer): Promise<RecycledFile | null> {
    if (this.#kept === null) return null;
    const { byteLength } = this.#kept;
    this.#kept = null;
    this.#isBusy = true;
    let handle: OpenFile | null = null;
    try {
      handle = await this.#files.open(this.#path, 'write');
      await writeFully(handle, [header], 0);
      await handle.datasync();
      await this.#files.rename(this.#path, path);
      return { handle, byteLength };
    } catch {
      // Nothing is lost with it: the caller makes a new file, and whatever is wrong with the disk shows there.
      await handle?.close().catch(() => undefined);
      await deleteSpare(this.#files, this.#folder);
      return null;
    } finally {
      this.#isBusy = false;
    }
  }

  /** Deletes the spare; false when there was none. */
  async drop(): Promise<boolean> {
    if (this.#isBusy) return false;
    this.#kept = null;
    this.#isBusy = true;
    try {
      return await deleteSpare(this.#files, this.#folder);
    } finally {
      this.#isBusy = false;
    }
  }

  #fits({ seal, written }: JournalFile): boolean {
    const isOrdinary = seal !== null && seal.checkpointPosition <= this.#maxSegmentSize;
    return isOrdinary && written >= this.#maxSegmentSize / 2;
  }
}
