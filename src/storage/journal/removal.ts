/**
 * Takes dead files off the disk. A removal is journaled before the file goes, so that a start knows a deleted file from a
 * lost one; after a time of grace, and when nobody reads it, the file is deleted, or kept to become the next one.
 */
import type { FileContext } from '../context.ts';
import { controlEntry } from '../format/control-entry.ts';
import type { PendingEntry } from '../format/entry.ts';
import { EntryKind } from '../format/format.ts';
import type { JournalFile } from '../index/journal-file.ts';
import type { SpareFile } from './spare.ts';

export class FileRemoval {
  readonly #context: FileContext;
  readonly #spare: SpareFile;
  readonly #push: (entry: PendingEntry) => void;
  /** Removed files that are not deleted yet: the table has them no more, and somebody must close them. */
  readonly #waiting = new Set<JournalFile>();
  /** Deletions under way, one after the other. */
  #deleting: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(context: FileContext, spare: SpareFile, push: (entry: PendingEntry) => void) {
    this.#context = context;
    this.#spare = spare;
    this.#push = push;
  }

  /** Resolves when the device has it that the files are removed. @throws StorageError when the journal refuses it */
  async remove(files: readonly JournalFile[]): Promise<void> {
    for (const file of files) {
      this.#waiting.add(file);
      await this.#journal(file);
    }
    this.#deleteLater(files);
  }

  /** Starts no more deletions; resolves when the one under way is done. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.#deleting;
  }

  /** Closes what was not deleted: the next start finds the removal in the journal. After `stop`. */
  async close(): Promise<void> {
    for (const file of this.#waiting) await this.#context.table.close(file).catch(() => undefined);
  }

  #journal(file: JournalFile): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | null): void => (error === null ? resolve() : reject(error));
      this.#push(controlEntry({ kind: EntryKind.FILE_REMOVED, baseOffset: file.sequence }, null, true, done));
    });
  }

  #deleteLater(files: readonly JournalFile[]): void {
    this.#context.clock.setTimer(this.#context.deleteGraceMs, () => {
      for (const file of files) this.#deleting = this.#deleting.then(() => this.#delete(file));
    });
  }

  async #delete(file: JournalFile): Promise<void> {
    const { table, files, logger, stats, cache } = this.#context;
    if (this.#stopped) return;
    if (file.references > 0) {
      this.#deleteLater([file]);
      return;
    }
    try {
      cache.drop(file);
      await table.close(file);
      this.#waiting.delete(file);
      if (!(await this.#spare.keep(file))) await files.unlink(file.path);
      stats.filesDeleted += 1;
    } catch (error) {
      logger.warn('delete-failed', 'A dead journal file could not be deleted', { path: file.path, error });
    }
  }
}
