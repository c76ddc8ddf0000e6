/**
 * Exponential histograms of OTLP as histograms with explicit bounds, as Prometheus has them. Bucket i of scale s is for values
 * above 2^(i / 2^s), up to 2^((i + 1) / 2^s); those of negative values mirror that.
 */
import { type Histogram, MAX_BOUNDS } from './histogram.ts';

/** Counts of buckets one after the other, from `offset` on. */
export interface Buckets {
  readonly offset: number;
  readonly counts: readonly number[];
}

export interface ExponentialHistogram {
  readonly scale: number;
  readonly zeroCount: number;
  /** Largest absolute value that counts as zero. */
  readonly zeroThreshold: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
  readonly sum: number;
}

/** Finer ones are not distinguished by a double. */
const MAX_SCALE = 40;
/** At this one all numbers are in a few buckets. */
const MIN_SCALE = -11;

/** Null for what is none. With more buckets than a histogram may have, neighbours are put together. */
export function explicitHistogram(exponential: ExponentialHistogram): Histogram | null {
  let { scale, positive, negative } = exponential;
  if (!(scale <= MAX_SCALE && scale >= MIN_SCALE)) return null;
  // Beyond 32 bits the numbers of neighbours are not told apart any more.
  if ((positive.offset | 0) !== positive.offset || (negative.offset | 0) !== negative.offset) return null;
  // Beside them there are bounds for zero and where the positive ones begin.
  while (positive.counts.length + negative.counts.length > MAX_BOUNDS - 2) {
    if (scale === MIN_SCALE) return null;
    scale -= 1;
    positive = coarser(positive);
    negative = coarser(negative);
  }
  const boundOf = (index: number): number => 2 ** (index / 2 ** scale);
  const bounds: number[] = [];
  const counts: number[] = [];
  let beyond = 0;
  const add = (bound: number, count: number): void => {
    // The last buckets end where no double is any more.
    if (bound === Infinity) {
      beyond += count;
      return;
    }
    // What is within the threshold of zero counts there.
    if (bounds.length > 0 && bound <= (bounds.at(-1) as number)) {
      counts[counts.length - 1] = (counts.at(-1) as number) + count;
      return;
    }
    bounds.push(bound);
    counts.push(count);
  };
  for (const [back, count] of negative.counts.toReversed().entries()) {
    add(-boundOf(negative.offset + negative.counts.length - 1 - back), count);
  }
  add(exponential.zeroThreshold, exponential.zeroCount);
  if (positive.counts.length > 0) add(boundOf(positive.offset), 0);
  for (const [at, count] of positive.counts.entries()) add(boundOf(positive.offset + at + 1), count);
  return { bounds, counts: [...counts, beyond], sum: exponential.sum, isExponential: true };
}

/** The same at the next smaller scale. */
function coarser({ offset, counts }: Buckets): Buckets {
  const from = Math.floor(offset / 2);
  const merged: number[] = [];
  for (const [at, count] of counts.entries()) {
    const to = Math.floor((offset + at) / 2) - from;
    merged[to] = (merged[to] ?? 0) + count;
  }
  return { offset: from, counts: merged };
}
