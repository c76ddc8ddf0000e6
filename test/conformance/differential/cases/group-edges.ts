/** Classic groups at their edges: refusals in every version, the same thing named twice, timeouts, odd subscriptions. */
import type { Case, Session } from '../session.ts';
import { commit, joinBody, settle } from './group-steps.ts';

const refusalCases: readonly Case[] = [
  {
    name: 'OffsetCommit refused for the group and for a topic',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const groupId = session.name('group');
      const { memberId } = await settle(session, groupId);
      for (const version of [7, 9]) {
        await session.call(`v${version} a wrong generation`, 'OffsetCommit', version, {
          groupId,
          generationIdOrMemberEpoch: 7,
          memberId,
          topics: [
            { name: session.name('absent'), partitions: [{ partitionIndex: 0, committedOffset: 1 }] },
            {
              name: topic.name,
              partitions: [
                { partitionIndex: 0, committedOffset: 1 },
                { partitionIndex: 5, committedOffset: 1 },
              ],
            },
          ],
        });
      }
    },
  },
  {
    name: 'group requests are refused in every version',
    run: async (session) => {
      const groupId = session.name('group');
      const { memberId, generationId } = await settle(session, groupId);
      const absent = session.name('absent');
      const each = async (last: number, call: (version: number, step: (text: string) => string) => Promise<void>) => {
        for (let version = 0; version <= last; version++) await call(version, (text) => `v${version} ${text}`);
      };
      await each(9, async (version, step) => {
        const call = async (text: string, more: object) => {
          const body = joinBody(groupId, more) as Record<string, unknown>;
          if (version === 0) delete body['rebalanceTimeoutMs'];
          await session.call(step(`join ${text}`), 'JoinGroup', version, body);
        };
        await call('no group', { groupId: '' });
        await call('an unknown group', { groupId: absent, memberId });
        await call('an unknown member', { memberId: 'nobody' });
        await call('with too short a session', { sessionTimeoutMs: 5, memberId: 'nobody' });
        await call('by another protocol', { protocols: [{ name: 'even', metadata: Buffer.alloc(0) }] });
        await call('by another protocol, known', {
          memberId,
          protocols: [{ name: 'even', metadata: Buffer.alloc(0) }],
        });
        if (version >= 5) await call('as an unknown instance', { memberId, groupInstanceId: 'one' });
      });
      await each(5, async (version, step) => {
        const protocol = version >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {};
        const call = (text: string, more: object) =>
          session.call(step(`sync ${text}`), 'SyncGroup', version, {
            groupId,
            generationId,
            memberId,
            assignments: [],
            ...protocol,
            ...more,
          });
        await call('no group', { groupId: '' });
        await call('an unknown group', { groupId: absent });
        await call('an unknown member', { memberId: 'nobody' });
        await call('a wrong generation', { generationId: 9 });
        if (version >= 3) await call('an unknown instance', { groupInstanceId: 'one' });
        if (version >= 5) await call('without a protocol', { protocolName: null });
        if (version >= 5) await call('without a protocol type', { protocolType: null });
      });
      await each(5, async (version, step) => {
        const call = (text: string, more: object, member: string) =>
          session.call(step(`leave ${text}`), 'LeaveGroup', version, {
            groupId,
            ...(version >= 3 ? { members: [{ memberId: member }] } : { memberId: member }),
            ...more,
          });
        await call('no group', { groupId: '' }, memberId);
        await call('an unknown group', { groupId: absent }, memberId);
        await call('an unknown member', {}, 'nobody');
        await call('no member', {}, '');
      });
      await each(4, async (version, step) => {
        const call = (text: string, more: object) =>
          session.call(step(`heartbeat ${text}`), 'Heartbeat', version, { groupId, generationId, memberId, ...more });
        await call('no group', { groupId: '' });
        await call('an unknown group', { groupId: absent });
        await call('an unknown member', { memberId: 'nobody' });
        await call('a wrong generation', { generationId: 9 });
        if (version >= 3) await call('an unknown instance', { groupInstanceId: 'one' });
      });
    },
  },
  {
    name: 'OffsetCommit v10 by members and others',
    run: async (session) => {
      const { topicId } = await session.createTopic('t');
      const groupId = session.name('group');
      const { memberId, generationId } = await settle(session, groupId);
      const topics = [{ topicId, partitions: [{ partitionIndex: 0, committedOffset: 9 }] }];
      const call = (step: string, more: object) =>
        session.call(step, 'OffsetCommit', 10, {
          groupId,
          generationIdOrMemberEpoch: generationId,
          memberId,
          topics,
          ...more,
        });
      await call('good', {});
      await call('a wrong generation', { generationIdOrMemberEpoch: 7 });
      await call('an unknown member', { memberId: 'nobody' });
      await call('anybody', { memberId: '', generationIdOrMemberEpoch: -1 });
      await call('an unknown group', { groupId: session.name('absent') });
      await call('an unknown instance', { groupInstanceId: 'one' });
    },
  },
];

