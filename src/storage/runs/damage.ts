/** What was found damaged in the files of the journal: named in the log once a place, and kept, so that it is not read again. */
import type { Logger } from '../../base/logger.ts';
import { StorageError } from '../types.ts';
import type { StreamId } from '../types.ts';

/** Places kept for one file; more say nothing new. */
const MAX_PLACES = 1000;

/** A file of which some places are known to be damaged: by position; null without. */
export interface DamageableFile {
  readonly path: string;
  damaged: Set<number> | null;
}

export class DamageLog {
  readonly #logger: Logger;
  readonly #derived = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Notes that the batch of `stream` at `position`, or the block that it is in, is not what it should be; gives the error that refuses it. */
  batch(file: DamageableFile, position: number, stream: StreamId): StorageError {
    const isNew = !isDamaged(file, position);
    file.damaged ??= new Set();
    if (isNew && file.damaged.size < MAX_PLACES) {
      file.damaged.add(position);
      this.#logger.error(
        'batch-damaged',
        'A batch in the journal is damaged and not served: check the disk and restore the file from a copy',
        { path: file.path, position, stream },
      );
    }
    return damagedBatch(file, position, stream);
  }

  /** Says once that a part of a segment's index is damaged, and with it all batches that only it knows of. */
  index({ path }: DamageableFile, what: string, position: number): StorageError {
    const place = `${what} ${position} ${path}`;
    const message = `${path}: ${what} at ${position} is damaged`;
    if (!this.#derived.has(place)) {
      this.#derived.add(place);
      this.#logger.error(
        'segment-index-damaged',
        'A part of the index of a segment is damaged, and its batches are not served: check the disk and restore the file from a copy',
        { path, what, position },
      );
    }
    return new StorageError('CORRUPT', `${message}; check the disk and restore the file from a copy`);
  }

  /** Says once that something in a file that can be derived from the rest was damaged, and is derived. */
  derived(file: DamageableFile, what: 'run index' | 'footer' | 'checkpoint' | 'snapshot', position: number): void {
    const place = `${what} ${position} ${file.path}`;
    if (this.#derived.has(place)) return;
    this.#derived.add(place);
    this.#logger.warn(`${what.replace(' ', '-')}-damaged`, `${REPLACED_BY[what]}; check the disk`, {
      path: file.path,
      position,
    });
  }
}

const REPLACED_BY = {
  'run index': 'The run index of a journal file is damaged and is made again from its entries',
  footer: 'The footer of a journal file is damaged; what it says is found in the entries',
  checkpoint: 'A checkpoint in the journal is damaged; the start goes by an older one and all files behind it',
  snapshot:
    "A snapshot of a partition's producers is damaged; they are read from its batches as far as these are there",
} as const;

/** True for a place that was found damaged before. */
export function isDamaged(file: DamageableFile, position: number): boolean {
  return file.damaged !== null && file.damaged.has(position);
}

export function damagedBatch(file: DamageableFile, position: number, stream: StreamId): StorageError {
  const what = `the batch of stream ${stream} at ${position} is damaged`;
  return new StorageError('CORRUPT', `${file.path}: ${what}; check the disk and restore the file from a copy`);
}
