/** The filter of the streams in a file: never misses one, and seldom takes another for one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActiveIndex } from '../../../src/storage/index/active-index.ts';
import { RunIndex } from '../../../src/storage/index/run-index.ts';
import { StreamFilter } from '../../../src/storage/index/stream-filter.ts';

function filterOf(streams: readonly number[]): StreamFilter {
  const index = new ActiveIndex();
  streams.forEach((stream, row) => {
    index.add({ stream, baseOffset: 0, offsetCount: 1, maxTimestampMs: 1, leaderEpoch: 0 }, 128 + row * 128, 50, 1);
  });
  return StreamFilter.of(RunIndex.fromActive(index));
}

for (const [name, streamOf] of [
  ['in a row', (i: number) => 1 + i],
  ['far apart', (i: number) => 1 + i * 1024],
  ['above 32 bits', (i: number) => 2 ** 40 + i * 2 ** 32],
] as const) {
  test(`streams ${name}: all that are there are found, and one in 500 others at most`, () => {
    const there = Array.from({ length: 5000 }, (_, i) => streamOf(2 * i));
    const filter = filterOf(there);
    assert.ok(there.every((stream) => filter.mayHold(stream)));
    const others = Array.from({ length: 5000 }, (_, i) => streamOf(2 * i + 1));
    const mistaken = others.filter((stream) => filter.mayHold(stream)).length;
    assert.ok(mistaken <= 10, `${mistaken} were taken to be there`);
    assert.equal(filter.byteLength, 10_000);
  });
}

test('a file without any stream holds none', () => {
  const filter = filterOf([]);
  for (let stream = -1; stream < 1000; stream++) assert.equal(filter.mayHold(stream), false);
});
