/** Snapshots: one small blob per stream in the journal, the newest counts. */
import { plainSlice } from '../../base/counted.ts';
import type { EngineContext } from '../context.ts';
import { EntryKind } from '../format/format.ts';
import { controlEntry } from '../format/control-entry.ts';
import type { Journal } from './journal.ts';
import { StorageError } from '../types.ts';
import type { StreamId } from '../types.ts';

export interface Snapshot {
  /** Covers all batches below. */
  readonly offset: number;
  readonly bytes: Buffer;
}

export class SnapshotStore {
  readonly #context: EngineContext;
  readonly #journal: Journal;
  /** Written but not in the journal yet, newest of each stream. */
  readonly #pending = new Map<StreamId, Snapshot>();

  constructor(context: EngineContext, journal: Journal) {
    this.#context = context;
    this.#journal = journal;
  }

  /** Queues a snapshot; `bytes` must not change afterwards. One for a trim is not refused by a full disk. */
  write(stream: StreamId, offset: number, bytes: Buffer, onEnd?: (isKept: boolean) => void, isForTrim = false): void {
    if (this.#context.directory.find(stream) < 0) throw new StorageError('NOT_FOUND', `No stream ${stream}`);
    const snapshot = { offset, bytes };
    this.#pending.set(stream, snapshot);
    const fields = { kind: EntryKind.SNAPSHOT, stream, baseOffset: offset };
    const done = (error: StorageError | null): void => {
      if (this.#pending.get(stream) === snapshot) this.#pending.delete(stream);
      onEnd?.(error === null);
    };
    const entry = controlEntry(fields, plainSlice(bytes), false, done);
    entry.isForTrim = isForTrim;
    this.#journal.push(entry);
  }

  /** True while a snapshot of the stream is on its way into the journal. */
  isPending(stream: StreamId): boolean {
    return this.#pending.has(stream);
  }

  /**
   * The newest snapshot, or null; also where it is damaged, or in a file that was lost and given up: what it says can be
   * read from the batches again, as far as these are there.
   */
  async read(stream: StreamId): Promise<Snapshot | null> {
    const { directory, table } = this.#context;
    const row = directory.find(stream);
    if (row < 0) throw new StorageError('NOT_FOUND', `No stream ${stream}`);
    const pending = this.#pending.get(stream);
    if (pending !== undefined) return pending;
    const sequence = directory.snapshotFile.get(row);
    if (sequence === 0) return null;
    const offset = directory.snapshotOffset.get(row);
    const length = directory.snapshotLength.get(row);
    const start = directory.snapshotPosition.get(row);
    const file = table.get(sequence);
    const entry = file === undefined ? null : await table.entry(file, EntryKind.SNAPSHOT, start, length);
    if (entry?.header.stream === stream) return { offset, bytes: entry.payload };
    const place = directory.find(stream);
    const isNewest = directory.snapshotFile.get(place) === sequence && directory.snapshotPosition.get(place) === start;
    if (place < 0 || !isNewest) return await this.read(stream);
    // Nothing must be kept, or carried into another file, for it.
    directory.snapshotFile.set(place, 0);
    directory.setSnapshotLength(place, 0);
    if (file !== undefined) this.#context.damage.derived(file, 'snapshot', start);
    return null;
  }
}
