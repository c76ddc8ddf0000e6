/** Compaction as a part of a merge: makes the filter of each stream that is to be compacted; in the merge's thread. */
import { HASH_SECRET_BYTES } from '../compact/key-hash.ts';
import { KeyPass } from '../compact/key-pass.ts';
import { OffsetMap } from '../compact/offset-map.ts';
import { StreamCleaner } from '../compact/stream-cleaner.ts';
import type { CompactionTask } from '../compact/types.ts';
import type { CompactionOutcome } from '../compaction-types.ts';
import type { Random } from '../../base/random.ts';
import type { AbortedTransaction, StreamId } from '../types.ts';
import type { BatchFilter, BatchFilters, MergedBatch, VisitBatch } from './types.ts';

class CompactionFilter implements BatchFilter {
  readonly #cleaner: StreamCleaner;

  constructor(cleaner: StreamCleaner) {
    this.#cleaner = cleaner;
  }

  filter({ bytes, isRecordBatch }: MergedBatch): Buffer | null | Promise<Buffer | null> {
    return isRecordBatch ? this.#cleaner.take(bytes) : bytes;
  }

  keepsAborted(aborted: AbortedTransaction): boolean {
    return this.#cleaner.keepsAborted(aborted);
  }

  finish(): CompactionOutcome {
    return this.#cleaner.finish();
  }
}

export class CompactionFilters implements BatchFilters {
  /** Of one stream at a time: a merge takes them one after the other. */
  readonly #map: OffsetMap;

  constructor(random: Random) {
    this.#map = new OffsetMap(random.bytes(HASH_SECRET_BYTES));
  }

  /** @param parameters a CompactionTask, or null for a stream that is not to be compacted in this merge */
  async create(
    _stream: StreamId,
    parameters: unknown,
    walk: (fromOffset: number, visit: VisitBatch) => Promise<void>,
  ): Promise<BatchFilter | null> {
    if (parameters === null) return null;
    const task = parameters as CompactionTask;
    const keys = new KeyPass(task, this.#map);
    await walk(task.firstDirtyOffset, ({ bytes, isRecordBatch }) => !isRecordBatch || keys.take(bytes));
    return new CompactionFilter(new StreamCleaner(keys));
  }

  /** Gives back the memory of the map. */
  release(): void {
    this.#map.release();
  }
}
