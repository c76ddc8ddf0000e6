/** What is merged next: by figures of files, nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../src/base/random.ts';
import { layersOf, mustBeApart, withEntangled } from '../../../src/storage/convert/layers.ts';
import {
  type Decision,
  decide,
  type JournalFigures,
  type PlannerState,
  type SegmentFigures,
} from '../../../src/storage/convert/planner.ts';

const MIB = 1024 * 1024;
const FILE = 128 * MIB;

function journalFile(sequence: number, fields: Partial<JournalFigures> = {}): JournalFigures {
  return {
    sequence,
    storedBytes: FILE,
    batchBytes: FILE,
    liveBytes: FILE,
    runCount: 10_000,
    indexBytes: 100,
    ...fields,
  };
}

interface SegmentFields {
  readonly id: number;
  readonly interval: readonly [number, number];
  readonly streams: readonly [number, number];
  readonly bytes?: number;
  /** Share of it. */
  readonly live?: number;
  readonly isDamaged?: boolean;
}

function segment({ id, interval, streams, bytes = FILE, live = 1, isDamaged = false }: SegmentFields): SegmentFigures {
  const [firstSequence, lastSequence] = interval;
  const place = { firstStream: streams[0], firstOffset: 0, lastStream: streams[1], endOffset: 100 };
  const sizes = { fileBytes: bytes, batchBytes: bytes, tablePosition: 0, tableBytes: 0, salt: 0 };
  const rest = { maxTimestampMs: -1, hasAborts: false, isCompacted: false };
  const descriptor = { mergeId: id, number: 0, firstSequence, lastSequence, ...place, ...sizes, ...rest };
  return { firstSequence, lastSequence, descriptor, liveBytes: bytes * live, isDead: live === 0, isDamaged };
}

function state(fields: Partial<PlannerState>): PlannerState {
  const compaction = { compactionDue: [], compactionThrough: 0 };
  const compression = { compressedTo: null, compresses: false };
  const { journal = [] } = fields;
  return {
    journal,
    waiting: journal.length,
    isQuiet: true,
    segments: [],
    ...compaction,
    maxSegmentBytes: FILE,
    ...compression,
    roomBytes: Number.POSITIVE_INFINITY,
    ...fields,
  };
}

function chosen(decision: Decision | null): readonly [string, readonly number[], readonly number[]] | null {
  if (decision === null) return null;
  if (decision.kind === 'drop') return ['drop', [], decision.segments.map(({ descriptor }) => descriptor.mergeId)];
  const segments = decision.layers.flatMap((layer) => layer.segments);
  return [
    decision.reason,
    decision.journal.map(({ sequence }) => sequence),
    segments.map(({ descriptor }) => descriptor.mergeId),
  ];
}

function files(count: number, fields: Partial<JournalFigures> = {}): JournalFigures[] {
  return Array.from({ length: count }, (_, i) => journalFile(i + 1, fields));
}

test('four journal files with many small runs are converted, and no more than eight at a time', () => {
  assert.equal(decide(state({ journal: files(3) })), null);
  assert.deepEqual(chosen(decide(state({ journal: files(4) }))), ['conversion', [1, 2, 3, 4], []]);
  assert.deepEqual(chosen(decide(state({ journal: files(20) })))?.[1].length, 8);
});

test('conversion waits for a quiet moment, until many files wait', () => {
  const journal = files(8);
  assert.equal(decide(state({ journal, waiting: 31, isQuiet: false })), null);
  assert.equal(chosen(decide(state({ journal, waiting: 31, isQuiet: true })))?.[0], 'conversion');
  assert.equal(chosen(decide(state({ journal, waiting: 32, isQuiet: false })))?.[0], 'conversion');
});

test('journal files whose indexes would take much memory together are converted fewer at a time', () => {
  const journal = files(8, { indexBytes: 10 * 2 ** 20 });
  assert.deepEqual(chosen(decide(state({ journal }))), ['conversion', [1, 2], []]);
  const large = files(8, { indexBytes: 100 * 2 ** 20 });
  assert.deepEqual(chosen(decide(state({ journal: large }))), ['conversion', [1], []]);
});

test('one file that is larger than all others together is converted alone', () => {
  const journal = [
    journalFile(1, { storedBytes: 20 * FILE, batchBytes: 20 * FILE, liveBytes: 20 * FILE, runCount: 1e6 }),
    ...files(5).slice(1),
  ];
  assert.deepEqual(chosen(decide(state({ journal }))), ['conversion', [1], []]);
});

