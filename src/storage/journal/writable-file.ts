/** A journal file that is written to: what only its writer knows of it. Readers have the `JournalFile`. */
import type { OpenFile } from '../files/files.ts';
import type { ActiveIndex } from '../index/active-index.ts';
import type { JournalFile } from '../index/journal-file.ts';

export interface WritableFileFields {
  /** Length when it was made: space made ready from the start; default what is written. */
  readonly initialLength?: number | undefined;
  /** Before this, bytes of an earlier life may lie behind what is written; default 0: it was made anew. */
  readonly recycledEnd?: number | undefined;
}

export class WritableFile {
  readonly file: JournalFile;
  readonly index: ActiveIndex;
  readonly handle: OpenFile;
  readonly initialLength: number;
  readonly recycledEnd: number;
  /** End of what is written or being written. */
  claimed: number;

  /** @param index what is known of the batches in the file, which readers get too */
  constructor(file: JournalFile, index: ActiveIndex, handle: OpenFile, fields: WritableFileFields = {}) {
    this.file = file;
    this.index = index;
    this.handle = handle;
    this.initialLength = fields.initialLength ?? file.written;
    this.recycledEnd = fields.recycledEnd ?? 0;
    this.claimed = file.written;
    file.index = index;
    file.handle = handle;
  }
}
