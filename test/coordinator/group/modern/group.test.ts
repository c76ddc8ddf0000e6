/** What a group keeps of its members beside them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../../src/base/manual-clock.ts';
import { ConsumerGroup } from '../../../../src/coordinator/group/consumer/group.ts';
import { newMember } from '../../../../src/coordinator/group/consumer/member.ts';
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
