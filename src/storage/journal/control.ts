/** What the engine tells the journal about streams. */
import type { Slice } from '../../base/counted.ts';
import { type ControlFields, controlEntry } from '../format/control-entry.ts';
import type { Journal } from './journal.ts';
import type { Durability } from '../types.ts';

export class ControlEntries {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Queues an entry that nobody waits for. */
  push(fields: ControlFields): void {
    this.#journal.push(controlEntry(fields));
  }

  /** Queues an entry; resolves when it is as durable as was asked for. */
  committed(fields: ControlFields, payload: Slice | null = null, durability: Durability = 'os'): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | null): void => (error === null ? resolve() : reject(error));
      this.#journal.push(controlEntry(fields, payload, this.#journal.needsSync(durability), done));
    });
  }
}