test('journal files with long runs are converted only for what compression wins', () => {
  const journal = files(8, { runCount: 100 });
  assert.equal(decide(state({ journal })), null);
  const compressed = (compressedTo: number | null) =>
    chosen(decide(state({ journal, compresses: true, compressedTo })))?.[0];
  assert.equal(compressed(null), 'conversion');
  assert.equal(compressed(0.5), 'conversion');
  assert.equal(compressed(0.97), undefined);
});

test('segments without a live byte go before anything else', () => {
  const segments = [
    segment({ id: 1, interval: [1, 4], streams: [1, 5] }),
    segment({ id: 2, interval: [1, 4], streams: [6, 9], live: 0 }),
  ];
  assert.deepEqual(chosen(decide(state({ journal: files(8), segments }))), ['drop', [], [2]]);
});

test('while a third of the live bytes is dead besides, nothing is rewritten; beyond, what wins most', () => {
  const half = { live: 0.5, bytes: FILE };
  const layer = (deadFiles: number) =>
    Array.from({ length: 20 }, (_, i) =>
      segment({ id: i + 1, interval: [1, 4], streams: [i, i], ...(i < deadFiles ? half : {}) }),
    );
  assert.equal(decide(state({ segments: layer(10) })), null);
  const segments = [...layer(16), segment({ id: 99, interval: [5, 8], streams: [1, 99], live: 0.1 })];
  const decision = decide(state({ segments }));
  assert.deepEqual(chosen(decision), ['space', [], [99]]);
  assert.ok(decision?.kind === 'merge' && decision.rewrite.size === 1);
  const next = chosen(decide(state({ segments: layer(18) })));
  assert.equal(next?.[0], 'space');
  assert.equal(next?.[2].length, 16, 'half of each is live: as much as eight files hold is copied');
});

test('dead journal files are converted to win their space when that wins more than any segment', () => {
  const journal = files(3, { liveBytes: FILE / 10, runCount: 10 });
  assert.deepEqual(chosen(decide(state({ journal }))), ['space', [1, 2, 3], []]);
});

test('small batches, whose headers take as much space as they do, are converted for it', () => {
  const journal = files(3, { batchBytes: FILE / 2, liveBytes: FILE / 2, runCount: 10 });
  assert.equal(chosen(decide(state({ journal, maxSegmentBytes: FILE / 2 })))?.[0], 'space');
});

test('a damaged segment is merged with nothing', () => {
  const streams = [1, 9] as const;
  const segments = [1, 2, 3, 4].map((id) => segment({ id, interval: [id, id], streams, isDamaged: id === 2 }));
  assert.equal(decide(state({ segments })), null);
  const due = { compactionDue: [3], compactionThrough: 0 };
  assert.equal(decide(state({ segments, ...due })), null);
});

test('four layers of a size are merged into one, the newest first', () => {
  const streams = [1, 9] as const;
  const layers = (sizes: readonly number[]) =>
    sizes.map((size, i) => segment({ id: i + 1, interval: [i + 1, i + 1], streams, bytes: size * FILE }));
  assert.equal(decide(state({ segments: layers([4, 1, 1, 1]) })), null);
  assert.deepEqual(chosen(decide(state({ segments: layers([6, 6, 1, 1, 1, 1]) }))), ['tiers', [], [3, 4, 5, 6]]);
  assert.deepEqual(chosen(decide(state({ segments: layers([2, 2, 2, 2, 1]) }))), ['tiers', [], [1, 2, 3, 4]]);
});

test('a merge of layers takes no more than a fifth of all segments besides', () => {
  const streams = [1, 9] as const;
  const segments = [1, 2, 3, 4].map((id) => segment({ id, interval: [id, id], streams, bytes: 100 * FILE }));
  assert.equal(decide(state({ segments })), null);
});

test('compaction takes the journal files it is for first, then all segments that may hold the streams', () => {
  const segments = [
    segment({ id: 1, interval: [1, 4], streams: [1, 5] }),
    segment({ id: 2, interval: [1, 4], streams: [6, 9] }),
    segment({ id: 3, interval: [5, 8], streams: [3, 3] }),
    segment({ id: 4, interval: [5, 8], streams: [8, 20] }),
    segment({ id: 5, interval: [9, 9], streams: [8, 8] }),
  ];
  const due = { compactionDue: [7], compactionThrough: 9 };
  assert.deepEqual(chosen(decide(state({ journal: [journalFile(9)], segments, ...due }))), ['compaction', [9], []]);
  const journal = [journalFile(10)];
  assert.deepEqual(chosen(decide(state({ journal, segments, ...due }))), ['compaction', [], [2]]);
  const dueIn3 = { compactionDue: [3, 4], compactionThrough: 0 };
  assert.deepEqual(chosen(decide(state({ segments, ...dueIn3 }))), ['compaction', [], [1, 3]]);
  assert.equal(decide(state({ segments, compactionDue: [30], compactionThrough: 0 })), null);
});

