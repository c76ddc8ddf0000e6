/** Merges on the caller's own thread: for tests, whose disk is in memory, and where no worker can be had. */
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Files } from '../files/files.ts';
import { runMerge } from './merge.ts';
import { Pace } from './pace.ts';
import { SerialMerger } from './serial-merger.ts';
import type { BatchFilters, Merger } from './types.ts';

export interface InlineMergerOptions {
  readonly files: Files;
  readonly random: Random;
  readonly clock: Clock;
  /** Null: nothing is compacted. */
  readonly filters: BatchFilters | null;
}

export function inlineMerger({ files, random, clock, filters }: InlineMergerOptions): Merger {
  return new SerialMerger((plan, ask, control) => {
    const pace = new Pace(clock, control);
    const isCancelled = (): boolean => control.isCancelled;
    return runMerge(plan, { files, random, clock, ask, filters, pace: (bytes) => pace.pay(bytes), isCancelled });
  });
}
