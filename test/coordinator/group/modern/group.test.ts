/** What a group keeps of its members beside them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../../src/base/manual-clock.ts';
import { applyRecord } from '../../../../src/coordinator/group/consumer/apply.ts';
import { ConsumerGroup } from '../../../../src/coordinator/group/consumer/group.ts';
import { newMember } from '../../../../src/coordinator/group/consumer/member.ts';
import { memberRecord } from '../../../../src/coordinator/group/consumer/records.ts';
import { KeyedTimers } from '../../../../src/coordinator/timers.ts';
import { answer } from '../../../../src/coordinator/types.ts';

test('what ends a session is known for as long as its member is there', () => {
  const group = new ConsumerGroup('group');
  const timers = new KeyedTimers<never>(new ManualClock(), () => assert.fail());
  group.putMember(newMember('member'));
  group.sessions.set(
    'member',
    timers.set('session', 100, () => answer(undefined)),
  );
  group.putMember({ ...newMember('member'), memberEpoch: 1 });
  assert.equal(group.sessions.size, 1);
  group.removeMember('member');
  assert.equal(group.sessions.size, 0);
});

test('members that subscribe to the same topics share a set of them', () => {
  const group = new ConsumerGroup('group');
  const join = (memberId: string, ...topics: readonly string[]): ReadonlySet<string> | undefined => {
    applyRecord(group, memberRecord('group', { ...newMember(memberId), subscribedTopicNames: new Set(topics) }));
    return group.member(memberId)?.subscribedTopicNames;
  };
  const first = join('first', 'a', 'b');
  assert.equal(join('second', 'b', 'a'), first);
  assert.deepEqual(join('third', 'a'), new Set(['a']));
  assert.deepEqual(first, new Set(['a', 'b']));
  assert.deepEqual([...group.subscribedTopics()].sort(), ['a', 'b']);
  group.removeMember('first');
  group.removeMember('second');
  assert.deepEqual([...group.subscribedTopics()], ['a']);
});
