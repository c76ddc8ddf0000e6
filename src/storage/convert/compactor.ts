/** Who makes a pass of compaction: a merge of segments, or a journal in memory by itself. */
import type { CompactionTask } from '../compact/types.ts';
import type { CompactionOutcome } from '../compaction-types.ts';
import type { StreamId } from '../types.ts';

export interface Compactor {
  /**
   * Makes the pass, and puts what comes of it in the place of what was there. Null when it was given up.
   * @param through newest journal sequence with something of what is to be compacted, which is sealed
   * @throws StorageError, as a rejection
   */
  run(task: CompactionTask, through: number): Promise<CompactionOutcome | null>;
  /** The stream is gone. */
  forget(stream: StreamId): void;
  /** Gives up what is not done. */
  stop(): void;
}
