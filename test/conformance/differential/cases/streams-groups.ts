/** Streams groups (KIP-1071): joins, refusals, assignments, internal topics, static members, descriptions. */
import type { Body } from '../api-client.ts';
import type { Case } from '../session.ts';
import { awaitEpoch, owns, reading, streamsGroup } from './streams-steps.ts';

const joinCases: readonly Case[] = [
  {
    name: 'a streams group is joined, described and left',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 4);
      const { beat, join, describe, groupId } = await streamsGroup(session);
      await describe('before');
      for (const version of [0, 1]) {
        await join(
          `v${version} join`,
          'a',
          reading(topic),
          { clientTags: [{ key: 'k', value: 'v' }], rackId: 'r' },
          version,
        );
        await beat(`v${version} beat`, 'a', { memberEpoch: 2 }, version);
        await beat(`v${version} beat with tasks`, 'a', owns(2, 0, 1, 2, 3), version);
        await join(`v${version} join again`, 'a', reading(topic), {}, version);
        await describe(`v${version} describe`, version);
      }
      await session.call('list', 'ListGroups', 5, { statesFilter: [], typesFilter: ['streams'] });
      await session.call('delete', 'DeleteGroups', 2, { groupsNames: [groupId] });
      await beat('leave', 'a', { memberEpoch: -1 });
      await beat('leave again', 'a', { memberEpoch: -1 });
      await beat('beat after it', 'a', { memberEpoch: 2 });
      await describe('an empty group');
      await join('another topology', 'a', reading(topic, 1));
      await session.call('delete it empty', 'DeleteGroups', 2, { groupsNames: [groupId] });
      await describe('after its deletion');
      await join('another topology now', 'a', reading(topic, 1));
      await describe('the new group');
    },
  },
  {
    name: 'heartbeats of streams groups are refused',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 2);
      const { beat, join } = await streamsGroup(session);
      const part = (more: Body): Body => ({ epoch: 0, subtopologies: [{ subtopologyId: '0', ...more }] });
      await beat('an unknown group', 'a', { memberEpoch: 1 });
      await join('no topology', 'a', reading(topic), { topology: null });
      await join('no active tasks', 'a', reading(topic), { activeTasks: null });
      await join('some tasks', 'a', reading(topic), { standbyTasks: [{ subtopologyId: '0', partitions: [1] }] });
      await join('no timeout', 'a', reading(topic), { rebalanceTimeoutMs: -1 });
      await join('no member', '', reading(topic));
      await join('no group', 'a', reading(topic), { groupId: '' });
      await join('an empty instance', 'a', reading(topic), { instanceId: '' });
      await join('an empty rack', 'a', reading(topic), { rackId: ' ' });
      await join('a pattern', 'a', part({ sourceTopicRegex: ['t.*'] }));
      await join("Kafka's topic", 'a', reading('__consumer_offsets'));
      await join('no name', 'a', reading('what?'));
      await join(
        'a numbered changelog',
        'a',
        part({ sourceTopics: [topic], stateChangelogTopics: [{ name: 'c', partitions: 2 }] }),
      );
      await join('a loop', 'a', part({ repartitionSourceTopics: [{ name: 'r' }], repartitionSinkTopics: ['r'] }));
      await join('a topic nobody writes', 'a', part({ repartitionSourceTopics: [{ name: 'r' }] }));
      await join('no topics', 'a', part({}));
      await join('a negative epoch', 'a', reading(topic, -1));
      await join('joined', 'a', reading(topic, 1), { instanceId: 'i' });
      await join('a newer topology', 'b', reading(topic, 2));
      await join('another topology', 'b', reading('other', 1));
      await join('an older topology', 'b', reading(topic, 0));
      await join('an instance in use', 'b', reading(topic, 1), { instanceId: 'i' });
      await beat('a topology later', 'a', { memberEpoch: 2, topology: reading(topic) });
      await beat('some kinds of tasks', 'a', { memberEpoch: 2, activeTasks: [] });
      await beat('epoch -3', 'a', { memberEpoch: -3 });
      await beat('away without an instance', 'a', { memberEpoch: -2 });
      await beat('a future epoch', 'a', { memberEpoch: 9 });
      await beat('an unknown member', 'z', { memberEpoch: 1 });
      await beat('an unknown instance', 'a', { memberEpoch: 2, instanceId: 'j' });
      await beat('an unknown subtopology', 'a', { ...owns(2), activeTasks: [{ subtopologyId: '7', partitions: [0] }] });
      await beat('an unknown task', 'a', owns(2, 2));
      await beat('offsets twice', 'a', {
        memberEpoch: 2,
        taskOffsets: [1, 2].map((offset) => ({ subtopologyId: '0', partition: 0, offset })),
      });
    },
  },
  {
    name: 'streams groups are described as what they are',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 2);
      const { groupId, join } = await streamsGroup(session);
      await join('join', 'a', reading(topic));
      const other = session.name('other');
      await session.call('several', 'StreamsGroupDescribe', 1, { groupIds: [groupId, other, ''] });
      await session.call('DescribeGroups v5', 'DescribeGroups', 5, { groups: [groupId] });
      await session.call('DescribeGroups v6', 'DescribeGroups', 6, { groups: [groupId] });
      await session.call('ConsumerGroupDescribe', 'ConsumerGroupDescribe', 1, { groupIds: [groupId] });
      await session.call('a topology description', 'StreamsGroupTopologyDescriptionUpdate', 0, {
        groupId,
        memberId: 'a',
        topologyEpoch: 0,
        topologyDescription: { subtopologies: [], globalStores: [] },
      });
    },
  },
];

