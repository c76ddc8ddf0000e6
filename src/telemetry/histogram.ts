/** A histogram that a client pushed: how often values were within each bound. */
import type { FigureValue } from '../metrics/figures.ts';

export interface Histogram {
  /** Upper bounds, inclusive, ascending. */
  readonly bounds: readonly number[];
  /** How often, by bound, then beyond the last; not cumulative. */
  readonly counts: readonly number[];
  readonly sum: number;
  /** Its bounds follow its values. */
  readonly isExponential?: boolean;
}

/** Bounds at most: each is a series. */
export const MAX_BOUNDS = 200;

/** Null for what is none, or has too many bounds. Without bounds only the number of values is known. */
export function checkedHistogram(histogram: Histogram, count: number): Histogram | null {
  const { bounds, counts, sum } = histogram;
  if (bounds.length === 0 && counts.length === 0) return { bounds, counts: [count], sum };
  if (counts.length !== bounds.length + 1 || bounds.length > MAX_BOUNDS) return null;
  const isAscending = bounds.every(
    (bound, at) => Number.isFinite(bound) && (at === 0 || bound > (bounds[at - 1] ?? 0)),
  );
  return isAscending ? histogram : null;
}

/** Series that it takes in Prometheus' sense. */
export function seriesOf({ bounds }: Histogram): number {
  return bounds.length + 3;
}

/** What both counted; with other bounds than before, what the later one did, unless both are exponential. */
export function added(before: Histogram, later: Histogram): Histogram {
  const { bounds, counts, sum } = later;
  const isAlike = bounds.length === before.bounds.length && bounds.every((bound, at) => bound === before.bounds[at]);
  if (!isAlike) return before.isExponential && later.isExponential ? united(before, later) : later;
  return {
    ...later,
    bounds,
    counts: counts.map((count, at) => count + (before.counts[at] ?? 0)),
    sum: before.sum + sum,
  };
}

/** With the bounds of both, each value as large as its own bound says; the later one alone where these are too many. */
function united(before: Histogram, later: Histogram): Histogram {
  const byBound = new Map<number, number>();
  for (const { bounds, counts } of [before, later]) {
    for (const [at, count] of counts.entries()) {
      const bound = bounds[at] ?? Infinity;
      byBound.set(bound, (byBound.get(bound) ?? 0) + count);
    }
  }
  const all = [...byBound].sort(([a], [b]) => a - b);
  if (all.length - 1 > MAX_BOUNDS) return later;
  const bounds = all.map(([bound]) => bound).slice(0, -1);
  return { ...later, bounds, counts: all.map(([, count]) => count), sum: before.sum + later.sum };
}

/** Its lines, as Prometheus has them. */
export function* histogramLines(
  name: string,
  labels: Readonly<Record<string, string>>,
  { bounds, counts, sum }: Histogram,
): Generator<FigureValue, void, undefined> {
  let total = 0;
  for (const [bucket, count] of counts.entries()) {
    total += count;
    yield { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[bucket] ?? '+Inf' }, value: total };
  }
  yield { metricName: `${name}_sum`, labels, value: sum };
  yield { metricName: `${name}_count`, labels, value: total };
}
