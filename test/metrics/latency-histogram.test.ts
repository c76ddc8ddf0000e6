/** A histogram's quantiles against those of the durations themselves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { LATENCY_BOUNDS_MS, LatencyHistogram } from '../../src/metrics/latency-histogram.ts';

test('quantiles lie within a sixteenth of the durations themselves, from a fraction of a microsecond to half a minute', () => {
  const random = seededRandom(3);
  const histogram = new LatencyHistogram();
  const durations = Array.from({ length: 20_000 }, () => 0.0005 * 2 ** (random.int(26_000) / 1000));
  for (const duration of durations) histogram.record(duration);
  durations.sort((a, b) => a - b);
  for (const share of [0.01, 0.5, 0.9, 0.99, 0.999]) {
    const exact = durations[Math.ceil(durations.length * share) - 1] as number;
    const seen = histogram.quantileMs(share);
    assert.ok(Math.abs(seen - exact) <= exact / 15.99, `p${share * 100} is ${exact}, seen ${seen}`);
  }
});

test('counts, the average and the largest are exact', () => {
  const histogram = new LatencyHistogram();
  for (const duration of [1, 2, 3, 100_000]) histogram.record(duration);
  const { count, averageMs, maxMs } = histogram.summary();
  assert.deepEqual({ count, averageMs, maxMs }, { count: 4, averageMs: 25_001.5, maxMs: 100_000 });
  assert.equal(histogram.quantileMs(1) > 40_000, true, 'beyond the last bucket');
});

test('nothing recorded is zeros, and a clock that did not move counts in the first bucket', () => {
  const histogram = new LatencyHistogram();
  assert.deepEqual(histogram.summary(), { count: 0, averageMs: 0, p50Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 });
  histogram.record(0);
  assert.equal(histogram.octaves()[0], 1);
  assert.equal(histogram.quantileMs(0.5), 0);
});

test('few buckets for exporters: a duration counts below the first bound that it does not exceed', () => {
  for (const [i, bound] of LATENCY_BOUNDS_MS.entries()) {
    const histogram = new LatencyHistogram();
    histogram.record(bound * 0.99);
    histogram.record(bound * 1.01);
    const octaves = histogram.octaves();
    assert.equal(octaves[i], 1, `below ${bound}`);
    assert.equal(octaves[i + 1], 1, `above ${bound}`);
  }
});
