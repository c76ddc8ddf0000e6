/** /metrics: formats, and what many partitions cost whoever is served meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { writeFigures } from '../../src/http/exposition.ts';
import { metricsModule } from '../../src/http/metrics.ts';
import { processFigures } from '../../src/http/process-figures.ts';
import { createRouter } from '../../src/http/router.ts';
import { counter, type Figure, gauge, histogramValues } from '../../src/metrics/figures.ts';

const OPENMETRICS = 'application/openmetrics-text';

const figures: Figure[] = [
  counter('written_bytes_total', 'Bytes "written".', () => 42),
  {
    name: 'group_size',
    help: 'Line one\nline \\ two.',
    type: 'gauge',
    collect: () => [{ labels: { group: 'a"b\\c\nd', partition: 7 }, value: Infinity }],
  },
  {
    name: 'wait_seconds',
    help: 'Waits.',
    type: 'histogram',
    collect: () => histogramValues('wait_seconds', { boundsMs: [500, 1000], counts: [5, 1, 2], sumMs: 6000 }),
  },
];

async function text(format: 'text' | 'openmetrics'): Promise<string> {
  return Buffer.concat(await writeFigures(figures, format, systemClock)).toString();
}

test("Prometheus' text has all lines of a figure, with what is special escaped", async () => {
  assert.equal(
    await text('text'),
    [
      '# HELP written_bytes_total Bytes "written".',
      '# TYPE written_bytes_total counter',
      'written_bytes_total 42',
      '# HELP group_size Line one\\nline \\\\ two.',
      '# TYPE group_size gauge',
      'group_size{group="a\\"b\\\\c\\nd",partition="7"} +Inf',
      '# HELP wait_seconds Waits.',
      '# TYPE wait_seconds histogram',
      'wait_seconds_bucket{le="0.5"} 5',
      'wait_seconds_bucket{le="1"} 6',
      'wait_seconds_bucket{le="+Inf"} 8',
      'wait_seconds_sum 6',
      'wait_seconds_count 8',
      '',
    ].join('\n'),
  );
});

test('OpenMetrics names families without _total, has units, and says where it ends', async () => {
  const lines = (await text('openmetrics')).split('\n');
  assert.deepEqual(lines.slice(0, 4), [
    '# HELP written_bytes Bytes \\"written\\".',
    '# TYPE written_bytes counter',
    '# UNIT written_bytes bytes',
    'written_bytes_total 42',
  ]);
  assert.ok(lines.includes('wait_seconds_bucket{le="1.0"} 6'));
  assert.deepEqual(lines.slice(-2), ['# EOF', '']);
});

test('the format goes by what the request accepts', async () => {
  const router = createRouter([metricsModule(async () => figures, systemClock)], silentLogger);
  const typeFor = async (accept?: string): Promise<string | null> => {
    const response = await router.request('/metrics', accept === undefined ? {} : { headers: { accept } });
    assert.equal((await response.text()).endsWith('# EOF\n'), accept?.startsWith(OPENMETRICS) ?? false);
    return response.headers.get('content-type');
  };
  assert.match((await typeFor()) ?? '', /^text\/plain; version=0\.0\.4/);
  assert.match((await typeFor('*/*')) ?? '', /^text\/plain/);
  assert.match((await typeFor(`text/plain;version=0.0.4;q=0.9,${OPENMETRICS};q=0.1`)) ?? '', /^text\/plain/);
  const prometheus = `${OPENMETRICS};version=1.0.0;q=0.8,${OPENMETRICS};version=0.0.1;q=0.6,text/plain;q=0.4,*/*;q=0.1`;
  assert.match((await typeFor(prometheus)) ?? '', /^application\/openmetrics-text; version=1\.0\.0/);
});

test('who asks at the same time gets the same', async () => {
  let collected = 0;
  const counting = [gauge('answers', 'Counts its own collections.', () => ++collected)];
  const router = createRouter([metricsModule(async () => counting, systemClock)], silentLogger);
  const [first, second] = await Promise.all([router.request('/metrics'), router.request('/metrics')]);
  assert.equal(await first.text(), await second.text());
  assert.equal(collected, 1);
  await router.request('/metrics');
  assert.equal(collected, 2);
});

test('others get their turn while many values are written', async () => {
  let turns = 0;
  let isDone = false;
  const turn = (): void => {
    turns += 1;
    if (!isDone) setImmediate(turn);
  };
  // Each look at this clock is 1 ms later than the one before.
  let nowMs = 0;
  const clock = { ...systemClock, monotonicMs: () => nowMs++ };
  const many: Figure = {
    name: 'many',
    help: 'Many.',
    type: 'gauge',
    *collect() {
      for (let partition = 0; partition < 10_000; partition++) yield { labels: { partition }, value: 1 };
    },
  };
  setImmediate(turn);
  const chunks = await writeFigures([many], 'text', clock);
  isDone = true;
  assert.ok(chunks.length > 10 && turns >= chunks.length - 1, `${chunks.length} chunks, ${turns} turns`);
  assert.equal(Buffer.concat(chunks).toString().split('\n').length, 2 + 10_000 + 1);
});

test('several brokers of a process share what watches it, and no gauge is named as a counter', async () => {
  const [first, second] = [await processFigures(), await processFigures()];
  assert.deepEqual(
    first.map(({ name }) => name),
    second.map(({ name }) => name),
  );
  assert.ok(first.some(({ name }) => name === 'nodejs_eventloop_lag_seconds'));
  const wrong = first.filter(({ name, type }) => name.endsWith('_total') !== (type === 'counter'));
  assert.deepEqual(wrong, []);
});
