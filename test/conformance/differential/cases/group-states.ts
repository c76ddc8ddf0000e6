/** Classic groups in each of their states: what every request gets there. */
import type { Case, Session } from '../session.ts';
import { type Joined, commit, joinBody, settle } from './group-steps.ts';

interface Group {
  readonly groupId: string;
  readonly topic: string;
  readonly protocolType: string;
}

async function openGroup(session: Session, protocolType = 'consumer'): Promise<Group> {
  const topic = await session.createTopic('t');
  const groupId = session.name('group');
  await session.awaitCoordinator(groupId);
  return { groupId, topic: topic.name, protocolType };
}

const protocols = (...names: string[]) => names.map((name) => ({ name, metadata: Buffer.from(`by ${name}`) }));

/** Joins as the only member without bringing assignments: the group waits for them. */
async function joinAlone(session: Session, { groupId, protocolType }: Group, more: object = {}): Promise<Joined> {
  const body = { protocolType, ...more };
  const { memberId } = await session.call('ask', 'JoinGroup', 9, joinBody(groupId, body));
  return session.call('join', 'JoinGroup', 9, joinBody(groupId, { ...body, memberId }));
}

function sync(session: Session, step: string, { groupId, protocolType }: Group, joined: Joined, more: object = {}) {
  const { memberId, generationId } = joined;
  return session.call(step, 'SyncGroup', 5, {
    groupId,
    generationId,
    memberId,
    protocolType,
    protocolName: 'range',
    assignments: [],
    ...more,
  });
}

/** Waits until a rebalance has begun. */
async function awaitRebalance(session: Session, groupId: string, joined: Joined, more: object = {}): Promise<void> {
  const { memberId, generationId } = joined;
  for (;;) {
    const beat = await session.quietly('Heartbeat', 4, { groupId, generationId, memberId, ...more });
    if (beat.errorCode !== 0) return;
  }
}

/** All requests that look at the state of a group and change nothing. */
async function probe(session: Session, label: string, group: Group, joined: Joined): Promise<void> {
  const { groupId, topic } = group;
  const { memberId, generationId } = joined;
  const call: Session['call'] = (step, ...rest) => session.call(`${label}: ${step}`, ...rest);
  const beat = (step: string, more: object) => call(step, 'Heartbeat', 4, { groupId, generationId, memberId, ...more });
  await beat('heartbeat', {});
  await beat('heartbeat of an old generation', { generationId: generationId - 1 });
  await beat('heartbeat of nobody', { memberId: 'nobody' });
  await beat('heartbeat without a member', { memberId: '' });
  await beat('heartbeat of an instance', { groupInstanceId: 'none' });
  await sync(session, `${label}: sync of nobody`, group, { ...joined, memberId: 'nobody' });
  await sync(session, `${label}: sync of a later generation`, group, { ...joined, generationId: generationId + 1 });
  await sync(session, `${label}: sync by another protocol`, group, joined, { protocolName: 'other' });
  for (const version of [2, 8, 9]) {
    const put = (step: string, more: object) =>
      commit(session, `${label}: commit v${version} ${step}`, groupId, topic, more, version);
    await put('of the member', { generationIdOrMemberEpoch: generationId, memberId });
    await put('of an old generation', { generationIdOrMemberEpoch: generationId - 1, memberId });
    await put('of nobody', { generationIdOrMemberEpoch: generationId, memberId: 'nobody' });
    await put('without a generation', { memberId });
    await put('by anybody', {});
    if (version >= 7) await put('of an instance', { groupInstanceId: 'none' });
  }
  await call('offset delete', 'OffsetDelete', 0, {
    groupId,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }],
  });
  await call('offsets', 'OffsetFetch', 8, { groups: [{ groupId, topics: null }], requireStable: true });
  await call('delete', 'DeleteGroups', 2, { groupsNames: [groupId] });
  await call('describe', 'DescribeGroups', 6, { groups: [groupId] });
  const listed = await session.quietly('ListGroups', 5, {});
  const own = listed.groups.filter((found: { groupId: string }) => found.groupId === groupId);
  session.transcript.push({ step: `${label}: list`, answer: own });
  await call(
    'join of nobody',
    'JoinGroup',
    9,
    joinBody(groupId, { memberId: 'nobody', protocolType: group.protocolType }),
  );
  await call('join without protocols', 'JoinGroup', 9, joinBody(groupId, { protocols: [] }));
  await call('join by another type', 'JoinGroup', 9, joinBody(groupId, { protocolType: 'other', protocols: [] }));
  await call('leave of nobody', 'LeaveGroup', 5, { groupId, members: [{ memberId: 'nobody' }] });
  await call('leave of no one', 'LeaveGroup', 5, { groupId, members: [] });
}