const twiceCases: readonly Case[] = [
  {
    name: 'groups and partitions named twice',
    run: async (session) => {
      const topic = await session.createTopic('t', 2);
      const groupId = session.name('group');
      await session.awaitCoordinator(groupId);
      const partition = (committedOffset: number) => ({ partitionIndex: 0, committedOffset });
      await session.call('commit', 'OffsetCommit', 8, {
        groupId,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [{ name: topic.name, partitions: [partition(1), partition(2)] }],
      });
      await session.call('fetch', 'OffsetFetch', 8, {
        groups: [{ groupId, topics: [{ name: topic.name, partitionIndexes: [0, 0, 1] }] }],
      });
      await session.call('fetch two groups', 'OffsetFetch', 8, {
        groups: [
          { groupId, topics: null },
          { groupId, topics: null },
        ],
      });
      await session.call('describe', 'DescribeGroups', 6, { groups: [groupId, groupId] });
      await session.call('delete offsets', 'OffsetDelete', 0, {
        groupId,
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0 }, { partitionIndex: 0 }] }],
      });
      await session.call('delete', 'DeleteGroups', 2, { groupsNames: [groupId, groupId] });
    },
  },
  {
    name: 'offsets of a topic that is deleted and made again',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const groupId = session.name('group');
      await session.awaitCoordinator(groupId);
      await commit(session, 'commit', groupId, topic.name);
      await session.quietly('DeleteTopics', 6, { topics: [{ name: topic.name }], timeoutMs: 10_000 });
      const all = { groups: [{ groupId, topics: null }] };
      while ((await session.quietly('OffsetFetch', 8, all)).groups[0].topics.length > 0);
      const again = await session.createTopic('t');
      await session.call('by name', 'OffsetFetch', 8, {
        groups: [{ groupId, topics: [{ name: topic.name, partitionIndexes: [0] }] }],
      });
      for (const [step, { topicId }] of Object.entries({ 'by the old id': topic, 'by the new id': again })) {
        await session.call(step, 'OffsetFetch', 10, {
          groups: [{ groupId, topics: [{ topicId, partitionIndexes: [0] }] }],
        });
      }
      await session.call('the group', 'DescribeGroups', 6, { groups: [groupId] });
    },
  },
];

/** Longer than the steps that must come before its end. */
const SHORT = { rebalanceTimeoutMs: 5000 };

