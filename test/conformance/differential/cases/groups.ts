/** Classic groups: coordinators, members, generations, offsets. */
import type { Case, Session } from '../session.ts';
import { groupEdgeCases } from './group-edges.ts';
import { groupStateCases } from './group-states.ts';
import { commit, joinBody, settle } from './group-steps.ts';

const listCases: readonly Case[] = [
  ...[0, 1, 2, 3, 4, 5].map((version) => ({
    name: `ListGroups v${version}`,
    run: async (session: Session) => {
      const group = session.name('group');
      await settle(session, group);
      const answer = await session.quietly('ListGroups', version, {});
      session.transcript.push({
        step: 'this group',
        answer: answer.groups.filter((found: { groupId: string }) => found.groupId === group),
      });
      if (version >= 4) {
        const filtered = async (step: string, body: Readonly<Record<string, unknown>>) => {
          const found = await session.quietly('ListGroups', version, body);
          session.transcript.push({
            step,
            answer: [found.errorCode, found.groups?.filter((one: { groupId: string }) => one.groupId === group)],
          });
        };
        await filtered('stable ones', { statesFilter: ['Stable'] });
        await filtered('empty ones', { statesFilter: ['Empty'] });
        await filtered('in small letters', { statesFilter: ['stable'] });
        await filtered('an unknown state', { statesFilter: ['Sleepy'] });
        if (version >= 5) await filtered('classic ones', { typesFilter: ['classic'] });
        if (version >= 5) await filtered('consumer ones', { typesFilter: ['consumer'] });
        if (version >= 5) await filtered('an unknown type', { typesFilter: ['flat'] });
      }
    },
  })),
  ...[0, 1, 2, 3, 4, 5, 6].map((version) => ({
    name: `DescribeGroups v${version}`,
    run: async (session: Session) => {
      const group = session.name('group');
      await settle(session, group);
      await session.call('stable', 'DescribeGroups', version, { groups: [group] });
      await session.call('unknown', 'DescribeGroups', version, { groups: [session.name('absent')] });
      await session.call('empty name', 'DescribeGroups', version, { groups: [''] });
      await session.call('none', 'DescribeGroups', version, { groups: [] });
      if (version >= 3)
        await session.call('with operations', 'DescribeGroups', version, {
          groups: [group],
          includeAuthorizedOperations: true,
        });
    },
  })),
  ...[0, 1, 2].map((version) => ({
    name: `DeleteGroups v${version}`,
    run: async (session: Session) => {
      const group = session.name('group');
      const { memberId } = await settle(session, group);
      const call = (step: string, groupsNames: string[]) =>
        session.call(step, 'DeleteGroups', version, { groupsNames });
      await call('with a member', [group]);
      await session.call('the member leaves', 'LeaveGroup', 2, { groupId: group, memberId });
      await call('empty', [group]);
      await call('again', [group]);
      await call('several', [session.name('absent'), '', group]);
      await call('none', []);
    },
  })),
];

