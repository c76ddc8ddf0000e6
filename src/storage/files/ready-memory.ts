/**
 * Has the system give the memory of new buffers on a thread. Else it gives it page by page, whenever one is first written
 * to, which takes longer than the write: a third of an append to a journal in memory, measured.
 */
import { close, open, read } from 'node:fs';

/** Nothing but zeros; where there is no such file, buffers stay as they are. */
const ZEROS = '/dev/zero';

export class ReadyMemory {
  #descriptor: number | null = null;
  #state: 'closed' | 'opening' | 'open' | 'missing' = 'closed';
  /** Buffers under way. */
  #underWay = 0;
  #isEnding = false;

  /** Fills a new buffer with zeros; calls back when it may be used, which it may not be before. */
  ready(bytes: Buffer, done: () => void): void {
    const descriptor = this.#descriptor;
    if (descriptor === null) {
      this.#open();
      done();
      return;
    }
    this.#underWay += 1;
    read(descriptor, bytes, 0, bytes.length, 0, () => {
      this.#underWay -= 1;
      if (this.#isEnding) this.#closeIfIdle();
      done();
    });
  }

  /** Fills nothing any more. */
  close(): void {
    this.#isEnding = true;
    this.#closeIfIdle();
  }

  #open(): void {
    if (this.#state !== 'closed' || this.#isEnding) return;
    this.#state = 'opening';
    open(ZEROS, 'r', (error, descriptor) => {
      this.#state = error === null ? 'open' : 'missing';
      if (error !== null) return;
      this.#descriptor = descriptor;
      if (this.#isEnding) this.#closeIfIdle();
    });
  }

  #closeIfIdle(): void {
    const descriptor = this.#descriptor;
    if (descriptor === null || this.#underWay > 0) return;
    this.#descriptor = null;
    close(descriptor);
  }
}
