/** Exponential histograms and summaries that clients push, as Prometheus has them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Instance } from '../../src/telemetry/client-instances.ts';
import { type ExponentialHistogram, explicitHistogram } from '../../src/telemetry/exponential.ts';
import { added, checkedHistogram } from '../../src/telemetry/histogram.ts';
import { PushedMetrics } from '../../src/telemetry/pushed-metrics.ts';
import { doubleField, field, fixed64, metricsData, row, zigzag } from '../support/otlp.ts';

const NONE = { offset: 0, counts: [] };

function exponential(fields: Partial<ExponentialHistogram>): ExponentialHistogram {
  return { scale: 0, zeroCount: 0, zeroThreshold: 0, positive: NONE, negative: NONE, sum: 0, ...fields };
}

test('buckets become bounds, those of negative values and of zero, too', () => {
  const positive = { offset: 1, counts: [3, 4] };
  const negative = { offset: -1, counts: [5, 6] };
  assert.deepEqual(explicitHistogram(exponential({ zeroCount: 2, positive, negative, sum: 9 })), {
    bounds: [-1, -0.5, 0, 2, 4, 8],
    counts: [6, 5, 2, 0, 3, 4, 0],
    sum: 9,
    isExponential: true,
  });
  assert.deepEqual(explicitHistogram(exponential({ scale: 1, positive: { offset: 2, counts: [1, 1] } }))?.bounds, [
    0,
    2,
    2 ** 1.5,
    4,
  ]);
});

test('a bucket that ends where no double is any more is that beyond the last bound', () => {
  for (const [scale, offset] of [
    [0, 1022],
    [-10, -1],
  ] as const) {
    const found = explicitHistogram(exponential({ scale, positive: { offset, counts: [1, 2] } }));
    assert.ok(found !== null && checkedHistogram(found, 3) !== null);
    assert.deepEqual(found.bounds, [0, 2 ** (offset / 2 ** scale), 2 ** ((offset + 1) / 2 ** scale)]);
    assert.deepEqual(found.counts, [0, 0, 1, 2]);
  }
});

test('with very many buckets neighbours are put together, and nothing is lost', () => {
  const counts = Array.from({ length: 1001 }, () => 1);
  const fine = explicitHistogram(exponential({ scale: 5, positive: { offset: -501, counts } }));
  assert.ok(fine !== null && fine.bounds.length <= 200);
  assert.equal(
    fine.counts.reduce((sum, count) => sum + count, 0),
    1001,
  );
  assert.ok((fine.bounds.at(-1) as number) >= 2 ** (500 / 32));
});

test('what no number can say is no histogram', () => {
  assert.equal(explicitHistogram(exponential({ scale: 1000 })), null);
  assert.equal(explicitHistogram(exponential({ scale: -12 })), null);
  const counts = Array.from({ length: 1000 }, () => 1);
  for (const offset of [-(2 ** 62), 2 ** 62]) {
    assert.equal(explicitHistogram(exponential({ positive: { offset, counts } })), null);
    assert.equal(explicitHistogram(exponential({ negative: { offset, counts } })), null);
  }
});

test('differences add up although their bounds move with their values', () => {
  const first = explicitHistogram(exponential({ positive: { offset: 0, counts: [1, 2] }, sum: 1 }));
  const second = explicitHistogram(exponential({ positive: { offset: 1, counts: [4, 8] }, sum: 2 }));
  assert.ok(first !== null && second !== null);
  const both = added(first, second);
  assert.deepEqual([both.bounds, both.counts, both.sum], [[0, 1, 2, 4, 8], [0, 0, 1, 6, 8, 0], 3]);
});

function pushOf(...metrics: ReadonlyArray<readonly [name: string, data: Buffer]>): Buffer {
  return field(1, field(2, ...metrics.map(([name, data]) => field(2, field(1, name), data))));
}

function count(at: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([(at << 3) | 1]), fixed64(value)]);
}

/** The field that says that points have what came since the last push. */
const DELTA = Buffer.from([2 << 3, 1]);

function newInstance(): Instance {
  const wanted = { prefixes: [''], intervalMs: 1000 };
  return new Instance({ instanceId: 'A', clientId: 'c', version: 1, wanted, subscriptionId: 1 }, 0);
}

async function shown(push: Buffer): Promise<Array<readonly [string, string, number]>> {
  const metrics = new PushedMetrics(() => 1000);
  await metrics.take(newInstance(), push, () => true);
  return metrics.figures().flatMap((figure) =>
    [...figure.collect()].map(({ metricName = figure.name, labels, value }) => {
      const { le = '', quantile = '', topic = '' } = labels as Record<string, string>;
      return [metricName, `${topic}${le}${quantile}`, value] as const;
    }),
  );
}

test('a pushed exponential histogram is shown as a histogram', async () => {
  const buckets = Buffer.concat([zigzag(1, -1), row(2, [1, 2])]);
  const point = [count(4, 4), doubleField(5, 7), zigzag(6, 0), count(7, 1), field(8, buckets)];
  assert.deepEqual(await shown(pushOf(['rtt', field(10, field(1, ...point))])), [
    ['kafka_client_rtt_bucket', '0', 1],
    ['kafka_client_rtt_bucket', '0.5', 1],
    ['kafka_client_rtt_bucket', '1', 2],
    ['kafka_client_rtt_bucket', '2', 4],
    ['kafka_client_rtt_bucket', '+Inf', 4],
    ['kafka_client_rtt_sum', '', 7],
    ['kafka_client_rtt_count', '', 4],
  ]);
});

test('differences whose bounds move count with all the series that they come to', async () => {
  const metrics = new PushedMetrics(() => 400);
  const instance = newInstance();
  for (let offset = 0; offset < 150; offset += 5) {
    const buckets = Buffer.concat([zigzag(1, offset), row(2, [1, 1, 1, 1, 1])]);
    const data = field(10, field(1, count(4, 5), zigzag(6, 0), field(8, buckets)), DELTA);
    await metrics.take(instance, pushOf(['rtt', data]), () => true);
  }
  const points = Array.from({ length: 1000 }, (_, topic) => ({ value: 1, attributes: { topic: String(topic) } }));
  await metrics.take(instance, metricsData([{ name: 'lag', points }]), () => true);
  const lines = metrics.figures().flatMap((figure) => [...figure.collect()]);
  assert.equal(lines.length, 400);
});

test('a pushed summary is shown as gauges', async () => {
  const quantile = (q: number, value: number): Buffer => field(6, doubleField(1, q), doubleField(2, value));
  const topic = field(7, field(1, 'topic'), field(2, field(1, 't ')));
  const point = [count(4, 10), doubleField(5, 70), quantile(0.5, 3), quantile(0.99, 9), topic];
  assert.deepEqual(await shown(pushOf(['wait', field(11, field(1, ...point))])), [
    ['kafka_client_wait', 't 0.5', 3],
    ['kafka_client_wait', 't 0.99', 9],
    ['kafka_client_wait_sum', 't ', 70],
    ['kafka_client_wait_count', 't ', 10],
  ]);
});