const assignmentCases: readonly Case[] = [
  {
    name: 'tasks of a streams group move when a member joins',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 4);
      const { beat, join, describe } = await streamsGroup(session);
      await join('a joins', 'a', reading(topic));
      await join('b joins', 'b', reading(topic));
      await describe('reconciling');
      const asked = await beat('a is asked to give up', 'a', owns(2, 0, 1, 2, 3));
      const kept: number[] = asked.activeTasks?.[0]?.partitions ?? [];
      await beat('b waits', 'b', owns(3));
      await beat('a has not yet', 'a', owns(2, 0, 1, 2, 3));
      await beat('a has', 'a', owns(2, ...kept));
      await beat('a says it again', 'a', owns(2, ...kept));
      await beat('b gets them', 'b', owns(3));
      await describe('stable');
      await beat('a is fenced', 'a', { memberEpoch: 2 });
      await beat('a leaves', 'a', { memberEpoch: -1 });
      await beat('b gets all', 'b', owns(3, ...[0, 1, 2, 3].filter((task) => !kept.includes(task))));
      await describe('alone');
    },
  },
  {
    name: 'a streams group waits before its first assignment',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 2);
      const { groupId, join, describe } = await streamsGroup(session, 'group', {
        // Longer than the steps until b has joined.
        'streams.initial.rebalance.delay.ms': '6000',
      });
      await join('a joins', 'a', reading(topic));
      await describe('waiting');
      await join('b joins', 'b', reading(topic));
      // Which of them gets which task is left to chance.
      for (const member of ['a', 'b']) {
        const beat = { groupId, memberId: member, memberEpoch: 1, rebalanceTimeoutMs: -1 };
        const { memberEpoch, activeTasks, status } = await awaitEpoch(session, beat);
        session.transcript.push({ step: member, answer: [memberEpoch, activeTasks?.[0].partitions.length, status] });
      }
    },
  },
  {
    name: 'assignments of a streams group keep their distance',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 2);
      const { groupId, join, describe } = await streamsGroup(session, 'group', {
        // Longer than the steps until b has joined.
        'streams.assignment.interval.ms': '6000',
      });
      await join('a joins', 'a', reading(topic));
      await join('b joins', 'b', reading(topic));
      await describe('assigning');
      const beat = { groupId, memberId: 'b', rebalanceTimeoutMs: -1, ...owns(2) };
      session.transcript.push({ step: 'b', answer: await awaitEpoch(session, beat) });
      await describe('reconciling');
    },
  },
  {
    name: 'standby tasks of a streams group',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 2);
      const changelog = session.name('changelog');
      const topology = {
        epoch: 0,
        subtopologies: [{ subtopologyId: '0', sourceTopics: [topic], stateChangelogTopics: [{ name: changelog }] }],
      };
      const { beat, join, describe } = await streamsGroup(session, 'group', { 'streams.num.standby.replicas': '1' });
      await join('a joins', 'a', topology);
      await session.awaitTopic(changelog);
      await session.published();
      await beat('a gets its tasks', 'a', owns(2));
      await join('b joins', 'b', topology);
      const asked = await beat('a gives up one', 'a', owns(3, 0, 1));
      const kept = asked.activeTasks?.[0]?.partitions ?? [];
      await beat('a has', 'a', { ...owns(3, ...kept), standbyTasks: asked.standbyTasks });
      await beat('b', 'b', owns(4));
      await describe('at the end');
    },
  },
  {
    name: 'static members of a streams group',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 2);
      const { beat, join, describe } = await streamsGroup(session);
      await join('joins', 'a', reading(topic), { instanceId: 'i' });
      await beat('is away', 'a', { memberEpoch: -2, instanceId: 'i' });
      await describe('away');
      await beat('beats while away', 'a', { memberEpoch: 2, instanceId: 'i' });
      await join('comes back', 'b', reading(topic), { instanceId: 'i' });
      await beat('the one before', 'a', { memberEpoch: 2, instanceId: 'i' });
      await beat('the one before leaves', 'a', { memberEpoch: -1, instanceId: 'i' });
      await beat('without its instance', 'b', { memberEpoch: 2 });
      await describe('back');
      await beat('leaves', 'b', { memberEpoch: -1, instanceId: 'i' });
      await describe('gone');
    },
  },
  {
    name: 'a shutdown is asked for in a streams group',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 2);
      const { beat, join } = await streamsGroup(session);
      await join('a joins', 'a', reading(topic));
      await join('b joins', 'b', reading(topic));
      await beat('a asks', 'a', { ...owns(2, 0, 1), shutdownApplication: true });
      await beat('b is told', 'b', owns(3));
      await beat('b asks, too', 'b', { ...owns(3), shutdownApplication: true });
      await beat('a leaves', 'a', { memberEpoch: -1 });
      await beat('b leaves', 'b', { memberEpoch: -1 });
      await join('c joins', 'c', reading(topic));
    },
  },
  {
    name: 'endpoints of a streams group',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 2);
      const { beat, join } = await streamsGroup(session);
      const userEndpoint = { host: 'here', port: 1 };
      await join('a joins', 'a', reading(topic), { userEndpoint });
      await beat('the same', 'a', { memberEpoch: 2, userEndpoint });
      await beat('another', 'a', { memberEpoch: 2, userEndpoint: { host: 'here', port: 2 } });
      await beat('known', 'a', { memberEpoch: 2, endpointInformationEpoch: 1 });
      await join('b joins', 'b', reading(topic), { userEndpoint });
      await beat('a is told', 'a', { ...owns(2, 0, 1), endpointInformationEpoch: 1 });
      await beat('a has', 'a', { ...owns(2, 0), endpointInformationEpoch: 2 });
      await beat('b', 'b', { ...owns(3), endpointInformationEpoch: 0 });
    },
  },
  {
    name: 'client tags that a streams group needs',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 2);
      const { beat, join } = await streamsGroup(session, 'group', {
        'streams.rack.aware.assignment.tags': 'zone,rack',
      });
      await join('joins', 'a', reading(topic), { clientTags: [{ key: 'zone', value: 'z' }] });
      await beat('v0', 'a', { memberEpoch: 2 }, 0);
      await beat('has them', 'a', {
        memberEpoch: 2,
        clientTags: ['zone', 'rack'].map((key) => ({ key, value: 'x' })),
      });
    },
  },
];

