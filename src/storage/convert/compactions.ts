/** Compactions as they are asked for: what could be done, and one pass over a stream from the request to the journal's note of it. */
import type { Cleanable, CompactionOutcome, CompactionPolicy, CompactionRequest } from '../compaction-types.ts';
import { type Directory, ROW_COMPACTED } from '../directory.ts';
import { withIndexes } from '../runs/locate.ts';
import type { Readers } from '../runs/readers.ts';
import { StorageError, type StreamId } from '../types.ts';
import type { Compactor } from './compactor.ts';
import { DirtyTails } from './dirty-tails.ts';

export interface CompactionHost {
  readonly directory: Directory;
  readonly readers: Readers;
  readonly compactor: Compactor;
  /**
   * Sees to it that all up to this journal sequence can be replaced, if that costs no more than so many bytes; false if
   * not.
   */
  readonly release: (sequence: number, worthBytes: number) => Promise<boolean>;
  /** Has the journal know that the stream is compacted up to there. @throws StorageError, as a rejection */
  readonly commit: (stream: StreamId, endOffset: number) => Promise<void>;
}

export class Compactions {
  readonly #host: CompactionHost;
  readonly #tails: DirtyTails;
  #releasing: Promise<boolean> = Promise.resolve(true);

  constructor(host: CompactionHost) {
    this.#host = host;
    this.#tails = new DirtyTails(host.directory, host.readers.locator);
  }

  /** See LogEngine.cleanable. */
  async cleanable(stream: StreamId, policy: CompactionPolicy, stableOffset: number, nowMs: number): Promise<Cleanable> {
    const row = this.#rowOf(stream);
    const { flags } = this.#host.directory;
    flags.set(row, flags.get(row) | ROW_COMPACTED);
    return await this.#tails.cleanable(row, policy, stableOffset, nowMs);
  }

  /** See LogEngine.compact. */
  async compact(request: CompactionRequest): Promise<CompactionOutcome | null> {
    const { readers, directory, compactor, commit } = this.#host;
    const { stream, endOffset, worthBytes } = request;
    const row = this.#rowOf(stream);
    const firstDirtyOffset = this.#tails.firstDirtyOffset(row);
    const logStart = directory.journaledStart.get(row);
    const last = await withIndexes((pins) => readers.locator.find(stream, endOffset - 1, pins));
    if (last === null) return null;
    const through = last.source.lastSequence;
    if (!(await this.#released(through, worthBytes))) return null;
    const aborted = await readers.aborted.find(stream, logStart, endOffset);
    const outcome = await compactor.run({ ...request, firstDirtyOffset, aborted }, through);
    this.#tails.forget(stream);
    // What a crash keeps from being noted is compacted once more, which changes nothing that matters.
    if (outcome?.problem === null) await commit(stream, outcome.cleanedEnd);
    return outcome;
  }

  /** The stream is gone. */
  forget(stream: StreamId): void {
    this.#tails.forget(stream);
    this.#host.compactor.forget(stream);
  }

  /** Gives up what is not done. */
  stop(): void {
    this.#host.compactor.stop();
  }

  /** One after the other: what one has ended serves those behind it. */
  #released(through: number, worthBytes: number): Promise<boolean> {
    const released = this.#releasing.then(() => this.#host.release(through, worthBytes));
    this.#releasing = released.catch(() => false);
    return released;
  }

  #rowOf(stream: StreamId): number {
    const row = this.#host.directory.find(stream);
    if (row < 0) throw new StorageError('NOT_FOUND', `No stream ${stream}`);
    return row;
  }
}
