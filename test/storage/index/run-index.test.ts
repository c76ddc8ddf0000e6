/** The index of the file being written and the one of a sealed file agree with a plain list of batches. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../src/base/random.ts';
import { AbortSearch } from '../../../src/storage/index/abort-index.ts';
import { ActiveIndex } from '../../../src/storage/index/active-index.ts';
import type { FileIndex } from '../../../src/storage/index/file-index.ts';
import { entryAt, entryEndOffset, entryPosition } from '../../../src/storage/index/file-index.ts';
import { RunIndex } from '../../../src/storage/index/run-index.ts';
import type { AbortedTransaction } from '../../../src/storage/types.ts';

interface Batch {
  readonly stream: number;
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly position: number;
  readonly length: number;
}

function fill(seed: number, count: number, streams: number): [ActiveIndex, Batch[]] {
  const random = seededRandom(seed);
  const index = new ActiveIndex();
  const ends = Array.from({ length: streams + 1 }, () => random.int(1000));
  const batches: Batch[] = [];
  let position = 128;
  for (let i = 0; i < count; i++) {
    // Streams come in bursts, so that some runs are long.
    const stream = random.int(3) > 0 && i > 0 ? (batches.at(-1) as Batch).stream : 1 + random.int(streams);
    const baseOffset = ends[stream] as number;
    const offsetCount = 1 + random.int(5);
    const length = 100 + random.int(300_000);
    const maxTimestampMs = 1000 + random.int(30_000);
    index.add(
      { stream, baseOffset, offsetCount, maxTimestampMs, leaderEpoch: i < count / 2 ? 1 : 2 },
      position,
      length,
      1000 * i,
    );
    batches.push({ stream, baseOffset, endOffset: baseOffset + offsetCount, position, length });
    ends[stream] = baseOffset + offsetCount;
    position += Math.ceil((56 + length) / 8) * 8;
  }
  return [index, batches];
}

/** All batches of a stream from `offset` on, as the index tells them. */
function walk(index: FileIndex, stream: number, offset: number): Omit<Batch, 'stream'>[] {
  const found: Omit<Batch, 'stream'>[] = [];
  let run = index.find(stream, offset);
  let entry = run < 0 ? 0 : entryAt(index, run, Math.max(offset, index.runs.baseOffset[run] as number));
  for (; run >= 0; run = index.next(run), entry = index.runs.firstEntry[run] ?? 0) {
    const past = (index.runs.firstEntry[run] as number) + (index.runs.entryCount[run] as number);
    for (; entry < past; entry++) {
      found.push({
        baseOffset: (index.runs.baseOffset[run] as number) + (index.entries.offsetDelta[entry] as number),
        endOffset: entryEndOffset(index, run, entry),
        position: entryPosition(index, entry),
        length: index.entries.length[entry] as number,
      });
    }
  }
  return found;
}

for (const [name, seal] of [
  ['active', (index: ActiveIndex): FileIndex => index],
  ['sealed', (index: ActiveIndex): FileIndex => RunIndex.fromActive(index)],
  ['stored', (index: ActiveIndex): FileIndex | null => RunIndex.decode(RunIndex.fromActive(index).bytes)],
  [
    'moved',
    (index: ActiveIndex): FileIndex | null => {
      const { bytes } = RunIndex.fromActive(index);
      return RunIndex.decode(Buffer.concat([Buffer.alloc(3), bytes]).subarray(3));
    },
  ],
] as const) {
  test(`the ${name} index finds every batch by every offset`, () => {
    for (const [seed, count, streams] of [
      [1, 1, 1],
      [2, 300, 1],
      [3, 400, 7],
      [4, 600, 200],
    ] as const) {
      const [active, batches] = fill(seed, count, streams);
      const index = seal(active);
      assert.ok(index !== null);
      for (let stream = 0; stream <= streams + 1; stream++) {
        const own = batches.filter((batch) => batch.stream === stream);
        assert.equal(index.endOf(stream), own.at(-1)?.endOffset ?? -1);
        const from = (own[0]?.baseOffset ?? 1) - 1;
        const to = (own.at(-1)?.endOffset ?? 0) + 1;
        for (let offset = from; offset <= to; offset += 1 + Math.floor((to - from) / 60)) {
          const expected = own
            .filter((batch) => batch.endOffset > offset)
            .map(({ baseOffset, endOffset, position, length }) => ({ baseOffset, endOffset, position, length }));
          assert.deepEqual(walk(index, stream, offset), expected);
        }
      }
    }
  });
}