const memberCases: readonly Case[] = [
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((version) => ({
    name: `JoinGroup v${version}, Sync, Heartbeat and Leave`,
    run: async (session: Session) => {
      const group = session.name('group');
      await session.awaitCoordinator(group);
      const body = (memberId: string) => {
        const request = joinBody(group, { memberId }) as Record<string, unknown>;
        if (version === 0) delete request['rebalanceTimeoutMs'];
        return request;
      };
      let joined = await session.call('join', 'JoinGroup', version, body(''));
      if (joined.errorCode === 79)
        joined = await session.call('join with the id', 'JoinGroup', version, body(joined.memberId));
      const { memberId, generationId } = joined;
      const syncVersion = Math.min(version, 5);
      const protocol = syncVersion >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {};
      const sync = {
        groupId: group,
        generationId,
        memberId,
        ...protocol,
        assignments: [{ memberId, assignment: Buffer.from('mine') }],
      };
      await session.call('sync', 'SyncGroup', syncVersion, sync);
      await session.call('sync again', 'SyncGroup', syncVersion, { ...sync, assignments: [] });
      const heartbeat = (step: string, more: object) =>
        session.call(step, 'Heartbeat', Math.min(version, 4), { groupId: group, generationId, memberId, ...more });
      await heartbeat('heartbeat', {});
      await heartbeat('an old generation', { generationId: generationId - 1 });
      await heartbeat('an unknown member', { memberId: 'nobody' });
      await heartbeat('no group', { groupId: '' });
      await heartbeat('an unknown group', { groupId: session.name('absent') });
      await session.call('join again', 'JoinGroup', version, body(memberId));
      const leaveVersion = Math.min(version, 5);
      const leave = (step: string, id: string) =>
        session.call(step, 'LeaveGroup', leaveVersion, {
          groupId: group,
          ...(leaveVersion >= 3 ? { members: [{ memberId: id }] } : { memberId: id }),
        });
      await leave('leave as nobody', 'nobody');
      await leave('leave', memberId);
      await leave('leave again', memberId);
      await heartbeat('heartbeat after it', {});
    },
  })),
  {
    name: 'JoinGroup refuses bad requests',
    run: async (session) => {
      const group = session.name('group');
      await session.awaitCoordinator(group);
      const call = (step: string, more: object) => session.call(step, 'JoinGroup', 7, joinBody(group, more));
      await call('no group', { groupId: '' });
      await call('a session too short', { sessionTimeoutMs: 1 });
      await call('a session too long', { sessionTimeoutMs: 100_000_000 });
      await call('an unknown member', { memberId: 'nobody' });
      await call('no protocols', { protocols: [] });
      await call('no protocol type', { protocolType: '' });
      await call('an unknown instance with a member id', { memberId: 'nobody', groupInstanceId: 'one' });
      // In groups of their own: a broker that takes them would wait for one when the next one joins.
      for (const [step, groupInstanceId] of [
        ['an empty instance', ''],
        ['an instance with bad characters', 'a b'],
      ] as const) {
        const ownGroup = session.name(step.replaceAll(' ', '-'));
        await session.awaitCoordinator(ownGroup);
        await call(step, { groupId: ownGroup, groupInstanceId });
      }
      const { memberId } = await settle(session, group);
      await call('other protocols', { protocols: [{ name: 'sticky', metadata: Buffer.alloc(0) }] });
      await call('another protocol type', { protocolType: 'connect' });
      await session.call('sync as nobody', 'SyncGroup', 5, {
        groupId: group,
        generationId: 1,
        memberId: 'nobody',
        protocolType: 'consumer',
        protocolName: 'range',
      });
      await session.call('sync an old generation', 'SyncGroup', 5, {
        groupId: group,
        generationId: 77,
        memberId,
        protocolType: 'consumer',
        protocolName: 'range',
      });
      await session.call('sync another protocol', 'SyncGroup', 5, {
        groupId: group,
        generationId: 1,
        memberId,
        protocolType: 'consumer',
        protocolName: 'sticky',
      });
      await session.call('sync another type', 'SyncGroup', 5, {
        groupId: group,
        generationId: 1,
        memberId,
        protocolType: 'connect',
        protocolName: 'range',
      });
      await session.call('sync an unknown group', 'SyncGroup', 5, {
        groupId: session.name('absent'),
        generationId: 1,
        memberId,
        protocolType: 'consumer',
        protocolName: 'range',
      });
    },
  },
  {
    name: 'a second member makes a rebalance',
    run: async (session) => {
      const group = session.name('group');
      const topic = await session.createTopic('t');
      const first = await settle(session, group);
      const asked = await session.call('the second asks', 'JoinGroup', 7, joinBody(group), 'second');
      const second = session.call(
        'the second joins',
        'JoinGroup',
        7,
        joinBody(group, { memberId: asked.memberId }),
        'second',
      );
      for (;;) {
        const beat = await session.quietly('Heartbeat', 4, {
          groupId: group,
          generationId: first.generationId,
          memberId: first.memberId,
        });
        if (beat.errorCode !== 0) {
          session.transcript.push({ step: 'heartbeat of the first', answer: beat });
          break;
        }
      }
      await session.call('commit in the meantime', 'OffsetCommit', 8, {
        groupId: group,
        generationIdOrMemberEpoch: first.generationId,
        memberId: first.memberId,
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }],
      });
      await session.call('describe in the meantime', 'DescribeGroups', 5, { groups: [group] });
      const again = await session.call(
        'the first joins again',
        'JoinGroup',
        7,
        joinBody(group, { memberId: first.memberId }),
      );
      const joined = await second;
      const assignments = [
        { memberId: first.memberId, assignment: Buffer.from('a') },
        { memberId: joined.memberId, assignment: Buffer.from('b') },
      ];
      const follower = session.call(
        'the second syncs',
        'SyncGroup',
        5,
        {
          groupId: group,
          generationId: joined.generationId,
          memberId: joined.memberId,
          protocolType: 'consumer',
          protocolName: 'range',
        },
        'second',
      );
      await session.call('the first syncs', 'SyncGroup', 5, {
        groupId: group,
        generationId: again.generationId,
        memberId: first.memberId,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments,
      });
      await follower;
      await session.call('describe', 'DescribeGroups', 5, { groups: [group] });
      await session.call('the leader leaves', 'LeaveGroup', 5, {
        groupId: group,
        members: [{ memberId: first.memberId, reason: 'done' }],
      });
      await session.call(
        'heartbeat of the second',
        'Heartbeat',
        4,
        { groupId: group, generationId: joined.generationId, memberId: joined.memberId },
        'second',
      );
      await session.call(
        'the second joins alone',
        'JoinGroup',
        7,
        joinBody(group, { memberId: joined.memberId }),
        'second',
      );
    },
  },
  {
    name: 'static members',
    run: async (session) => {
      const group = session.name('group');
      const more = { groupInstanceId: 'one' };
      const first = await settle(session, group, more);
      await session.call('describe', 'DescribeGroups', 5, { groups: [group] });
      const rejoined = await session.call(
        'the instance comes back without an id',
        'JoinGroup',
        9,
        joinBody(group, more),
      );
      await session.call('its old id is fenced', 'Heartbeat', 4, {
        groupId: group,
        generationId: first.generationId,
        memberId: first.memberId,
        ...more,
      });
      await session.call('its old id joins', 'JoinGroup', 7, joinBody(group, { ...more, memberId: first.memberId }));
      await session.call('the new id beats', 'Heartbeat', 4, {
        groupId: group,
        generationId: rejoined.generationId,
        memberId: rejoined.memberId,
        ...more,
      });
      await session.call('an unknown instance beats', 'Heartbeat', 4, {
        groupId: group,
        generationId: rejoined.generationId,
        memberId: rejoined.memberId,
        groupInstanceId: 'other',
      });
      await session.call('leave by a wrong id', 'LeaveGroup', 5, {
        groupId: group,
        members: [{ memberId: first.memberId, ...more }],
      });
      await session.call('leave by an unknown instance', 'LeaveGroup', 5, {
        groupId: group,
        members: [{ memberId: '', groupInstanceId: 'other' }],
      });
      await session.call('leave by instance', 'LeaveGroup', 5, {
        groupId: group,
        members: [{ memberId: '', ...more }],
      });
      await session.call('empty afterwards', 'DescribeGroups', 5, { groups: [group] });
    },
  },
];

