/**
 * The catalog's own reserve: a file that only takes up space, so that a start is counted and a deletion committed on a
 * full disk, too. It gives way from its end, piece by piece, and is made whole again when there is room.
 */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { JOURNAL_FOLDER } from '../options.ts';

export const RESERVE_FILE = 'catalog.reserve';
const RESERVE_BYTES = 256 * 1024;
const PIECE_BYTES = 32 * 1024;

/** Does something with an open file; false when it cannot be opened, or the system refuses what is done. */
function withFile(path: string, flags: string, action: (descriptor: number) => boolean): boolean {
  try {
    const descriptor = openSync(path, flags);
    try {
      return action(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}

/** Cuts a piece off a file; false when there is none to cut. */
function shrink(path: string): boolean {
  return withFile(path, 'r+', (descriptor) => {
    const { size } = fstatSync(descriptor);
    ftruncateSync(descriptor, Math.max(0, size - PIECE_BYTES));
    return size > 0;
  });
}

export class CatalogReserve {
  readonly #path: string;
  readonly #journal: string;
  isWhole = false;

  constructor(dataDir: string) {
    this.#path = join(dataDir, RESERVE_FILE);
    this.#journal = join(dataDir, JOURNAL_FOLDER);
  }

  /** Gives a piece; false when there is none left. */
  give(): boolean {
    this.isWhole = false;
    return shrink(this.#path);
  }

  /** As `give`; then of what the journal keeps, which nobody has open yet. */
  giveAtStart(): boolean {
    if (this.give()) return true;
    try {
      unlinkSync(join(this.#journal, 'spare.recycled'));
      return true;
    } catch {
      return shrink(join(this.#journal, 'reserve'));
    }
  }

  /** Takes back what is missing, as far as there is room. */
  makeWhole(): void {
    if (this.isWhole) return;
    this.isWhole = withFile(this.#path, 'a', (descriptor) => {
      const { size } = fstatSync(descriptor);
      const zeros = Buffer.alloc(Math.max(0, RESERVE_BYTES - size));
      for (let at = 0; at < zeros.length; ) at += writeSync(descriptor, zeros, at);
      fsyncSync(descriptor);
      return true;
    });
  }
}
