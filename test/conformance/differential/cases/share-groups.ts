/** Share groups (KIP-932): members, offsets and states. */
import type { Body } from '../api-client.ts';
import { type Case } from '../session.ts';
import { readTopic, ShareSteps } from './share-steps.ts';

const memberCases: readonly Case[] = [
  {
    name: 'a share group is joined, described and left',
    run: async (session) => {
      // With more, it would be chance which of them move to the second member.
      const { name: topic } = await session.createTopic('t', 1);
      const steps = await ShareSteps.open(session);
      await steps.describe('before');
      await steps.join('join', 'a', topic);
      const epoch = await steps.awaitAssigned('a', 1);
      await steps.beat('beat', 'a', epoch);
      await steps.beat('beat with the same topics', 'a', epoch, { subscribedTopicNames: [topic] });
      await steps.describe('one member');
      await steps.join('a second', 'b', topic);
      await steps.awaitAssigned('a', 1);
      await steps.awaitAssigned('b', 1);
      await steps.describe('two members');
      await session.call('list', 'ListGroups', 5, { statesFilter: [], typesFilter: ['share'] });
      await session.call('delete', 'DeleteGroups', 2, { groupsNames: [steps.groupId] });
      await steps.beat('leave', 'a', -1);
      await steps.beat('leave again', 'a', -1);
      await steps.beat('beat after it', 'a', epoch);
      await steps.beat('the other leaves', 'b', -1);
      await steps.describe('empty');
      await session.call('delete it empty', 'DeleteGroups', 2, { groupsNames: [steps.groupId] });
      await steps.describe('after its deletion');
      await steps.join('join anew', 'a', topic);
    },
  },
  {
    name: 'heartbeats of share groups are refused',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 2);
      const steps = await ShareSteps.open(session);
      await steps.beat('an unknown group', 'a', 1);
      await steps.beat('an unknown group left', 'a', -1);
      await steps.join('no member', '', topic);
      await steps.join('a blank member', ' ', topic);
      await steps.beat('no group', 'a', 0, { groupId: '', subscribedTopicNames: [topic] });
      await steps.beat('an empty rack', 'a', 0, { rackId: '', subscribedTopicNames: [topic] });
      await steps.beat('no topics', 'a', 0);
      await steps.join('an empty list', 'a');
      await steps.beat('epoch -2', 'a', -2);
      await steps.beat('epoch -3', 'a', -3);
      await steps.join('joined', 'b', topic);
      const epoch = await steps.awaitAssigned('b', 2);
      await steps.beat('a future epoch', 'b', epoch + 1);
      await steps.beat('an unknown member', 'z', epoch);
      await steps.beat('an unknown member left', 'z', -1);
      await steps.beat('another group type', 'b', 0, { groupId: steps.groupId, subscribedTopicNames: [topic] });
      const heartbeat = { groupId: steps.groupId, memberId: 'c', memberEpoch: 0, rebalanceTimeoutMs: 60_000 };
      await session.call('as a consumer', 'ConsumerGroupHeartbeat', 1, {
        ...heartbeat,
        subscribedTopicNames: [topic],
        topicPartitions: [],
      });
      await session.call('a commit', 'OffsetCommit', 9, {
        groupId: steps.groupId,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }],
      });
      await session.call('described as a consumer group', 'ConsumerGroupDescribe', 1, { groupIds: [steps.groupId] });
      await session.call('described as a classic group', 'DescribeGroups', 6, { groups: [steps.groupId] });
    },
  },
  {
    name: 'what members of share groups subscribe to changes',
    run: async (session) => {
      const { name: first } = await session.createTopic('first', 2);
      const { name: second } = await session.createTopic('second', 1);
      const steps = await ShareSteps.open(session);
      const { memberEpoch } = await steps.join('a topic that is not there', 'a', session.name('later'));
      await steps.beat('beat', 'a', memberEpoch);
      await steps.describe('nothing to assign');
      await steps.beat('a topic that is there', 'a', memberEpoch, { subscribedTopicNames: [first] });
      let epoch = await steps.awaitAssigned('a', 2);
      await steps.beat('two topics', 'a', epoch, { subscribedTopicNames: [first, second] });
      epoch = await steps.awaitAssigned('a', 3);
      await steps.describe('both');
      await steps.beat('one topic again', 'a', epoch, { subscribedTopicNames: [second] });
      await steps.awaitAssigned('a', 1);
      await steps.describe('one');
    },
  },
];