const topicCases: readonly Case[] = [
  {
    name: 'internal topics of a streams group are created',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 3);
      const repartition = session.name('repartition');
      const changelog = session.name('changelog');
      const configs = [{ key: 'cleanup.policy', value: 'compact' }];
      const topology = {
        epoch: 0,
        subtopologies: [
          { subtopologyId: '0', sourceTopics: [topic], repartitionSinkTopics: [repartition] },
          {
            subtopologyId: '1',
            repartitionSourceTopics: [{ name: repartition }],
            stateChangelogTopics: [{ name: changelog, topicConfigs: configs }],
          },
        ],
      };
      const { beat, join, describe } = await streamsGroup(session);
      const { memberEpoch, activeTasks, status } = await join('joins', 'a', topology);
      // Which of the topics its text names first is left to chance.
      session.transcript.pop();
      const codes = status.map(({ statusCode }: { statusCode: number }) => statusCode);
      session.transcript.push({ step: 'joins', answer: [memberEpoch, activeTasks, codes] });
      await describe('not ready');
      for (const name of [repartition, changelog]) await session.awaitTopic(name);
      await session.published();
      for (const name of [repartition, changelog]) {
        await session.call(`topic ${name}`, 'Metadata', 12, { topics: [{ name }], allowAutoTopicCreation: false });
        await session.call(`configs ${name}`, 'DescribeConfigs', 4, {
          resources: [{ resourceType: 2, resourceName: name, configurationKeys: ['cleanup.policy'] }],
        });
      }
      await beat('gets its tasks', 'a', { memberEpoch: 2 });
      await describe('ready');
      await session.quietly('CreatePartitions', 3, { topics: [{ name: topic, count: 5 }], timeoutMs: 10_000 });
      await session.published();
      await beat('the source grows', 'a', { memberEpoch: 3 });
      await describe('grown');
    },
  },
  {
    name: 'topics that do not fit a streams group',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 2);
      const later = session.name('later');
      const { beat, join, describe } = await streamsGroup(session);
      await join('a source is missing', 'a', reading(later));
      await describe('not ready');
      await session.createTopic('later', 3);
      await session.published();
      await beat('it came', 'a', owns(2));
      await describe('ready');
      const joint = await streamsGroup(session, 'joint');
      const copartitionGroups = [{ sourceTopics: [0, 1], sourceTopicRegex: [], repartitionSourceTopics: [] }];
      const parts = { subtopologyId: '0', sourceTopics: [topic, later], copartitionGroups };
      await joint.join('not copartitioned', 'a', { epoch: 0, subtopologies: [parts] });
      const changed = await streamsGroup(session, 'changed');
      const stateful = { subtopologyId: '0', sourceTopics: [topic], stateChangelogTopics: [{ name: later }] };
      await changed.join('a changelog of another size', 'a', { epoch: 0, subtopologies: [stateful] });
    },
  },
];

