/** What the engine tells the journal about streams. */
import type { Slice } from '../../base/counted.ts';
import { type ControlFields, controlEntry } from '../format/control-entry.ts';
import type { JournalWriter } from './writer.ts';
import type { Durability } from '../types.ts';

export class ControlEntries {
  readonly #writer: JournalWriter;
  readonly #needsSync: (asked: Durability) => boolean;

  /** @param needsSync whether an entry of this durability is acknowledged only once it is on the device. */
  constructor(writer: JournalWriter, needsSync: (asked: Durability) => boolean) {
    this.#writer = writer;
    this.#needsSync = needsSync;
  }

  /** Queues an entry that nobody waits for. */
  push(fields: ControlFields): void {
    this.#writer.push(controlEntry(fields));
  }

  /** Queues an entry; resolves when it is as durable as was asked for. */
  committed(fields: ControlFields, payload: Slice | null = null, durability: Durability = 'os'): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | null): void => (error === null ? resolve() : reject(error));
      this.#writer.push(controlEntry(fields, payload, this.#needsSync(durability), done));
    });
  }
}
