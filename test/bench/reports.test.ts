/** What the benchmark makes of its figures: medians with their spread, verdicts, tables, graphs, the guide's tables. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConsumerPerf, parseProducerPerf } from '../../bench/generators/java.ts';
import { Schedule } from '../../bench/load/own/open-loop.ts';
import { Progress } from '../../bench/progress.ts';
import { chart } from '../../bench/report/chart.ts';
import { fill, graphs, merged, parts } from '../../bench/report/docs.ts';
import { engineResults } from '../../bench/report/engine.ts';
import { bench } from '../../bench/command.ts';
import { toHtml } from '../../bench/report/html.ts';
import { comparison, toMarkdown } from '../../bench/report/markdown.ts';
import { addUnmeasured, compare, type Results, type Row, spread } from '../../bench/results.ts';

const row = (name: string, unit: string, values: Row['values']): Row => ({ name, unit, better: 'higher', values });

function resultsWith(rows: Row[], change: Partial<Results> = {}): Results {
  return {
    format: 1,
    at: '2026-01-02T03:04:05.000Z',
    machine: '2 cores',
    versions: { Walka: '1.0.0' },
    options: [],
    size: 'full',
    rounds: 3,
    targets: [
      { name: 'Walka', description: 'default settings' },
      { name: 'Kafka', description: 'as it comes' },
    ],
    workloads: [{ name: 'matrix', title: 'A matrix', about: 'Much.', rows }],
    leftOut: [{ what: 'TLS', why: 'not served' }],
    ...change,
  };
}

test('the spread is half the distance from the least to the greatest, as a part of the median', () => {
  assert.equal(spread([90, 100, 110]), 0.1);
  assert.equal(spread([5]), 0);
});

test('a difference counts only where all rounds of one are clearly apart from all rounds of the other', () => {
  assert.equal(compare([14, 15, 16], [9, 10, 11], 'higher'), 'better');
  assert.equal(compare([14, 15, 16], [9, 10, 11], 'lower'), 'worse');
  assert.equal(compare([9, 12, 13], [10, 11, 14], 'higher'), 'no difference seen');
  assert.equal(compare([12, 13, 14], [9, 10, 11], 'higher'), 'no difference seen');
  assert.equal(compare([16], [9, 10], 'higher'), 'too few rounds to say');
});

test('a table shows medians with their spread and the ratio, and a dash for what a target did not do', () => {
  const rows = [
    row('1 KiB', 'MB/s', { Walka: [90, 100, 110], Kafka: [50, 50, 50] }),
    row('10 B', 'MB/s', { Walka: [1] }),
  ];
  const text = toMarkdown(resultsWith(rows));
  assert.match(text, /\| 1 KiB, MB\/s \| 100 ± 10 % \| 50\.0 ± 0 % \| 2\.00× \|/);
  assert.match(text, /\| 10 B, MB\/s \| 1\.00 \| – \| – \|/);
  assert.match(text, /- TLS: not served/);
});

test('targets have names of their own', async () => {
  const target = ['mine=127.0.0.1:1', 'mine=127.0.0.1:2'];
  await assert.rejects(bench({ withoutKafka: true, target }), {
    message: 'two targets are called mine: figures go by the name',
  });
  await assert.rejects(bench({ withoutKafka: true, target: ['Walka=127.0.0.1:1'] }), { name: 'ConfigError' });
});

test('two builds are compared line by line', () => {
  const rows = [row('1 KiB', 'MB/s', { Walka: [1, 2, 1], Kafka: [3, 4, 3] })];
  assert.match(comparison(resultsWith(rows)), /\| 3\.00× \| \*\*better\*\* \|/);
});

test('a graph has a bar for each target and a line for the spread, and scales by tens where values are far apart', () => {
  const near = chart('Near', [row('a', 'MB/s', { Walka: [90, 100, 110], Kafka: [50] })], ['Walka', 'Kafka']);
  assert.equal(near.match(/<line /g)?.length, 1);
  assert.ok(near.includes('width="363.6"'), near);
  assert.ok(!near.includes('scale of tens'));
  const far = chart('Far', [row('a', 'MB/s', { Walka: [1], Kafka: [10_000] })], ['Walka', 'Kafka']);
  assert.ok(far.includes('scale of tens'));
});

test('a graph is as wide as its legend, which names each target beside the others', () => {
  const targets = ['Walka', 'Kafka', 'another broker with a long name', 'a fourth', 'a fifth'];
  const text = chart('Wide', [row('a', 'MB/s', Object.fromEntries(targets.map((name) => [name, [1]])))], targets);
  const width = Number(/viewBox="0 0 (\d+)/.exec(text)?.[1]);
  const starts = targets.map((name) => Number(new RegExp(`x="(\\d+)" y="39">${name}<`).exec(text)?.[1]));
  const ends = starts.map((start, at) => start + 6 * (targets[at]?.length ?? 0));
  assert.ok(
    ends.every((end, at) => end < (starts[at + 1] ?? width)),
    text,
  );
});

test('the HTML report needs nothing else and escapes what it shows', () => {
  const html = toHtml(resultsWith([row('a < b', 'MB/s', { Walka: [1], Kafka: [2] })]));
  assert.ok(!/(src|href)=/.test(html));
  assert.ok(html.includes('a &lt; b'));
  assert.ok(html.includes('<svg'));
});

test('measured parts of a page are renewed between their marks, the prose around them stays', () => {
  const results = resultsWith([row('1 KiB', 'MB/s', { Walka: [100], Kafka: [50] })]);
  const page =
    'Before.\n\n<!-- measured: matrix -->\nold\n<!-- end -->\n\n<!-- measured: other -->\nkept\n<!-- end -->\n';
  const filled = fill(page, parts(results, 'tuning'));
  assert.match(filled, /^Before\.\n\n<!-- measured: matrix -->\nMuch\.\n/);
  assert.match(filled, /!\[A matrix, MB\/s\]\(bench\/matrix-mb-s\.svg\)/);
  assert.ok(filled.includes('\nkept\n'));
  assert.equal(fill(filled, parts(results, 'tuning')), filled);
  assert.deepEqual([...graphs(results).keys()], ['matrix-mb-s.svg']);
});

test('a run of single workloads leaves what earlier ones found', () => {
  const before = resultsWith([row('1 KiB', 'MB/s', { Walka: [1] })]);
  const now = resultsWith([], {
    options: ['--only', 'start'],
    workloads: [{ name: 'start', title: 'Start', about: '', rows: [] }],
  });
  assert.deepEqual(
    merged(before, now).workloads.map(({ name }) => name),
    ['matrix', 'start'],
  );
  assert.deepEqual(
    merged(before, { ...now, options: [] }).workloads.map(({ name }) => name),
    ['start'],
  );
});

test('figures of the log engine stand beside what the machine does without it', () => {
  const figures = { machine: '2 cores', rounds: 3, now: { 'lone.osP50Us': 3, 'lone.bareFlushedP50Us': 2 } };
  const results = engineResults([figures], '2026-01-02T03:04:05.000Z', {});
  assert.match(toMarkdown(results), /\| os, p50, µs \| 3\.00 \| 2\.00 \| 1\.50× \|/);
});

test('the time left goes by how good the guess was so far', () => {
  let nowMs = 0;
  const written: string[] = [];
  const progress = new Progress({ write: (text) => written.push(text) }, () => nowMs, 100);
  progress.begin('one', 50);
  assert.equal(progress.leftS(), 100);
  nowMs = 100_000;
  progress.end();
  progress.begin('two', 50);
  assert.equal(progress.leftS(), 100);
  assert.deepEqual(written, ['  0 %, 1 min 40 s left: one\n', ' 50 %, 1 min 40 s left: two\n']);
});

test('records of an open loop are due at fixed times, several together beyond a few thousand a second', () => {
  const slow = new Schedule(1000);
  assert.deepEqual(
    [0, 1, 2].map((record) => slow.dueMs(record)),
    [0, 1, 2],
  );
  const quick = new Schedule(20_000);
  assert.equal(quick.stepMs, 0.25);
  assert.deepEqual(
    [0, 4, 5, 10].map((record) => quick.dueMs(record)),
    [0, 0, 0.25, 0.5],
  );
});

test("what Kafka's perf tools print is understood", () => {
  const producer =
    '5000 records sent, 999.8 records/sec (0.98 MB/sec), 1.5 ms avg latency, 9.0 ms max latency.\n' +
    '10000 records sent, 1999.6 records/sec (1.95 MB/sec), 0.62 ms avg latency, 221.00 ms max latency, 1 ms 50th, 2 ms 95th, 5 ms 99th, 30 ms 99.9th.\n';
  assert.deepEqual(parseProducerPerf(producer), { records: 10_000, perSecond: 1999.6, max: 221, p50: 1, p99: 5 });
  const consumer =
    'start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n' +
    '2026-11-30 10:00:00:000, 2026-11-30 10:00:01:000, 9.7656, 9.7656, 10000, 10000.0, 500, 500, 19.5312, 20000.0\n';
  assert.deepEqual(parseConsumerPerf(consumer), { bytesPerSecond: 19.5312 * 1024 * 1024, records: 10_000 });
});

test('a workload that nothing was there to measure is named among what is left out, others are not', () => {
  const results = resultsWith([row('a', 'ms', { Walka: [1] })], {
    leftOut: [{ what: 'Cold, Walka', why: 'it broke' }],
  });
  const [measured] = results.workloads.map(({ name, title }) => ({ name, title }));
  addUnmeasured(results, [
    measured ?? { name: '', title: '' },
    { name: 'cold', title: 'Cold' },
    { name: 'b', title: 'B' },
  ]);
  assert.deepEqual(results.leftOut.slice(1), [{ what: 'B', why: 'what makes its load is not here' }]);
});
