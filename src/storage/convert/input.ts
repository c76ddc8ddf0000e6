/** What a merge reads from: the batches of one source in order of (stream, offset). */
import type { AbortedTransaction, StreamId } from '../types.ts';
import type { MergeDamage, MergedBatch } from './types.ts';

/** Ends a merge: what it would have to copy is damaged. */
export class DamagedInput extends Error {
  readonly damage: MergeDamage;

  constructor(damage: MergeDamage) {
    super(`${damage.path}: the batch of stream ${damage.stream} at ${damage.position} is damaged`);
    this.name = 'DamagedInput';
    this.damage = damage;
  }
}

/** Says where live data of a stream begins, for all streams up to a bound. */
export interface LiveStarts {
  /** Streams up to this one are known. */
  readonly bound: StreamId;
  /** Log start offset; Infinity for a stream that is left out. */
  logStart(stream: StreamId): number;
}

/** Stands on one batch of a source, or behind the last one. All reads are synchronous. */
export interface InputCursor {
  /** Of the batch it stands on; Infinity behind the last one. */
  readonly stream: StreamId;
  readonly baseOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly byteLength: number;
  /** Bytes read from files so far. */
  readonly readBytes: number;

  /** To the next batch. */
  next(): void;
  /** Lets go of memory; nothing is asked of it any more. */
  close(): void;
  /**
   * The batch, all checksums checked. Valid until the next call. Reads ahead, but for what `live` says is dead.
   * @throws DamagedInput when it is not even known what lies there
   */
  batch(live: LiveStarts): MergedBatch;
  /** The aborted transaction whose marker the batch is, or null; after `batch`. */
  aborted(): AbortedTransaction | null;
  /** Adds the streams it comes to next, this one first, ascending, at most `limit`; gives the one up to which that is all. */
  upcoming(into: StreamId[], limit: number): StreamId;
  /** Bytes of the stream's batches from here on, about. */
  bytesAhead(stream: StreamId): number;
}
