/** What conversion asks whoever knows which streams are compacted. */
import type { StreamId } from '../types.ts';

export interface CompactionDuty {
  /** Streams whose compaction is due now, ascending, and the newest journal sequence with batches that it is for. */
  due(): { readonly streams: readonly StreamId[]; readonly through: number };
  /** Bytes that a merge for what is due may read and write a second; 0: as fast as other merges. */
  readonly bytesPerSecond: number;
  /** Nothing can be done about what is due: it is not in segments, or they are damaged. */
  impossible(): void;
  /**
   * What the filter of a compacted stream needs to know, or null if it is not filtered in this merge; undefined for a stream
   * that is not compacted.
   * @param isWhole the merge has all that is converted of the streams that were due when it was decided
   */
  parameters(stream: StreamId, isWhole: boolean): unknown;
  /**
   * A merge was published.
   * @param compacted what its filters said at their end
   * @param isWhole as `parameters` was told: what was due, and did not come up in it, is not there any more
   */
  published(compacted: ReadonlyMap<StreamId, unknown>, isWhole: boolean): void;
}

export const NO_COMPACTION: CompactionDuty = {
  due: () => ({ streams: [], through: 0 }),
  bytesPerSecond: 0,
  impossible: () => undefined,
  parameters: () => undefined,
  published: () => undefined,
};
