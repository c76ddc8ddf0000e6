/** How an engine makes segments and reads them. */
import type { EngineContext } from './context.ts';
import { CompactionFilters } from './convert/compaction-filters.ts';
import type { Segmenting } from './convert/host.ts';
import { inlineMerger } from './convert/inline-merger.ts';
import { threadMerger } from './convert/merge-thread.ts';
import { Segment } from './segment/segment.ts';
import { SegmentStore } from './segment/store.ts';

/** Decompressed blocks that are kept, in bytes. */
const BLOCK_CACHE_BYTES = 8 * 1024 * 1024;

/** @param usesThreads merges run on a thread of their own, which sees the machine's files only */
export function segmentingOf(context: EngineContext, usesThreads: boolean): Segmenting {
  const { clock, random, files } = context;
  const store = new SegmentStore({ ...context, usesThreads, blockBudgetBytes: BLOCK_CACHE_BYTES });
  return {
    merger: usesThreads
      ? threadMerger(clock)
      : inlineMerger({ files, random, clock, filters: new CompactionFilters(random) }),
    open: (path, descriptor) => new Segment(store, path, descriptor),
  };
}