test('a run stays below a bound in bytes and has one leader epoch', () => {
  const [index] = fill(9, 500, 3);
  for (let run = 0; run < index.runCount; run++) {
    const isLone = index.runs.entryCount[run] === 1;
    assert.ok(isLone || (index.runs.byteLength[run] as number) <= 1024 * 1024);
    assert.ok([1, 2].includes(index.runs.leaderEpoch[run] as number));
  }
});

test('an index of version 1 is read, and does not know when its runs were written', () => {
  const index = RunIndex.fromActive(fill(1, 20, 3)[0]);
  const old = Buffer.from(index.bytes.subarray(0, index.bytes.length - 8 * index.runCount));
  old.writeUInt16LE(1, 0);
  const decoded = RunIndex.decode(old);
  assert.ok(decoded !== null);
  assert.deepEqual(walk(decoded, 1, 0), walk(index, 1, 0));
  assert.ok(index.runs.writtenMs.some((ms) => ms > 0));
  assert.ok(decoded.runs.writtenMs.every((ms) => ms === 0));
});

test('an index of version 2 is read, and has no aborted transactions', () => {
  const index = RunIndex.fromActive(fill(1, 20, 3)[0]);
  const old = Buffer.from(index.bytes);
  old.writeUInt16LE(2, 0);
  old.writeUInt32LE(77, 12); // reserved then
  const decoded = RunIndex.decode(old);
  assert.ok(decoded !== null);
  assert.deepEqual([walk(decoded, 1, 0), decoded.aborts.count], [walk(index, 1, 0), 0]);
});

test('aborted transactions are found by stream and range, in order of their markers, in any kind of index', () => {
  const random = seededRandom(5);
  const active = new ActiveIndex();
  const all: Array<[number, AbortedTransaction]> = [];
  for (let i = 0; i < 200; i++) {
    const stream = 1 + random.int(4);
    const firstOffset = Math.max(0, i - random.int(20));
    const aborted = { producerId: BigInt(i) - 100n, firstOffset, lastOffset: i, lastStableOffset: 0 };
    active.aborts.add(stream, aborted);
    all.push([stream, aborted]);
  }
  const stored = RunIndex.decode(Buffer.from(RunIndex.fromActive(active).bytes));
  for (const { aborts } of [active, stored as FileIndex]) {
    assert.equal(aborts.count, 200);
    for (let stream = 0; stream <= 5; stream++) {
      for (let from = 0; from < 210; from += 7) {
        const search = new AbortSearch(from, from + 30);
        aborts.search(stream, search);
        const expected = all.filter(
          ([of, { firstOffset, lastOffset }]) => of === stream && lastOffset >= from && firstOffset < from + 30,
        );
        assert.deepEqual(
          search.found,
          expected.map(([, aborted]) => aborted),
        );
      }
    }
  }
});

test('bytes that are no index are not taken for one', () => {
  const { bytes } = RunIndex.fromActive(fill(1, 20, 3)[0]);
  assert.equal(RunIndex.decode(bytes.subarray(0, bytes.length - 8)), null);
  assert.equal(RunIndex.decode(Buffer.alloc(3)), null);
  const newer = Buffer.from(bytes);
  newer.writeUInt16LE(4, 0);
  assert.equal(RunIndex.decode(newer), null);
});
