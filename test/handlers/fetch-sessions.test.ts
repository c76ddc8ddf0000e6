/** The cache of fetch sessions: slots and who gives way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { FetchSessions, NO_SESSION } from '../../src/handlers/fetch/sessions.ts';
import { FetchTarget } from '../../src/handlers/fetch/target.ts';

const targets = (count: number): FetchTarget[] => Array.from({ length: count }, (_, i) => new FetchTarget('t', '', i));

function cache(slots: number, maxPartitions = 1000): { sessions: FetchSessions; clock: ManualClock } {
  const clock = new ManualClock();
  return { sessions: new FetchSessions(clock, seededRandom(1), { slots, evictionMs: 1000, maxPartitions }), clock };
}

test('without a free slot a client goes without a session', () => {
  const { sessions } = cache(2);
  assert.notEqual(sessions.create(targets(1), false), NO_SESSION);
  assert.notEqual(sessions.create(targets(1), false), NO_SESSION);
  assert.equal(sessions.create(targets(5), false), NO_SESSION);
});

test('a session that has not been used for the eviction time gives way', () => {
  const { sessions, clock } = cache(1);
  sessions.create(targets(5), false);
  clock.advance(1001);
  assert.notEqual(sessions.create(targets(1), false), NO_SESSION);
  assert.equal(sessions.size, 1);
});

test('a larger session displaces a smaller one that has lived for the eviction time, though it is in use', () => {
  const { sessions, clock } = cache(1);
  const id = sessions.create(targets(3), false);
  const touch = (sessionEpoch: number): void => {
    const request = { sessionId: id, sessionEpoch, topics: [], forgottenTopicsData: [] };
    sessions.plan(request as unknown as Parameters<FetchSessions['plan']>[0], false);
  };
  clock.advance(900);
  touch(1);
  clock.advance(900);
  touch(2);
  assert.equal(sessions.create(targets(3), false), NO_SESSION);
  assert.notEqual(sessions.create(targets(4), false), NO_SESSION);
});

test('of several sessions that may be displaced the smallest is', () => {
  const { sessions, clock } = cache(3);
  const ids = [3, 1, 2].map((count) => sessions.create(targets(count), false));
  const touch = (sessionId: number, sessionEpoch: number) => {
    const request = { sessionId, sessionEpoch, topics: [], forgottenTopicsData: [] };
    return sessions.plan(request as unknown as Parameters<FetchSessions['plan']>[0], false);
  };
  for (const epoch of [1, 2]) {
    clock.advance(900);
    for (const id of ids) touch(id, epoch);
  }
  assert.notEqual(sessions.create(targets(4), false), NO_SESSION);
  const isThere = (id: number): boolean => {
    try {
      return touch(id, 3).session !== null;
    } catch {
      return false;
    }
  };
  assert.deepEqual(ids.map(isThere), [true, false, true]);
});

test('partitions are bounded, too: who has too many goes without, or begins anew', () => {
  const { sessions, clock } = cache(9, 10);
  const sessionId = sessions.create(targets(6), false);
  assert.equal(sessions.create(targets(5), false), NO_SESSION);
  assert.notEqual(sessions.create(targets(4), false), NO_SESSION);
  const named = { topic: 't', topicId: '', partitions: [{ partition: 6, fetchOffset: 0 }] };
  const request = { sessionId, sessionEpoch: 1, topics: [named], forgottenTopicsData: [] };
  const plan = () => sessions.plan(request as unknown as Parameters<FetchSessions['plan']>[0], false);
  assert.throws(plan, { code: ErrorCode.FETCH_SESSION_ID_NOT_FOUND });
  assert.equal(sessions.size, 1);
  assert.notEqual(sessions.create(targets(6), false), NO_SESSION);
  assert.equal(sessions.create(targets(1), false), NO_SESSION);
  clock.advance(1001);
  assert.notEqual(sessions.create(targets(10), false), NO_SESSION);
  assert.equal(sessions.size, 1);
});

test('no partitions, no session', () => {
  const { sessions } = cache(1);
  assert.equal(sessions.create([], false), NO_SESSION);
});

test('a session that forgets all it has ends, and what the request names is answered once more', () => {
  const { sessions } = cache(1);
  const sessionId = sessions.create(targets(2), false);
  const named = { topic: 't', topicId: '', partitions: [{ partition: 1, fetchOffset: 5 }] };
  const forgotten = { topic: 't', topicId: '', partitions: [0, 1] };
  const request = { sessionId, sessionEpoch: 1, topics: [named], forgottenTopicsData: [forgotten] };
  const plan = sessions.plan(request as unknown as Parameters<FetchSessions['plan']>[0], false);
  assert.deepEqual([plan.session, plan.wantsSession, sessions.size], [null, false, 0]);
  assert.deepEqual(
    plan.targets.map(({ partition, fetchOffset }) => [partition, fetchOffset]),
    [[1, 5]],
  );
});