const stateCases: readonly Case[] = ['consumer', 'connect'].flatMap((protocolType) => [
  {
    name: `requests to a group of type ${protocolType} that waits for assignments, and then is stable`,
    run: async (session: Session) => {
      const group = await openGroup(session, protocolType);
      const joined = await joinAlone(session, group);
      await probe(session, 'waiting', group, joined);
      const { groupId } = group;
      const { memberId } = joined;
      const again = (step: string, more: object = {}) =>
        session.call(step, 'JoinGroup', 9, joinBody(groupId, { memberId, protocolType, ...more }));
      await again('the leader joins again as it was');
      const renewed = await again('the leader joins again with another protocol', { protocols: protocols('range') });
      await sync(session, 'sync of the generation before', group, joined);
      await sync(session, 'sync', group, renewed, {
        assignments: [{ memberId: 'other', assignment: Buffer.from('x') }],
      });
      await probe(session, 'stable', group, renewed);
      await session.call('leave', 'LeaveGroup', 5, { groupId, members: [{ memberId }] });
      await probe(session, 'empty', group, renewed);
      await session.call('join of a member that left', 'JoinGroup', 9, joinBody(groupId, { memberId, protocolType }));
    },
  },
  {
    name: `requests to a group of type ${protocolType} that rebalances`,
    run: async (session: Session) => {
      const group = await openGroup(session, protocolType);
      const { groupId } = group;
      const joined = await joinAlone(session, group);
      await sync(session, 'sync', group, joined);
      const body = { protocolType };
      const asked = await session.call('the second asks', 'JoinGroup', 9, joinBody(groupId, body), 'second');
      const { memberId } = asked;
      await session.call('heartbeat of a pending member', 'Heartbeat', 4, { groupId, generationId: 1, memberId });
      await sync(session, 'sync of a pending member', group, { memberId, generationId: 1 });
      await commit(session, 'commit of a pending member', groupId, group.topic, {
        generationIdOrMemberEpoch: 1,
        memberId,
      });
      const second = session.call(
        'the second joins',
        'JoinGroup',
        9,
        joinBody(groupId, { ...body, memberId }),
        'second',
      );
      await awaitRebalance(session, groupId, joined);
      await probe(session, 'rebalancing', group, joined);
      await sync(session, 'sync of the first', group, joined);
      await session.call('the first leaves', 'LeaveGroup', 5, { groupId, members: [{ memberId: joined.memberId }] });
      await second;
    },
  },
]);

