/** Entries that are no batches: what the engine tells the journal about streams. */
import type { Slice } from '../../base/counted.ts';
import type { EntryKind } from '../format/format.ts';
import { type EntryFields, type OnCommit, PendingEntry } from '../format/entry.ts';
import type { JournalWriter } from './writer.ts';
import type { Durability, StreamId } from '../types.ts';

type ControlFields = Partial<EntryFields> & { readonly kind: EntryKind; readonly stream: StreamId };

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
    this.#queue(fields, null, false, null);
  }

  /** Queues an entry; resolves when it is as durable as was asked for. */
  committed(fields: ControlFields, payload: Slice | null = null, durability: Durability = 'os'): Promise<void> {
    return new Promise((resolve, reject) => {
      const done: OnCommit = (error) => (error === null ? resolve() : reject(error));
      this.#queue(fields, payload, this.#needsSync(durability), done);
    });
  }

  #queue(fields: ControlFields, payload: Slice | null, needsSync: boolean, onCommit: OnCommit | null): void {
    const whole = { flags: 0, baseOffset: 0, offsetCount: 0, leaderEpoch: -1, maxTimestampMs: -1, ...fields };
    this.#writer.push(new PendingEntry(whole, -1, payload, needsSync, onCommit));
  }
}
