/** How fast a merge may work while it is under way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { NO_COMPACTION } from '../../../src/storage/convert/compaction.ts';
import type { ConvertHost, SealedFile } from '../../../src/storage/convert/host.ts';
import { MergePlans } from '../../../src/storage/convert/merge-plans.ts';
import { WAIT_FILES } from '../../../src/storage/convert/planner.ts';

const MIB = 1024 * 1024;
const RATE = 100 * MIB;

/** Plans of an engine with so many files that wait, in which clients write as much. */
function plansWith(fields: { waiting?: number; compactionRate?: number; bytesPerSecond?: number }) {
  const state = { waiting: fields.waiting ?? 4 };
  const clock = new ManualClock();
  const stats = { bytesWritten: 0, fileReadBytes: 0, commits: 0, fileReads: 0 };
  const sealedFiles = (): SealedFile[] =>
    Array.from({ length: state.waiting }, (_, i) => ({ sequence: i + 1, path: `${i}`, source: {} }) as SealedFile);
  const host = {
    clock,
    stats,
    pace: { bytesPerSecond: fields.bytesPerSecond ?? RATE, level: 3 },
    compaction: { ...NO_COMPACTION, bytesPerSecond: fields.compactionRate ?? 0 },
    segments: { convertedTo: 0 },
    sealedFiles,
  } as unknown as ConvertHost;
  const plans = new MergePlans(host);
  const write = (bytes: number): void => {
    clock.advance(1000);
    stats.bytesWritten += bytes;
  };
  return { plans, state, write };
}

test('a merge that may wait all but stops while clients write, and goes on when they do not', () => {
  const { plans, write } = plansWith({});
  write(100 * MIB);
  assert.equal(plans.rateNow('conversion'), MIB);
  write(100 * MIB);
  assert.equal(plans.rateNow('tiers'), MIB);
  write(MIB);
  assert.equal(plans.rateNow('conversion'), RATE);
});

test('what makes space, or was asked for, does not give way to clients', () => {
  const { plans, write } = plansWith({});
  for (const reason of ['space', 'compaction'] as const) {
    write(100 * MIB);
    assert.equal(plans.rateNow(reason), RATE);
  }
});

test('once many files wait nothing gives way, and more of them make it faster', () => {
  const { plans, state, write } = plansWith({});
  write(100 * MIB);
  assert.equal(plans.rateNow('conversion'), MIB);
  state.waiting = WAIT_FILES;
  write(100 * MIB);
  assert.equal(plans.rateNow('conversion'), RATE, 'files that came since count');
  state.waiting = 100;
  assert.equal(plans.rateNow('conversion'), 4 * RATE);
});

test('compaction has a bound of its own, where it is the lower one', () => {
  const bounded = plansWith({ compactionRate: 3 * MIB }).plans;
  assert.equal(bounded.rateNow('compaction'), 3 * MIB);
  assert.equal(bounded.rateNow('space'), RATE);
  assert.equal(plansWith({ compactionRate: 2 * RATE }).plans.rateNow('compaction'), RATE);
  assert.equal(plansWith({ compactionRate: 3 * MIB, bytesPerSecond: 0 }).plans.rateNow('compaction'), 3 * MIB);
  assert.equal(plansWith({ bytesPerSecond: 0 }).plans.rateNow('compaction'), 0);
});