const memberCases: readonly Case[] = [
  {
    name: 'pending members',
    run: async (session) => {
      const group = await openGroup(session);
      const { groupId } = group;
      const ask = (step: string, more: object = {}) => session.call(step, 'JoinGroup', 9, joinBody(groupId, more));
      const { memberId } = await ask('ask');
      await probe(session, 'only a pending member', group, { memberId, generationId: 0 });
      // The group was deleted with its pending member.
      await ask('join with an id of the group before', { memberId });
      const other = await ask('ask again');
      await ask('join with another type and the id', { memberId: other.memberId, protocolType: '' });
      await ask('join as an instance with the id', { memberId: other.memberId, groupInstanceId: 'one' });
      await session.call('leave', 'LeaveGroup', 5, { groupId, members: [{ memberId: other.memberId }] });
      await session.call('leave again', 'LeaveGroup', 5, { groupId, members: [{ memberId: other.memberId }] });
      await ask('join after leaving', { memberId: other.memberId });
    },
  },
  {
    name: 'a leader joins again with other protocols',
    run: async (session) => {
      const group = await openGroup(session);
      const { groupId } = group;
      const { memberId } = await joinAlone(session, group, { protocols: protocols('a', 'b') });
      const again = (step: string, list: object[]) =>
        session.call(step, 'JoinGroup', 9, joinBody(groupId, { memberId, protocols: list }));
      await again('the same', protocols('a', 'b'));
      await again('in another order', protocols('b', 'a'));
      await again('without metadata', [{ name: 'b', metadata: Buffer.alloc(0) }]);
    },
  },
  {
    name: 'followers join again with and without a change, and votes choose the protocol',
    run: async (session) => {
      const group = await openGroup(session);
      const { groupId } = group;
      const first = await joinAlone(session, group, { protocols: protocols('range', 'sticky', 'even') });
      const asked = joinBody(groupId, { protocols: protocols('even', 'sticky') });
      const { memberId } = await session.call('the second asks', 'JoinGroup', 9, asked);
      await session.call('no protocol in common', 'JoinGroup', 9, joinBody(groupId, { protocols: protocols('odd') }));
      const second = session.call(
        'the second joins',
        'JoinGroup',
        9,
        joinBody(groupId, { memberId, protocols: protocols('sticky', 'even') }),
        'second',
      );
      await awaitRebalance(session, groupId, first);
      const again = await session.call(
        'the first joins again',
        'JoinGroup',
        9,
        joinBody(groupId, { memberId: first.memberId, protocols: protocols('sticky', 'even', 'range') }),
      );
      const followed = await second;
      const follow = (step: string, more: object, connection = 'second') =>
        session.call(step, 'JoinGroup', 9, joinBody(groupId, { memberId, ...more }), connection);
      await follow('the follower again while the leader assigns', { protocols: protocols('sticky', 'even') });
      const waiting = session.call(
        'sync of the follower',
        'SyncGroup',
        5,
        { groupId, generationId: followed.generationId, memberId, protocolType: 'consumer', protocolName: 'sticky' },
        'second',
      );
      await sync(session, 'sync of the leader', group, again, {
        protocolName: 'sticky',
        assignments: [
          { memberId, assignment: Buffer.from('first') },
          { memberId, assignment: Buffer.from('last') },
        ],
      });
      await waiting;
      await session.call('described', 'DescribeGroups', 6, { groups: [groupId] });
      await follow('the follower again as it was', { protocols: protocols('sticky', 'even') });
      const changed = follow('the follower with a change', { protocols: protocols('even', 'sticky') });
      await awaitRebalance(session, groupId, again);
      await session.call('the leader leaves', 'LeaveGroup', 4, { groupId, members: [{ memberId: first.memberId }] });
      await changed;
    },
  },
  {
    name: 'LeaveGroup of several members',
    run: async (session) => {
      for (const version of [3, 4, 5]) {
        const groupId = session.name(`leave-${version}`);
        const { memberId } = await settle(session, groupId);
        const asked = await session.quietly('JoinGroup', 9, joinBody(groupId));
        const leave = (step: string, members: object[], more: object = {}) =>
          session.call(`v${version} ${step}`, 'LeaveGroup', version, { groupId, members, ...more });
        await leave('no group', [{ memberId }], { groupId: '' });
        await leave('an unknown group', [{ memberId }, { memberId: 'other', groupInstanceId: 'one' }], {
          groupId: session.name('absent'),
        });
        await leave('without a name', [{ memberId: '' }]);
        await leave('with an instance it does not have', [{ memberId, groupInstanceId: 'one' }]);
        await leave('several', [
          { memberId: 'nobody' },
          { memberId: asked.memberId },
          { memberId },
          { memberId },
          { memberId: '', groupInstanceId: 'none' },
        ]);
        await session.call(`v${version} described`, 'DescribeGroups', 5, { groups: [groupId] });
      }
    },
  },
];

