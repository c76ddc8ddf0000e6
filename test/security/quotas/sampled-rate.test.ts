/** Rates over windows: the numbers that Apache Kafka 4.4.0 was seen to answer, and its rules at the edges of windows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SampledRate } from '../../../src/security/quotas/sampled-rate.ts';
import { TokenBucket } from '../../../src/security/quotas/token-bucket.ts';

const windows = { count: 11, ms: 1000 };
const START = 1_000_000;

test('what all windows but one allow is free for who comes anew, and what is beyond costs its time', () => {
  const rate = new SampledRate(windows);
  const excess = [50_020, 50_020, 50_020].map((bytes) => {
    rate.record(bytes, START);
    return rate.excessMs(10_000, START);
  });
  assert.deepEqual(excess, [0, 4, 5006]);
});

test('the span is all windows but one until they are full, then the time since the oldest sample', () => {
  const rate = new SampledRate(windows);
  rate.record(1, START);
  const spans = [0, 400, 1000, 1400, 9900, 10_500].map((after) => rate.spanMs(START + after));
  assert.deepEqual(spans, [10_000, 10_400, 10_000, 10_400, 10_900, 10_500]);
});

test('samples are forgotten when nothing came into them for as long as all windows', () => {
  const rate = new SampledRate(windows);
  rate.record(100_000, START);
  assert.equal(rate.measure(START + 10_999), 100_000 / 10.999);
  assert.equal(rate.measure(START + 11_000), 0);
  rate.record(50_000, START + 11_000);
  assert.equal(rate.measure(START + 11_000), 5000);
});

test('a steady stream at the limit is never held back, a faster one for as long as it is ahead', () => {
  const [steady, fast] = [new SampledRate(windows), new SampledRate(windows)];
  let heldMs = 0;
  let nowMs = START;
  for (let i = 0; i < 600; i++) {
    steady.record(990, START + i * 100);
    assert.equal(steady.excessMs(10_000, START + i * 100), 0, `at ${i * 100}`);
    fast.record(20_000, nowMs);
    const throttleMs = fast.excessMs(10_000, nowMs);
    heldMs += throttleMs;
    nowMs += 100 + throttleMs;
  }
  const bytesPerSecond = (600 * 20_000) / ((nowMs - START) / 1000);
  assert.ok(heldMs > 0);
  assert.ok(bytesPerSecond > 9000 && bytesPerSecond < 11_000, `${bytesPerSecond}`);
});

test('what is taken back does not count', () => {
  const rate = new SampledRate(windows);
  rate.record(60_000, START);
  rate.record(60_100, START);
  assert.equal(rate.excessMs(10_000, START), 2010);
  rate.record(-60_100, START);
  assert.equal(rate.excessMs(10_000, START), 0);
});

test('a bucket is full at first, is overdrawn once, and pays back at its rate', () => {
  const bucket = new TokenBucket(windows);
  bucket.take(10, 1, START);
  assert.equal(bucket.tokens(1, START), 1);
  bucket.take(5, 1, START);
  assert.equal(bucket.excessMs(1, START), 4000);
  assert.equal(bucket.excessMs(1, START + 3500), 500);
  assert.equal(bucket.excessMs(1, START + 4000), 0);
  assert.equal(bucket.tokens(1, START + 100_000), 11);
});
