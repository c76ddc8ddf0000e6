/** What is noted of a share group that has come to the end of the logs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from './checker.ts';
import type { History, ShareGroup } from './history.ts';
import { doneWith } from './workloads/share-progress.ts';

const P = 'topic/0';
const group: ShareGroup = { kind: 'share-group', group: 'group', lockMs: 100, deliveryLimit: 3 };

/** A watcher saw where the group begins; later the end of the run was noted. */
function history(seen: number, noted: ReturnType<typeof doneWith>): History {
  const common = { kind: 'share-offsets', group: 'group' } as const;
  return [
    group,
    { ...common, offsets: [{ partition: P, offset: seen }], invokedAt: 0, completedAt: 1 },
    { ...common, offsets: noted.offsets, invokedAt: 2, completedAt: 3 },
  ];
}

test('A group that begins behind the markers after the last record is not taken for one that fell back', () => {
  const progress = [{ partition: P, offset: 2751, lag: 0 }];
  const noted = doneWith([{ partition: P, offset: 2745 }], progress);
  assert.deepEqual(noted.left, []);
  assert.deepEqual(check(history(2751, noted)), []);
});

test('A group that has fallen back at the end of the run is found', () => {
  const noted = doneWith([{ partition: P, offset: 2745 }], [{ partition: P, offset: 2750, lag: 0 }]);
  const found = check(history(2751, noted));
  assert.deepEqual(found, [{ kind: 'lost-offset', detail: 'group was at 2751 of topic/0, then at 2750' }]);
});

test('A group that is done with all records is past them, though where it begins is only stored with what is said next', () => {
  const noted = doneWith([{ partition: P, offset: 10 }], [{ partition: P, offset: 7, lag: 0 }]);
  assert.deepEqual(noted, { offsets: [{ partition: P, offset: 10 }], left: [] });
});

test('A group is not done with a partition in which it lags, nor with one that it does not know', () => {
  const ends = ['topic/0', 'topic/1', 'topic/2'].map((partition) => ({ partition, offset: 10 }));
  const progress = [
    { partition: 'topic/0', offset: 10, lag: 0 },
    { partition: 'topic/1', offset: 8, lag: 2 },
  ];
  const { left } = doneWith(ends, progress);
  assert.deepEqual(left, ['a lag of 2 in topic/1', 'a lag of undefined in topic/2']);
});
