/** What was found damaged in journal files: named in the log once a place, and kept, so that it is not read again. */
import type { Logger } from '../../base/logger.ts';
import type { JournalFile } from '../index/journal-file.ts';
import { StorageError } from '../types.ts';
import type { StreamId } from '../types.ts';

/** Places kept for one file; more say nothing new. */
const MAX_PLACES = 1000;

export class DamageLog {
  readonly #logger: Logger;
  readonly #derived = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Notes that the batch entry of `stream` at `position` is not what it should be; gives the error that refuses it. */
  batch(file: JournalFile, position: number, stream: StreamId): StorageError {
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

  /** Says once that something in a file that can be derived from the rest was damaged, and is derived. */
  derived(file: JournalFile, what: 'run index' | 'footer' | 'checkpoint' | 'snapshot', position: number): void {
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
export function isDamaged(file: JournalFile, position: number): boolean {
  return file.damaged !== null && file.damaged.has(position);
}

export function damagedBatch(file: JournalFile, position: number, stream: StreamId): StorageError {
  const what = `the batch of stream ${stream} at ${position} is damaged`;
  return new StorageError('CORRUPT', `${file.path}: ${what}; check the disk and restore the file from a copy`);
}