const offsetCases: readonly Case[] = [
  {
    name: 'offsets of a streams group',
    run: async (session) => {
      const { name: topic, topicId } = await session.createTopic('t', 2);
      const { groupId, beat, join } = await streamsGroup(session);
      const commit = (step: string, memberId: string, epoch: number, partition: number, version = 9): Promise<any> =>
        session.call(step, 'OffsetCommit', version, {
          groupId,
          memberId,
          generationIdOrMemberEpoch: epoch,
          topics: [
            {
              ...(version < 10 ? { name: topic } : { topicId }),
              partitions: [{ partitionIndex: partition, committedOffset: 1 }],
            },
          ],
        });
      await join('a joins', 'a', reading(topic));
      await join('b joins', 'b', reading(topic));
      const asked = await beat('a is asked', 'a', owns(2, 0, 1));
      const [kept] = asked.activeTasks?.[0]?.partitions ?? [0];
      await beat('a has', 'a', owns(2, kept));
      await beat('b', 'b', owns(3));
      await commit('current', 'a', 3, kept);
      await commit('current, v10', 'a', 3, kept, 10);
      await commit('older, held since', 'a', 2, kept);
      await commit('older, not held', 'a', 2, 1 - kept);
      await commit('older than the task', 'b', 2, 1 - kept);
      await commit('newer', 'a', 4, kept);
      await commit('none', 'a', -1, kept);
      await commit('nobody', '', -1, kept);
      await commit('unknown', 'z', 3, kept);
      for (const version of [2, 8]) await commit(`v${version}`, 'a', 3, kept, version);
      const fetch = (step: string, memberId: string | null, memberEpoch: number): Promise<any> =>
        session.call(step, 'OffsetFetch', 9, { groups: [{ groupId, memberId, memberEpoch, topics: null }] });
      await fetch('fetch', 'a', 3);
      await fetch('fetch stale', 'a', 2);
      await fetch('fetch unknown', 'z', 3);
      await fetch('fetch as nobody', null, -1);
      await fetch('fetch with no name', '', -1);
      await fetch('fetch with an epoch and no member', null, 0);
      const remove = (step: string): Promise<any> =>
        session.call(step, 'OffsetDelete', 0, {
          groupId,
          topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }],
        });
      await remove('delete an offset');
      await beat('a leaves', 'a', { memberEpoch: -1 });
      await beat('b leaves', 'b', { memberEpoch: -1 });
      await commit('an empty group', '', -1, 0);
      await commit('an empty group, v8', '', -1, 0, 8);
      await remove('delete an offset of the empty group');
    },
  },
  {
    name: 'transactional offsets of a streams group',
    run: async (session) => {
      const { name: topic, topicId } = await session.createTopic('t', 1);
      const { groupId, beat, join } = await streamsGroup(session);
      await join('joins', 'a', reading(topic));
      await beat('owns it', 'a', owns(2, 0));
      const transactionalId = session.name('id');
      const init = { transactionalId, transactionTimeoutMs: 60_000 };
      for (;;) {
        await session.quietly('FindCoordinator', 4, { keyType: 1, coordinatorKeys: [transactionalId] });
        if ((await session.quietly('InitProducerId', 5, init)).errorCode === 0) break;
      }
      const { producerId, producerEpoch } = await session.quietly('InitProducerId', 5, init);
      for (const version of [5, 6]) {
        const commit = (step: string, memberId: string, generationId: number, more: Body = {}): Promise<any> =>
          session.call(`v${version} ${step}`, 'TxnOffsetCommit', version, {
            transactionalId,
            groupId,
            producerId,
            producerEpoch,
            generationIdOrMemberEpoch: generationId,
            memberId,
            topics: [
              {
                ...(version < 6 ? { name: topic } : { topicId }),
                partitions: [{ partitionIndex: 0, committedOffset: 1 }],
              },
            ],
            ...more,
          });
        await commit('current', 'a', 2);
        await commit('nobody', '', -1);
        await commit('older', 'a', 1);
        await commit('newer', 'a', 3);
        await commit('unknown', 'z', 2);
        await commit('an unknown group', 'a', 2, { groupId: session.name('absent') });
      }
      await session.quietly('EndTxn', 5, { transactionalId, producerId, producerEpoch, committed: false });
    },
  },
  {
    name: 'streams groups and groups of other types',
    run: async (session) => {
      const { name: topic } = await session.createTopic('t', 1);
      const { groupId, beat, join } = await streamsGroup(session);
      const commit = (step: string): Promise<any> =>
        session.call(step, 'OffsetCommit', 9, {
          groupId,
          memberId: '',
          generationIdOrMemberEpoch: -1,
          topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: 5 }] }],
        });
      const list = (step: string): Promise<any> => session.call(step, 'ListGroups', 5, { typesFilter: ['streams'] });
      await commit('offsets only');
      await join('a streams group', 'a', reading(topic));
      await session.call('its offsets', 'OffsetFetch', 9, { groups: [{ groupId, topics: null }] });
      const consumer = (step: string): Promise<any> =>
        session.call(step, 'ConsumerGroupHeartbeat', 1, {
          groupId,
          memberId: 'c',
          memberEpoch: 0,
          rebalanceTimeoutMs: 1000,
          subscribedTopicNames: [topic],
          topicPartitions: [],
        });
      await consumer('a consumer');
      const classic = (step: string, memberId = ''): Promise<any> =>
        session.call(step, 'JoinGroup', 9, {
          groupId,
          memberId,
          sessionTimeoutMs: 10_000,
          rebalanceTimeoutMs: 10_000,
          protocolType: 'consumer',
          protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
        });
      await classic('a classic member');
      await beat('leaves', 'a', { memberEpoch: -1 });
      await consumer('a consumer of the empty group');
      const { memberId } = await classic('a classic member of the empty group');
      await classic('with its id', memberId);
      await join('a streams member', 'a', reading(topic));
      await session.quietly('LeaveGroup', 5, { groupId, members: [{ memberId }] });
      await join('a streams member again', 'a', reading(topic));
      await list('at the end');
    },
  },
];

export const streamsGroupCases: readonly Case[] = [...joinCases, ...assignmentCases, ...topicCases, ...offsetCases];
