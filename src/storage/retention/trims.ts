/** Moves log starts: at once for readers, and as an entry of the journal, which says how many bytes went. */
import { plainSlice } from '../../base/counted.ts';
import type { Directory } from '../directory.ts';
import { EntryKind } from '../format/format.ts';
import type { ControlEntries } from '../journal/control.ts';
import type { Search } from '../runs/search.ts';
import type { StreamId } from '../types.ts';

export interface TrimsHost {
  readonly directory: Directory;
  readonly control: ControlEntries;
  readonly search: Search;
  /** @throws StorageError unless the journal takes what frees space */
  readonly refuse: () => void;
  /** A trim is in the journal. */
  readonly onTrimmed: () => void;
}

export class Trims {
  readonly #host: TrimsHost;
  /** The newest of each stream that has one under way. */
  readonly #underWay = new Map<StreamId, Promise<void>>();

  constructor(host: TrimsHost) {
    this.#host = host;
  }

  /** Moves the log start of the stream in `row` forward; resolves when the journal has it. */
  async trim(stream: StreamId, row: number, logStartOffset: number): Promise<void> {
    const { directory } = this.#host;
    // What is not written yet cannot be counted, and nobody was told of it.
    const to = Math.min(logStartOffset, directory.writtenEnd[row] as number);
    const before = this.#underWay.get(stream);
    if (to <= (directory.journaledStart[row] as number) && before === undefined) return;
    directory.logStart[row] = Math.max(to, directory.logStart[row] as number);
    // One after the other: each counts from where the one before has got to, also when that failed.
    const trim = before === undefined ? this.#trimTo(stream, to) : before.then(() => this.#trimTo(stream, to));
    const done = trim.catch(() => undefined);
    this.#underWay.set(stream, done);
    void done.then(() => this.#underWay.get(stream) === done && this.#underWay.delete(stream));
    await trim;
  }

  async #trimTo(stream: StreamId, to: number): Promise<void> {
    const { directory, control, search, refuse, onTrimmed } = this.#host;
    const row = directory.find(stream);
    const from = row < 0 ? to : (directory.journaledStart[row] as number);
    if (to <= from) {
      refuse(); // the one before was written, but may have failed to get to the device
      return;
    }
    const removedBytes = await search.bytesBetween(stream, from, to);
    if (directory.find(stream) < 0) return;
    const payload = Buffer.alloc(8);
    payload.writeBigInt64LE(BigInt(removedBytes));
    await control.committed({ kind: EntryKind.TRIM, stream, baseOffset: to }, plainSlice(payload));
    onTrimmed();
  }
}
