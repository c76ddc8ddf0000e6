import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DirtySegments } from '../../../src/storage/compact/due.ts';
import type { CompactionPolicy } from '../../../src/storage/compaction-types.ts';
import type { SegmentBatch } from '../../../src/storage/compact/virtual-segments.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = 1_800_000_000_000;

const POLICY: CompactionPolicy = {
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  segmentBytes: 100,
  segmentMs: HOUR_MS,
};

/** One record of 100 bytes each, so that each is a segment of its own, with these times. */
function dirty(policy: CompactionPolicy, times: readonly number[], byteLength = 100): DirtySegments {
  const segments = new DirtySegments(policy);
  for (const [at, maxTimestampMs] of times.entries()) {
    segments.add({ baseOffset: 10 + at, endOffset: 11 + at, byteLength, maxTimestampMs, writtenMs: NOW_MS });
  }
  return segments;
}

const batches = (times: ReadonlyArray<readonly [maxMs: number, writtenMs: number]>): SegmentBatch[] =>
  times.map(([maxTimestampMs, writtenMs], at) => ({
    baseOffset: at,
    endOffset: at + 1,
    byteLength: 10,
    maxTimestampMs,
    writtenMs,
  }));

function bases(policy: CompactionPolicy, list: readonly SegmentBatch[]): number[] {
  const segments = new DirtySegments(policy);
  const found: number[] = [];
  for (const batch of list) {
    segments.add(batch);
    const base = segments.activeBase(-1);
    if (found.at(-1) !== base) found.push(base);
  }
  return found;
}

test('the active segment is never compacted', () => {
  assert.deepEqual(dirty(POLICY, [0, 0, 0]).cleanable(POLICY, 0, 99, NOW_MS), {
    endOffset: 12,
    dirtyBytes: 200,
    dirtyRatio: 1,
    lateMs: 0,
    isDue: true,
  });
  assert.equal(dirty(POLICY, [0]).cleanable(POLICY, 0, 99, NOW_MS).isDue, false);
  assert.equal(new DirtySegments(POLICY).cleanable(POLICY, 100, 99, NOW_MS).isDue, false);
});

test('a dirty share has to exceed the ratio: as much is not enough', () => {
  const segments = dirty(POLICY, [0, 0, 0]);
  assert.equal(segments.cleanable(POLICY, 200, 99, NOW_MS).isDue, false);
  assert.equal(segments.cleanable(POLICY, 199, 99, NOW_MS).isDue, true);
  const never = { ...POLICY, minCleanableDirtyRatio: 1 };
  assert.equal(segments.cleanable(never, 0, 99, NOW_MS).isDue, false);
  const always = { ...POLICY, minCleanableDirtyRatio: 0 };
  assert.equal(segments.cleanable(always, 1e12, 99, NOW_MS).isDue, true);
  assert.equal(dirty(always, [0]).cleanable(always, 1e12, 99, NOW_MS).isDue, false);
});

test('a segment with a young record holds up all behind it', () => {
  const policy = { ...POLICY, minCompactionLagMs: HOUR_MS };
  const old = NOW_MS - 2 * HOUR_MS;
  const segments = dirty(policy, [old, NOW_MS - 1000, old, old]);
  assert.equal(segments.cleanable(policy, 0, 99, NOW_MS).endOffset, 11);
  assert.equal(segments.cleanable(policy, 0, 99, NOW_MS + HOUR_MS).endOffset, 13);
});

test('an open transaction holds up the segment that it begins in and all behind it', () => {
  const segments = dirty(POLICY, [0, 0, 0, 0]);
  assert.equal(segments.cleanable(POLICY, 0, 12, NOW_MS).endOffset, 12);
  const two = dirty({ ...POLICY, segmentBytes: 200 }, [0, 0, 0, 0, 0]);
  assert.equal(two.cleanable(POLICY, 0, 13, NOW_MS).endOffset, 12);
});

test('the largest lag forces a pass by the first batches of all closed segments', () => {
  const policy = { ...POLICY, minCleanableDirtyRatio: 1, maxCompactionLagMs: HOUR_MS };
  const old = NOW_MS - HOUR_MS - 5;
  const lateMs = (times: readonly number[]): number => {
    const cleanable = dirty(policy, times).cleanable(policy, 0, 99, NOW_MS);
    assert.equal(cleanable.isDue, cleanable.lateMs > 0);
    return cleanable.lateMs;
  };
  assert.equal(lateMs([NOW_MS + HOUR_MS, old, NOW_MS]), 5);
  assert.equal(lateMs([NOW_MS, NOW_MS, old]), 0, 'the active segment does not count');
  assert.equal(lateMs([-1, 0, NOW_MS]), 0, 'nor do batches without a time');
  const wide = { ...policy, segmentBytes: 200 };
  assert.equal(dirty(wide, [NOW_MS, old, NOW_MS, NOW_MS]).cleanable(wide, 0, 99, NOW_MS).lateMs, 0);
});

test('a segment ends by the time of its first batch, when a later one is younger by more than segment.ms', () => {
  const policy = { ...POLICY, segmentBytes: 1000, segmentMs: 1000 };
  assert.deepEqual(
    bases(
      policy,
      batches([
        [500, 0],
        [1500, 0],
        [1501, 0],
      ]),
    ),
    [0, 2],
  );
  assert.deepEqual(
    bases(
      policy,
      batches([
        [10_000, 0],
        [5000, 9000],
        [0, 18_000],
      ]),
    ),
    [0],
  );
  assert.deepEqual(
    bases(
      policy,
      batches([
        [-1, 0],
        [-1, 1000],
        [-1, 1001],
      ]),
    ),
    [0, 2],
  );
  const lag = { ...policy, maxCompactionLagMs: 10 };
  assert.deepEqual(
    bases(
      lag,
      batches([
        [500, 0],
        [510, 0],
        [511, 0],
      ]),
    ),
    [0, 2],
  );
});

test('a segment ends by its size, before the batch that would take it over segment.bytes', () => {
  const policy = { ...POLICY, segmentBytes: 30 };
  assert.deepEqual(bases(policy, batches(Array.from({ length: 7 }, () => [0, 0] as const))), [0, 3, 6]);
});
