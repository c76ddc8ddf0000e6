/**
 * Durations by size: eight buckets to each doubling, so that a quantile is off by less than a sixteenth of itself. To
 * record one costs a few nanoseconds and allocates nothing.
 */

/** Buckets to a doubling, as a power of two. */
const SUB_BITS = 3;
const SUB_BUCKETS = 2 ** SUB_BITS;
/** Width in ms of the smallest buckets: an eighth of the shortest duration that is told from others. */
const UNIT_MS = 0.01 / 2 ** 6 / SUB_BUCKETS;
const UNITS_PER_MS = 1 / UNIT_MS;
/** Longer ones count as this long: about 40 s. */
const MAX_UNITS = 2 ** 31 - 1;
const BUCKETS = (31 - SUB_BITS + 1) * SUB_BUCKETS;

/** Upper bounds in ms for those who want few buckets: 0.01, doubling, up to about 5 s. */
export const LATENCY_BOUNDS_MS: readonly number[] = Array.from({ length: 20 }, (_, i) => 0.01 * 2 ** i);

/** What a histogram says, in ms; zeros when nothing was recorded. */
export interface Latency {
  /** Durations recorded. */
  readonly count: number;
  readonly averageMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  count = 0;
  sumMs = 0;
  maxMs = 0;

  record(durationMs: number): void {
    this.count += 1;
    this.sumMs += durationMs;
    if (durationMs > this.maxMs) this.maxMs = durationMs;
    const bucket = bucketOf(durationMs);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
  }

  /** The duration in ms that a share of all (0 to 1) are at most as long as: the middle of its bucket; 0 without any. */
  quantileMs(share: number): number {
    const wanted = Math.max(1, Math.ceil(this.count * share));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket] as number;
      if (seen >= wanted) return Math.min((startMs(bucket) + startMs(bucket + 1)) / 2, this.maxMs);
    }
    return this.maxMs;
  }

  summary(): Latency {
    return {
      count: this.count,
      averageMs: this.count === 0 ? 0 : this.sumMs / this.count,
      p50Ms: this.quantileMs(0.5),
      p99Ms: this.quantileMs(0.99),
      p999Ms: this.quantileMs(0.999),
      maxMs: this.maxMs,
    };
  }

  /** How many lie between each of LATENCY_BOUNDS_MS and the one before, then those beyond the last. */
  octaves(): Float64Array {
    const octaves = new Float64Array(LATENCY_BOUNDS_MS.length + 1);
    let octave = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      while (octave < LATENCY_BOUNDS_MS.length && startMs(bucket) >= (LATENCY_BOUNDS_MS[octave] as number)) octave += 1;
      octaves[octave] = (octaves[octave] as number) + (this.#counts[bucket] as number);
    }
    return octaves;
  }
}

function bucketOf(durationMs: number): number {
  const units = durationMs * UNITS_PER_MS;
  if (!(units >= SUB_BUCKETS)) return units > 0 ? Math.floor(units) : 0;
  const whole = units < MAX_UNITS ? Math.floor(units) : MAX_UNITS;
  const shift = 31 - SUB_BITS - Math.clz32(whole);
  return (shift << SUB_BITS) + (whole >>> shift);
}

/** Where a bucket begins, in ms. */
function startMs(bucket: number): number {
  const shift = Math.max(0, (bucket >>> SUB_BITS) - 1);
  return (bucket - (shift << SUB_BITS)) * 2 ** shift * UNIT_MS;
}
