/**
 * Has the journal know what went of a stream: before a log start that moved, which readers see at once, or by compaction.
 * Each entry says how many bytes that were.
 */
import { plainSlice } from '../../base/counted.ts';
import type { Directory } from '../directory.ts';
import { EntryKind } from '../format/format.ts';
import type { ControlEntries } from '../journal/control.ts';
import type { Gap, Search } from '../runs/search.ts';
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

/** Offsets without a batch; where the stream was compacted, this may be why. */
export interface LostGap extends Gap {
  readonly isCompacted: boolean;
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
    const to = Math.min(logStartOffset, directory.writtenEnd.get(row));
    if (to <= directory.journaledStart.get(row) && !this.#underWay.has(stream)) return;
    directory.logStart.set(row, Math.max(to, directory.logStart.get(row)));
    await this.#inTurn(stream, () => this.#trimTo(stream, to));
  }

  /** All before the offset is compacted, in what readers see: resolves when the journal has it. */
  async compacted(stream: StreamId, endOffset: number): Promise<void> {
    await this.#inTurn(stream, () => this.#noteCompacted(stream, endOffset));
  }

  /**
   * Has the journal know what is missing of the stream in `row`, whose files were lost: the log start moves behind what is
   * missing there, and what is left is counted. Gives the gaps.
   */
  async giveUpMissing(stream: StreamId, row: number): Promise<readonly LostGap[]> {
    const { directory, search } = this.#host;
    const compactedEnd = directory.compactedEnd.get(row);
    const gaps = await search.gaps(stream);
    const atStart = gaps.find(({ from, to }) => from === directory.logStart.get(row) && to > compactedEnd);
    if (atStart !== undefined) await this.trim(stream, row, atStart.to);
    await this.compacted(stream, compactedEnd);
    return gaps.map(({ from, to }) => ({ from, to, isCompacted: from < compactedEnd }));
  }

  /** Has the journal know that a file is gone. */
  async giveUpFile(sequence: number): Promise<void> {
    await this.#host.control.committed({ kind: EntryKind.FILE_REMOVED, baseOffset: sequence }, null, 'fsync');
  }

  /** One after the other: each counts from where the one before has got to, also when that failed. */
  async #inTurn(stream: StreamId, step: () => Promise<void>): Promise<void> {
    const before = this.#underWay.get(stream);
    const taken = before === undefined ? step() : before.then(step);
    const done = taken.catch(() => undefined);
    this.#underWay.set(stream, done);
    void done.then(() => this.#underWay.get(stream) === done && this.#underWay.delete(stream));
    await taken;
  }

  async #noteCompacted(stream: StreamId, endOffset: number): Promise<void> {
    const { directory, onTrimmed } = this.#host;
    const goneBytes = await this.#goneBytes(stream);
    const row = directory.find(stream);
    if (row < 0 || (goneBytes === 0 && endOffset <= directory.compactedEnd.get(row))) return;
    await this.#journal(EntryKind.COMPACTED, stream, endOffset, goneBytes);
    onTrimmed();
  }

  /** Counts what is not there any more of the live bytes, so that it is right whatever was not noted before. */
  async #goneBytes(stream: StreamId): Promise<number> {
    const { directory, search } = this.#host;
    for (;;) {
      const row = directory.find(stream);
      if (row < 0) return 0;
      const from = directory.journaledStart.get(row);
      const liveBytes = directory.liveBytes.get(row);
      const left = await search.bytesBetween(stream, from, directory.writtenEnd.get(row));
      if (isAsBefore(directory, stream, row, from)) return liveBytes - left;
    }
  }

  async #trimTo(stream: StreamId, to: number): Promise<void> {
    const { directory, refuse, onTrimmed } = this.#host;
    const removedBytes = await this.#bytesBefore(stream, to);
    if (removedBytes === null) {
      refuse(); // the one before was written, but may have failed to get to the device
      return;
    }
    if (directory.find(stream) < 0) return;
    directory.countedTrims.set(stream, to);
    try {
      await this.#journal(EntryKind.TRIM, stream, to, removedBytes);
    } finally {
      directory.countedTrims.delete(stream);
    }
    onTrimmed();
  }

  /** Counts what a trim takes; null when there is nothing left to take. */
  async #bytesBefore(stream: StreamId, to: number): Promise<number | null> {
    const { directory, search } = this.#host;
    for (;;) {
      const row = directory.find(stream);
      const from = row < 0 ? to : directory.journaledStart.get(row);
      if (to <= from) return null;
      const byteLength = await search.bytesBetween(stream, from, to);
      if (isAsBefore(directory, stream, row, from)) return byteLength;
    }
  }

  #journal(kind: EntryKind, stream: StreamId, baseOffset: number, removedBytes: number): Promise<void> {
    const payload = Buffer.alloc(8);
    payload.writeBigInt64LE(BigInt(removedBytes));
    return this.#host.control.committed({ kind, stream, baseOffset }, plainSlice(payload));
  }
}

/** False when a journal in memory has dropped some of the stream since it was in `row` and began there, and has counted that. */
function isAsBefore(directory: Directory, stream: StreamId, row: number, start: number): boolean {
  return directory.find(stream) !== row || directory.journaledStart.get(row) === start;
}
