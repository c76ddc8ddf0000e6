/** What the heartbeats of large share groups look at. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAssignmentPending } from '../../../../src/coordinator/group/share/advance.ts';
import { ShareGroup } from '../../../../src/coordinator/group/share/group.ts';
import { newMember } from '../../../../src/coordinator/group/share/member.ts';
import { NO_STATES } from '../../../../src/coordinator/group/share/state-partitions.ts';
import { cpuClock } from '../../../support/cpu-time.ts';

const TOPIC = 'AAAAAAAAAAAAAAAAAAAAAg';

test('whether a partition is left to assign is found in time that does not grow with members times partitions', () => {
  const [members, each] = [400, 50];
  const group = new ShareGroup('group');
  const partitions = Array.from({ length: members * each }, (_, index) => index);
  for (let i = 0; i < members; i++) {
    const memberId = `member ${i}`;
    group.putMember({ ...newMember(memberId), subscribedTopicNames: new Set(['orders']) });
    group.setTarget(memberId, new Map([[TOPIC, new Set(partitions.slice(i * each, (i + 1) * each))]]));
  }
  const topic = { name: 'orders', partitions: new Set(partitions), sinceMs: 0 };
  group.setStates({ ...NO_STATES, initialized: new Map([[TOPIC, topic]]) });
  const cpuMs = cpuClock();
  for (let i = 0; i < 20; i++) assert.equal(isAssignmentPending(group), false);
  assert.ok(cpuMs() < 1000);
  group.setTarget('member 7', new Map());
  assert.equal(isAssignmentPending(group), true);
});