const timeoutCases: readonly Case[] = [
  ...[{}, { groupInstanceId: 'one' }].map((instance) => ({
    name: `a ${'groupInstanceId' in instance ? 'static' : 'dynamic'} member that does not join again in time`,
    run: async (session: Session) => {
      const groupId = session.name('group');
      const first = await settle(session, groupId, { ...SHORT, ...instance });
      await session.call('described', 'DescribeGroups', 5, { groups: [groupId] });
      const body = joinBody(groupId, SHORT);
      const { memberId } = await session.call('the second asks', 'JoinGroup', 9, body);
      const joined = await session.call('the second joins', 'JoinGroup', 9, { ...body, memberId });
      await session.call('heartbeat of the first', 'Heartbeat', 4, { groupId, ...first, ...instance });
      await session.call('described again', 'DescribeGroups', 5, { groups: [groupId] });
      await session.call('the second syncs', 'SyncGroup', 5, {
        groupId,
        memberId,
        generationId: joined.generationId,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: [{ memberId, assignment: Buffer.from('all') }],
      });
      await session.call('described after it', 'DescribeGroups', 5, { groups: [groupId] });
    },
  })),
  {
    name: 'members that do not sync in time',
    run: async (session) => {
      const groupId = session.name('group');
      await session.awaitCoordinator(groupId);
      const body = joinBody(groupId, SHORT);
      const { memberId } = await session.call('ask', 'JoinGroup', 9, body);
      const { generationId } = await session.call('join', 'JoinGroup', 9, { ...body, memberId });
      const heartbeat = { groupId, generationId, memberId };
      while ((await session.quietly('Heartbeat', 4, heartbeat)).errorCode === 0);
      await session.call('heartbeat', 'Heartbeat', 4, heartbeat);
      await session.call('described', 'DescribeGroups', 6, { groups: [groupId] });
    },
  },
];

/** A consumer's subscription as bytes: version, topics, no user data, and what newer versions add. */
function subscription(version: number, topics: readonly string[], rest = ''): Buffer {
  const header = Buffer.alloc(6);
  header.writeInt16BE(version);
  header.writeInt32BE(topics.length, 2);
  const names = topics.map((topic) => {
    const length = Buffer.alloc(2);
    length.writeInt16BE(topic.length);
    return Buffer.concat([length, Buffer.from(topic)]);
  });
  return Buffer.concat([header, ...names, Buffer.from(`ffffffff${rest}`, 'hex')]);
}

const subscriptionCases: readonly Case[] = [
  {
    name: 'OffsetDelete beside subscriptions of every kind',
    run: async (session) => {
      const read = await session.createTopic('read');
      const other = await session.createTopic('other');
      const kinds: Readonly<Record<string, Buffer>> = {
        'version 0': subscription(0, [read.name]),
        'version 1': subscription(1, [read.name], '00000000'),
        'version 3': subscription(3, [read.name], '00000000ffffffffffff'),
        'a version to come': subscription(99, [read.name], 'abcdef'),
        'a negative version': subscription(-1, [read.name]),
        'no topics': subscription(1, [], '00000000'),
        'cut off': subscription(0, [read.name]).subarray(0, 9),
        'no version': Buffer.from([0]),
        nothing: Buffer.alloc(0),
      };
      for (const [kind, metadata] of Object.entries(kinds)) {
        const groupId = session.name(kind.replaceAll(' ', '-'));
        const { memberId, generationId } = await settle(session, groupId, { protocols: [{ name: 'range', metadata }] });
        for (const { name } of [read, other]) {
          await session.quietly('OffsetCommit', 8, {
            groupId,
            generationIdOrMemberEpoch: generationId,
            memberId,
            topics: [{ name, partitions: [{ partitionIndex: 0, committedOffset: 3 }] }],
          });
        }
        await session.call(kind, 'OffsetDelete', 0, {
          groupId,
          topics: [read, other].map(({ name }) => ({ name, partitions: [{ partitionIndex: 0 }] })),
        });
        await session.call(`${kind}, what is left`, 'OffsetFetch', 8, { groups: [{ groupId, topics: null }] });
      }
    },
  },
];

export const groupEdgeCases: readonly Case[] = [...refusalCases, ...twiceCases, ...timeoutCases, ...subscriptionCases];