const offsetCases: readonly Case[] = [
  {
    name: 'offsets of share groups are described, changed and deleted',
    run: async (session) => {
      const { steps, topic, epoch } = await readTopic(session, [5]);
      const all = [{ topicName: topic, partitions: [0] }];
      for (const version of [0, 1]) await steps.offsets(`v${version}`, all, version);
      await steps.offsets('all', null);
      await steps.offsets('others', [...all, { topicName: 'no', partitions: [0] }]);
      await steps.alter('while it has members', topic, 1);
      await steps.deleteOffsets('while it has members', topic);
      await steps.beat('leave', 'a', -1);
      await steps.alter('changed', topic, 3);
      await steps.offsets('after it', all);
      await steps.alter('partitions that are not there', topic, 1, 1);
      await steps.alter('a topic that is not there', 'no', 1);
      await steps.alter('a negative offset', topic, -1);
      await steps.offsets('after these', all);
      await steps.deleteOffsets('a topic that is not there', 'no');
      await steps.deleteOffsets('deleted', topic);
      await steps.deleteOffsets('deleted again', topic);
      await steps.offsets('when deleted', all);
      await steps.offsets('all when deleted', null);
      await steps.describe('the group');
      await steps.beat('an old member', 'a', epoch);
    },
  },
  {
    name: 'offsets of share groups that are not there',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t');
      const steps = await ShareSteps.open(session);
      await steps.offsets('described', [{ topicName: topic, partitions: [0] }]);
      await steps.offsets('all described', null);
      await steps.deleteOffsets('deleted', topic);
      await steps.alter('changed', topic, 2);
      await steps.offsets('described then', [{ topicName: topic, partitions: [0] }]);
      await steps.describe('the group');
    },
  },
];

const stateCases: readonly Case[] = [
  {
    name: 'states of share groups',
    run: async (session) => {
      const { topicId } = await session.createTopic('t');
      const groupId = session.name('group');
      const coordinator = { keyType: 2, coordinatorKeys: [`${groupId}:${topicId}:0`] };
      for (;;) {
        const found = await session.quietly('FindCoordinator', 6, coordinator);
        if (found.coordinators[0].errorCode === 0) break;
      }
      await session.published();
      const of = (fields: Body): Body => ({
        groupId,
        topics: [{ topicId, partitions: [{ partition: 0, ...fields }] }],
      });
      const initialize = (step: string, fields: Body) => session.call(step, 'InitializeShareGroupState', 0, of(fields));
      const read = (step: string, leaderEpoch: number) =>
        session.call(step, 'ReadShareGroupState', 0, of({ leaderEpoch }));
      const write = (step: string, fields: Body) => session.call(step, 'WriteShareGroupState', 1, of(fields));
      const summary = (step: string) => session.call(step, 'ReadShareGroupStateSummary', 1, of({ leaderEpoch: 0 }));
      const remove = (step: string) => session.call(step, 'DeleteShareGroupState', 0, of({}));
      const batch = (firstOffset: number, lastOffset: number, deliveryState: number, deliveryCount: number): Body => {
        return { firstOffset, lastOffset, deliveryState, deliveryCount };
      };
      const numbers = { stateEpoch: 1, leaderEpoch: 3, startOffset: 5, deliveryCompleteCount: 2 };
      await read('none', 0);
      await summary('none summed up');
      await write('none written', { ...numbers, stateBatches: [] });
      await remove('none deleted');
      await initialize('no state epoch', { stateEpoch: -1, startOffset: 5 });
      await initialize('begun', { stateEpoch: 1, startOffset: 5 });
      await summary('begun summed up');
      await read('begun read', 3);
      await read('read by an older leader', 2);
      await read('read by the same', 3);
      await write('written', { ...numbers, stateBatches: [batch(5, 9, 0, 1), batch(10, 12, 2, 1)] });
      await read('what was written', 3);
      await summary('what was written, summed up');
      await write('over it', { ...numbers, startOffset: 7, stateBatches: [batch(8, 11, 4, 2)] });
      await read('what is left', 3);
      await write('an older leader', { ...numbers, leaderEpoch: 2, stateBatches: [] });
      await write('a newer leader', { ...numbers, leaderEpoch: 4, stateBatches: [] });
      await write('an older state', { ...numbers, stateEpoch: 0, stateBatches: [] });
      await write('a newer state', { ...numbers, stateEpoch: 2, startOffset: -1, stateBatches: [batch(20, 21, 0, 3)] });
      await read('after these', 4);
      await summary('after these, summed up');
      await initialize('an older epoch', { stateEpoch: 0, startOffset: 1 });
      await initialize('anew', { stateEpoch: 4, startOffset: -1 });
      await summary('anew, summed up');
      await read('anew, read', 5);
      await remove('deleted');
      await read('when deleted', 5);
      await remove('deleted again');
    },
  },
];

export const shareGroupCases: readonly Case[] = [...memberCases, ...offsetCases, ...stateCases];
