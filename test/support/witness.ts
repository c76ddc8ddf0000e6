/** Remembers how far the journal went, as the catalog does. */
import type { JournalEnd, JournalWitness } from '../../src/storage/types.ts';

export class Witness implements JournalWitness {
  end: JournalEnd | null;

  constructor(end: JournalEnd | null) {
    this.end = end;
  }

  goesOnIn(sequence: number): Promise<void> {
    this.end = { sequence, position: null };
    return Promise.resolve();
  }

  reached(end: JournalEnd): Promise<void> {
    if (this.end === null || this.end.sequence <= end.sequence) this.end = end;
    return Promise.resolve();
  }
}
