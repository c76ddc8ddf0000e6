/** Share sessions: how many there are, and of how many partitions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { ShareSessions, type TopicIdPartition } from '../../src/share/sessions.ts';

const range = (first: number, count: number): TopicIdPartition[] =>
  Array.from({ length: count }, (_, i) => ({ topicId: 'topic', partition: first + i }));

test('sessions are bounded, and so are the partitions of all of them together', () => {
  const sessions = new ShareSessions(() => 3, 10);
  const full = { code: ErrorCode.SHARE_SESSION_LIMIT_REACHED };
  const first = sessions.open('group', 'a', 1, range(0, 6));
  assert.throws(() => sessions.open('group', 'b', 1, range(0, 5)), full);
  sessions.open('group', 'b', 1, range(0, 3));
  assert.throws(() => sessions.update(first, range(6, 2), []), full);
  assert.equal(first.size, 6);
  // What is known already, or goes at the same time, makes room for the next request.
  sessions.update(first, range(5, 1), range(0, 4));
  sessions.update(first, range(6, 5), []);
  assert.equal(first.size, 7);
  assert.throws(() => sessions.open('group', 'c', 1, range(0, 1)), full);
  sessions.close('group', 'b');
  sessions.open('group', 'c', 1, range(0, 3));
  sessions.open('group', 'd', 1, []);
  assert.throws(() => sessions.open('group', 'e', 1, []), full);
});
