/** The file behind the one being written: made ahead when that is nearly full, so that a roll finds it. */
import type { FileContext } from '../context.ts';
import { createJournalFile } from './create.ts';
import type { JournalFile } from '../index/journal-file.ts';
import type { SpareFile } from './spare.ts';
import type { WritableFile } from './writable-file.ts';

const RETRY_MS = 500;

export class NextFile {
  readonly #context: FileContext;
  readonly #spare: SpareFile;
  readonly #isFull: () => boolean;
  #made: Promise<WritableFile> | null = null;
  /** None is made ahead before this, after an attempt that failed. */
  #afterMs = 0;
  /** The newest file that the witness was told of. */
  #witnessed = 0;

  /** @param isFull true while the disk is: then a file gets no more than its header. */
  constructor(context: FileContext, spare: SpareFile, isFull: () => boolean) {
    this.#context = context;
    this.#spare = spare;
    this.#isFull = isFull;
  }

  /** Starts to make it ahead. */
  prepare(sequence: number): void {
    const { clock } = this.#context;
    if (this.#made !== null || this.#isFull() || clock.monotonicMs() < this.#afterMs) return;
    this.#made = this.#create(sequence);
    this.#made.catch(() => {
      // The roll itself tries again and reports.
      this.#made = null;
      this.#afterMs = clock.monotonicMs() + RETRY_MS;
    });
  }

  /** The file made ahead, or one made now; it stays the next one until `taken`. */
  async get(sequence: number): Promise<WritableFile> {
    this.#made ??= this.#create(sequence);
    try {
      return await this.#made;
    } catch (error) {
      this.#made = null;
      throw error;
    }
  }

  /** Has the witness know that the journal goes on in the file, so that a start misses it if it is gone. */
  async witness(file: JournalFile): Promise<void> {
    const { witness, logger } = this.#context;
    if (this.#witnessed === file.sequence) return;
    this.#witnessed = file.sequence;
    try {
      await witness.goesOnIn(file.sequence);
    } catch (error) {
      // The journal itself is none the worse for it.
      logger.warn('journal-file-unwitnessed', 'The catalog could not note a new journal file', { error });
    }
  }

  taken(): void {
    this.#made = null;
  }

  async discard(): Promise<void> {
    const made = await this.#made?.catch(() => undefined);
    this.#made = null;
    if (made === undefined) return;
    const { file, handle } = made;
    await handle.close();
    if (file.sequence === this.#witnessed) return; // it would be missed; empty, it is in nobody's way
    await this.#context.files.unlink(file.path).catch(() => undefined);
  }

  #create(sequence: number): Promise<WritableFile> {
    return createJournalFile(this.#context, sequence, false, { spare: this.#spare, isBare: this.#isFull() });
  }
}