test('segments of one layer must not overlap', () => {
  const at = (id: number, interval: readonly [number, number], first: number, last: number): SegmentFigures =>
    segment({ id, interval, streams: [first, last] });
  mustBeApart([at(1, [1, 4], 1, 5), at(2, [1, 4], 6, 9), at(3, [1, 8], 3, 7)]);
  assert.throws(() => mustBeApart([at(1, [1, 4], 1, 6), at(2, [1, 4], 6, 9)]), /layer 1 to 4 overlap at stream 6/);
  assert.throws(() => mustBeApart([at(1, [1, 4], 1, 9), at(2, [1, 4], 4, 4)]), /overlap at stream 9/);
});

/** The same segments after `members` were merged: a new layer with one file for each of their ranges. */
test('what is merged of a layer has nothing that stays in between', () => {
  const interval = [1, 4] as const;
  const layer = (lives: readonly number[]): SegmentFigures[] =>
    lives.map((live, i) => segment({ id: i + 1, interval, streams: [10 * i + 1, 10 * i + 10], live }));
  const [, , space] = chosen(decide(state({ segments: layer([0.2, 1, 0.1, 0.1, 1, 0.2]) }))) ?? [];
  assert.deepEqual(space, [3, 4], 'the stretch that wins most');
  const compactionDue = [5, 35];
  const compaction = decide(state({ segments: layer([1, 1, 1, 1, 1]), compactionDue }));
  assert.deepEqual(chosen(compaction)?.[2], [1, 2, 3, 4]);
  assert.ok(compaction?.kind === 'merge' && compaction.rewrite.size === 2, 'what lies between stays as it is');
});

function merged(all: readonly SegmentFigures[], members: readonly SegmentFigures[], id: number): SegmentFigures[] {
  const first = Math.min(...members.map(({ firstSequence }) => firstSequence));
  const last = Math.max(...members.map(({ lastSequence }) => lastSequence));
  const ranges = new Set(members.map(({ descriptor: d }) => `${d.firstStream}-${d.lastStream}`));
  const made = [...ranges].map((range) => {
    const [from = 0, to = 0] = range.split('-').map(Number);
    return segment({ id, interval: [first, last], streams: [from, to] });
  });
  return [...all.filter((one) => !members.includes(one)), ...made];
}

test('whatever is merged, the layers of each stream have intervals one behind the other', () => {
  const random = seededRandom(4);
  for (let round = 0; round < 300; round++) {
    let all = [1, 2, 3, 4, 5, 6].flatMap((sequence) => {
      const cut = 1 + random.int(9);
      const interval = [sequence, sequence] as const;
      return [
        segment({ id: sequence, interval, streams: [1, cut] }),
        segment({ id: sequence, interval, streams: [cut + 1, 10] }),
      ];
    });
    for (let step = 0; step < 4; step++) {
      const chosenOnes = new Set([1, 2].map(() => all[random.int(all.length)] as SegmentFigures));
      all = merged(all, withEntangled(all, [...chosenOnes]), 100 + step);
    }
    for (let stream = 1; stream <= 10; stream++) {
      const holders = layersOf(all).filter(({ segments }) =>
        segments.some(({ descriptor: d }) => d.firstStream <= stream && stream <= d.lastStream),
      );
      for (const [i, { firstSequence }] of holders.entries()) {
        if (i > 0) assert.ok(firstSequence > (holders[i - 1]?.lastSequence ?? 0), `stream ${stream}`);
      }
    }
  }
});

test('what there is no room for is passed over for what there is room for', () => {
  const journal = files(8);
  assert.deepEqual(chosen(decide(state({ journal, roomBytes: 3.5 * FILE })))?.[1], [1, 2, 3], 'fewer files');
  const segments = [
    segment({ id: 1, interval: [1, 4], streams: [1, 5], bytes: 40 * FILE, live: 0.4 }),
    segment({ id: 2, interval: [1, 4], streams: [6, 9], bytes: 8 * FILE, live: 0.5 }),
  ];
  assert.deepEqual(chosen(decide(state({ segments }))), ['space', [], [1]], 'most is won there');
  assert.deepEqual(chosen(decide(state({ segments, roomBytes: 5 * FILE }))), ['space', [], [2]]);
  const compacted = { segments, compactionDue: [1], journal, roomBytes: 5 * FILE };
  assert.deepEqual(chosen(decide(state(compacted)))?.[0], 'space');
  assert.equal(decide(state({ journal, segments, roomBytes: FILE / 2 })), null);
});
