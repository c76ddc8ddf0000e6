/** What the engine's benchmark makes of its figures: verdicts, a table, graphs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barChart } from '../../bench/wal/chart.ts';
import { jsonLike, randomBytes } from '../../bench/wal/data.ts';
import { average, median, quantile, show } from '../../bench/wal/numbers.ts';
import { judge, toMarkdown } from '../../bench/wal/table.ts';

test('an append is held against the bare write of the same run, or an absolute bound where that is very quick', () => {
  const met = (osAverageUs: number, bareFlushedAverageUs: number): boolean | null | undefined =>
    judge(
      new Set(['lone']),
      { 'lone.osAverageUs': osAverageUs, 'lone.bareFlushedAverageUs': bareFlushedAverageUs },
      null,
    )[0]?.isMet;
  assert.equal(met(9, 6), true);
  assert.equal(met(9.1, 6), false);
  assert.equal(met(4.9, 1), true);
  assert.equal(met(5.1, 1), false);
});

test('without an older checkout a ratio to it is not judged, and a measure that did not run has no line', () => {
  const now = { 'flood.os100PerSecond': 8, 'flood.os1024PerSecond': 3 };
  const alone = judge(new Set(['flood']), now, null).find(({ measure }) => measure.startsWith('100 B'));
  assert.equal(alone?.isMet, null);
  const older = { 'flood.os100PerSecond': 2, 'flood.os1024PerSecond': 1 };
  const compared = judge(new Set(['flood']), now, older).filter(({ durability }) => durability === 'os');
  assert.deepEqual(
    compared.slice(0, 2).map(({ isMet }) => isMet),
    [true, false],
  );
  assert.deepEqual(judge(new Set(), now, older), []);
});

test('what is not reached stands out in the table', () => {
  const lines = toMarkdown([
    { measure: 'a', durability: 'os', target: '1', seen: '1', isMet: true },
    { measure: 'b', durability: 'os', target: '1', seen: '2', isMet: false },
  ]).split('\n');
  assert.equal(lines[2], '| a | os | 1 | 1 | yes |');
  assert.equal(lines[3], '| b | os | 1 | 2 | **no** |');
});

test('a graph has a bar for each value that there is', () => {
  const svg = barChart(
    't < 1',
    ['x', 'y'],
    [
      { name: 'now', values: { x: 1, y: 2 } },
      { name: 'older', values: { x: 3 } },
    ],
  );
  assert.match(svg, /t &lt; 1/);
  assert.equal(svg.match(/height="12"/g)?.length, 3);
});

test('numbers', () => {
  assert.equal(average([1, 2, 6]), 3);
  assert.equal(quantile(Float64Array.of(3, 1, 2), 0.5), 2);
  assert.equal(median([4, 1, Number.NaN, 3, 2]), 2.5);
  assert.deepEqual(
    [show(0.123), show(12.34), show(1234), show(56_789), show(1.2e6), show(Number.NaN)],
    ['0.12', '12.3', '1234', '56.8 k', '1.20 M', '–'],
  );
  assert.ok(jsonLike(1000).equals(jsonLike(1000)) && !jsonLike(1000, 2).equals(jsonLike(1000)));
  assert.equal(randomBytes(100).length, 100);
});