const offsetCases: readonly Case[] = [
  ...[2, 3, 4, 5, 6, 7, 8, 9].map((version) => ({
    name: `OffsetCommit v${version}`,
    run: async (session: Session) => {
      const topic = await session.createTopic('t', 2);
      const group = session.name('group');
      await session.awaitCoordinator(group);
      const call = (step: string, more: object = {}, partition: object = {}, name = topic.name) =>
        commit(session, step, group, name, more, version, partition);
      await call('simple');
      await call('no metadata', {}, { committedMetadata: null });
      await call('metadata too long', {}, { committedMetadata: 'x'.repeat(5000) });
      await call('a negative offset', {}, { committedOffset: -1 });
      await call('very negative', {}, { committedOffset: -50 });
      await call('unknown partition', {}, { partitionIndex: 7 });
      await call('unknown topic', {}, {}, session.name('absent'));
      await call('no group', { groupId: '' });
      await call('a generation in an empty group', { generationIdOrMemberEpoch: 3, memberId: 'nobody' });
      await call('a member without a generation', { memberId: 'nobody' });
      await session.call('no topics', 'OffsetCommit', version, {
        groupId: group,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [],
      });
    },
  })),
  {
    name: 'OffsetCommit v10 and OffsetFetch v10 by topic id',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const group = session.name('group');
      await session.awaitCoordinator(group);
      const at = (step: string, topicId: string) =>
        session.call(step, 'OffsetCommit', 10, {
          groupId: group,
          generationIdOrMemberEpoch: -1,
          memberId: '',
          topics: [{ topicId, partitions: [{ partitionIndex: 0, committedOffset: 9 }] }],
        });
      await at('good', topic.topicId);
      await at('unknown id', 'u4Y2X2RBTz-TeKHkgVBCOw');
      await at('zero id', 'AAAAAAAAAAAAAAAAAAAAAA');
      await session.call('fetch', 'OffsetFetch', 10, {
        groups: [{ groupId: group, topics: [{ topicId: topic.topicId, partitionIndexes: [0] }] }],
      });
      await session.call('fetch an unknown id', 'OffsetFetch', 10, {
        groups: [{ groupId: group, topics: [{ topicId: 'u4Y2X2RBTz-TeKHkgVBCOw', partitionIndexes: [0] }] }],
      });
      await session.call('fetch all', 'OffsetFetch', 10, { groups: [{ groupId: group, topics: null }] });
    },
  },
  {
    name: 'OffsetCommit of members',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const group = session.name('group');
      const { memberId, generationId } = await settle(session, group);
      const call = (step: string, more: object) =>
        commit(session, step, group, topic.name, { generationIdOrMemberEpoch: generationId, memberId, ...more });
      await call('good', {});
      await call('an old generation', { generationIdOrMemberEpoch: generationId - 1 });
      await call('a later generation', { generationIdOrMemberEpoch: generationId + 1 });
      await call('an unknown member', { memberId: 'nobody' });
      await call('no member', { memberId: '', generationIdOrMemberEpoch: -1 });
      await call('an instance nobody has', { groupInstanceId: 'other' });
    },
  },
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((version) => ({
    name: `OffsetFetch v${version}`,
    run: async (session: Session) => {
      const topic = await session.createTopic('t', 3);
      const group = session.name('group');
      await session.awaitCoordinator(group);
      await session.quietly('OffsetCommit', 8, {
        groupId: group,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [
          {
            name: topic.name,
            partitions: [
              { partitionIndex: 0, committedOffset: 4, committedLeaderEpoch: 0, committedMetadata: 'm' },
              { partitionIndex: 2, committedOffset: 8 },
            ],
          },
        ],
      });
      const call = (step: string, groupId: string, topics: object[] | null) =>
        session.call(
          step,
          'OffsetFetch',
          version,
          version >= 8 ? { groups: [{ groupId, topics }] } : { groupId, topics },
        );
      await call('three', group, [{ name: topic.name, partitionIndexes: [0, 1, 2] }]);
      await call('unknown partition', group, [{ name: topic.name, partitionIndexes: [9] }]);
      await call('unknown topic', group, [{ name: session.name('absent'), partitionIndexes: [0] }]);
      await call('unknown group', session.name('absent'), [{ name: topic.name, partitionIndexes: [0] }]);
      await call('empty group', '', [{ name: topic.name, partitionIndexes: [0] }]);
      if (version >= 2) await call('all', group, null);
      await call('no topics', group, []);
      if (version >= 8)
        await session.call('two groups', 'OffsetFetch', version, {
          groups: [
            { groupId: group, topics: null },
            { groupId: session.name('absent'), topics: null },
          ],
          requireStable: true,
        });
      if (version >= 9)
        await session.call('a member that is not there', 'OffsetFetch', version, {
          groups: [{ groupId: group, memberId: 'nobody', memberEpoch: 3, topics: null }],
        });
    },
  })),
  {
    name: 'OffsetDelete',
    run: async (session) => {
      const topic = await session.createTopic('t', 2);
      const group = session.name('group');
      await session.awaitCoordinator(group);
      const call = (step: string, groupId: string, name: string, partitionIndex: number) =>
        session.call(step, 'OffsetDelete', 0, { groupId, topics: [{ name, partitions: [{ partitionIndex }] }] });
      await call('unknown group', group, topic.name, 0);
      await session.quietly('OffsetCommit', 8, {
        groupId: group,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, committedOffset: 4 }] }],
      });
      await call('good', group, topic.name, 0);
      await call('again', group, topic.name, 0);
      await call('unknown partition', group, topic.name, 8);
      await call('unknown topic', group, session.name('absent'), 0);
      await call('no group', '', topic.name, 0);
    },
  },
  {
    name: 'OffsetDelete of a topic that a member reads',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const group = session.name('group');
      // A consumer subscription of version 0 to the topic.
      const name = Buffer.from(topic.name);
      const size = Buffer.alloc(2);
      size.writeInt16BE(name.length);
      const metadata = Buffer.concat([Buffer.from('000000000001', 'hex'), size, name, Buffer.from('ffffffff', 'hex')]);
      const { memberId, generationId } = await settle(session, group, { protocols: [{ name: 'range', metadata }] });
      await commit(session, 'commit', group, topic.name, { generationIdOrMemberEpoch: generationId, memberId });
      await session.call('delete', 'OffsetDelete', 0, {
        groupId: group,
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }],
      });
      await session.call('the offset', 'OffsetFetch', 8, { groups: [{ groupId: group, topics: null }] });
    },
  },
];

export const groupCases: readonly Case[] = [
  ...listCases,
  ...memberCases,
  ...offsetCases,
  ...groupStateCases,
  ...groupEdgeCases,
];