const staticCases: readonly Case[] = [
  ...[5, 8, 9].map((version) => ({
    name: `a static member is replaced, JoinGroup v${version}`,
    run: async (session: Session) => {
      const groupId = session.name('group');
      const one = { groupInstanceId: 'one' };
      const first = await settle(session, groupId, one);
      const join = (step: string, more: object) =>
        session.call(step, 'JoinGroup', version, joinBody(groupId, { ...one, ...more }));
      const back = await join('with the same protocols', {});
      await sync(session, 'sync', { groupId, topic: '', protocolType: 'consumer' }, back, one);
      await sync(session, 'sync of the old id', { groupId, topic: '', protocolType: 'consumer' }, first, one);
      await sync(session, 'sync without the instance', { groupId, topic: '', protocolType: 'consumer' }, back);
      const twice = { ...one, protocols: [{ name: 'range', metadata: Buffer.from('changed') }] };
      await join('with other metadata', twice);
      await session.call('described', 'DescribeGroups', 6, { groups: [groupId] });
      await join('with another protocol', { protocols: protocols('even', 'range') });
      const refused = await join('with no protocol in common', { protocols: protocols('odd') });
      session.transcript.push({ step: 'refused', answer: refused.errorCode });
      await join('while the leader assigns', { protocols: protocols('even', 'range') });
      await join('with the old id', { memberId: first.memberId });
      await session.call('leave of the old id', 'LeaveGroup', 5, {
        groupId,
        members: [
          { memberId: first.memberId, ...one },
          { memberId: '', groupInstanceId: null },
        ],
      });
      await session.call('leave', 'LeaveGroup', 5, { groupId, members: [{ memberId: '', ...one }] });
      await join('after leaving', { memberId: back.memberId });
    },
  })),
  {
    name: 'a static member is replaced while its JoinGroup and its SyncGroup wait',
    run: async (session) => {
      const group = await openGroup(session);
      const { groupId } = group;
      const first = await joinAlone(session, group);
      await sync(session, 'sync', group, first);
      const one = { groupInstanceId: 'one' };
      const waiting = session.call('the instance joins', 'JoinGroup', 9, joinBody(groupId, one), 'second');
      await awaitRebalance(session, groupId, first);
      const back = session.call('the instance joins again', 'JoinGroup', 9, joinBody(groupId, one), 'third');
      await waiting;
      const again = await session.call('the first', 'JoinGroup', 9, joinBody(groupId, { memberId: first.memberId }));
      const { memberId, generationId } = await back;
      const follower = session.call(
        'sync of the instance',
        'SyncGroup',
        5,
        { groupId, generationId, memberId, protocolType: 'consumer', protocolName: 'range', ...one },
        'third',
      );
      const once = session.call('the instance joins once more', 'JoinGroup', 9, joinBody(groupId, one), 'second');
      await follower;
      await session.call('the first leaves', 'LeaveGroup', 5, { groupId, members: [{ memberId: again.memberId }] });
      await once;
    },
  },
];

const offsetCases: readonly Case[] = [
  {
    name: 'OffsetCommit with a retention time',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const groupId = session.name('group');
      await session.awaitCoordinator(groupId);
      for (const retentionTimeMs of [0, 1, -2, 2 ** 52, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
        await commit(session, `retention ${retentionTimeMs}`, groupId, topic.name, { retentionTimeMs }, 2);
      }
      await session.call('fetch', 'OffsetFetch', 8, { groups: [{ groupId, topics: null }] });
    },
  },
];

export const groupStateCases: readonly Case[] = [...stateCases, ...memberCases, ...staticCases, ...offsetCases];
