/** What is said in the name of a static member that the group does not have, above all that it goes for a while (epoch -2). */
import type { Case, Session } from '../session.ts';
import { settle } from './group-steps.ts';

const AWAY = -2;

interface Group {
  readonly groupId: string;
  readonly topicId: string;
  /** A static member that is there, as its group knows it. */
  readonly memberId: string;
  readonly epoch: number;
}

/** Members that are not there, and the one that is, under names that are not theirs. */
const speakers = ({ memberId }: Group): ReadonlyArray<readonly [string, string, string | null]> => [
  ['a stranger with an unknown instance', 'stranger', 'none'],
  ['the member with an unknown instance', memberId, 'none'],
  ['a stranger with the instance of another', 'stranger', 'i'],
  ['a stranger without an instance', 'stranger', null],
];

async function commitAs(session: Session, group: Group): Promise<void> {
  const topics = [{ topicId: group.topicId, partitions: [{ partitionIndex: 0, committedOffset: 3 }] }];
  const ask = (step: string, more: object) =>
    session.call(`OffsetCommit: ${step}`, 'OffsetCommit', 10, { groupId: group.groupId, topics, ...more });
  for (const [step, memberId, groupInstanceId] of speakers(group)) {
    for (const generationIdOrMemberEpoch of [AWAY, group.epoch]) {
      const who = { memberId, groupInstanceId, generationIdOrMemberEpoch };
      await ask(`${step}, epoch ${generationIdOrMemberEpoch}`, who);
    }
  }
  const unknown = { groupId: session.name('absent'), memberId: 'stranger', groupInstanceId: 'none' };
  await ask('an unknown group', { ...unknown, generationIdOrMemberEpoch: AWAY });
  await ask('the member goes', { memberId: group.memberId, groupInstanceId: 'i', generationIdOrMemberEpoch: AWAY });
}

async function fetchAs(session: Session, group: Group): Promise<void> {
  const topics = [{ topicId: group.topicId, partitionIndexes: [0] }];
  for (const [step, memberId] of speakers(group)) {
    const groups = [{ groupId: group.groupId, memberId, memberEpoch: AWAY, topics }];
    await session.call(`OffsetFetch: ${step}`, 'OffsetFetch', 10, { groups });
  }
}

async function beatAndLeaveAs(session: Session, group: Group): Promise<void> {
  const { groupId } = group;
  for (const [step, memberId, groupInstanceId] of speakers(group)) {
    const who = { groupId, memberId, groupInstanceId };
    await session.call(`Heartbeat: ${step}`, 'Heartbeat', 4, { ...who, generationId: AWAY });
    await session.call(`SyncGroup: ${step}`, 'SyncGroup', 5, { ...who, generationId: AWAY, assignments: [] });
    await session.call(`LeaveGroup: ${step}`, 'LeaveGroup', 5, { groupId, members: [{ memberId, groupInstanceId }] });
  }
  const alone = [{ memberId: '', groupInstanceId: 'none' }];
  await session.call('LeaveGroup: an unknown instance alone', 'LeaveGroup', 5, { groupId, members: alone });
  const absent = { groupId: session.name('absent'), members: alone };
  await session.call('LeaveGroup: an unknown group', 'LeaveGroup', 5, absent);
}

async function goAs(session: Session, group: Group): Promise<void> {
  for (const version of [0, 1]) {
    const beat = (step: string, more: object) =>
      session.call(`v${version} ${step}`, 'ConsumerGroupHeartbeat', version, {
        groupId: group.groupId,
        memberEpoch: AWAY,
        rebalanceTimeoutMs: -1,
        subscribedTopicNames: null,
        topicPartitions: null,
        ...more,
      });
    for (const [step, memberId, instanceId] of speakers(group)) {
      for (const memberEpoch of [AWAY, -1, -3, 1]) {
        await beat(`${step}, epoch ${memberEpoch}`, { memberId, instanceId, memberEpoch });
      }
    }
    await beat('an empty instance', { memberId: 'stranger', instanceId: '' });
    await beat('an unknown group', { groupId: session.name('absent'), memberId: 'stranger', instanceId: 'none' });
  }
  const describe = { groupIds: [group.groupId] };
  await session.call('the group is as it was', 'ConsumerGroupDescribe', 1, describe);
}

async function consumerGroup(session: Session): Promise<Group> {
  const { name, topicId } = await session.createTopic('t', 2);
  const groupId = session.name('group');
  await session.awaitCoordinator(groupId);
  await session.published();
  const joined = await session.call('join', 'ConsumerGroupHeartbeat', 1, {
    groupId,
    memberId: 'member',
    instanceId: 'i',
    memberEpoch: 0,
    rebalanceTimeoutMs: 30_000,
    subscribedTopicNames: [name],
    topicPartitions: [],
  });
  return { groupId, topicId, memberId: 'member', epoch: joined.memberEpoch };
}

async function classicGroup(session: Session): Promise<Group> {
  const { topicId } = await session.createTopic('t', 2);
  const groupId = session.name('group');
  const { memberId, generationId } = await settle(session, groupId, { groupInstanceId: 'i' });
  return { groupId, topicId, memberId, epoch: generationId };
}

/** Groups of one coordinator, listed by filters of which a part means nothing. */
async function listMixed(session: Session): Promise<void> {
  const { groupId: consumer } = await consumerGroup(session);
  const classic = session.name('classic');
  await settle(session, classic);
  const own = new Set([consumer, classic]);
  const list = async (step: string, version: number, body: Readonly<Record<string, unknown>>): Promise<void> => {
    const { errorCode, groups } = await session.quietly('ListGroups', version, body);
    const found = groups.filter(({ groupId }: { groupId: string }) => own.has(groupId));
    found.sort((a: { groupId: string }, b: { groupId: string }) => a.groupId.localeCompare(b.groupId));
    session.transcript.push({ step: `v${version} ${step}`, answer: [errorCode, found] });
  };
  const states: ReadonlyArray<readonly string[]> = [
    ['Stable', 'Sleepy'],
    ['Sleepy', 'Stable'],
    ['Sleepy', 'Empty'],
    ['Sleepy', 'Drowsy'],
    ['Stable', 'Stable'],
    ['STABLE', ''],
    [''],
    ['', 'Stable'],
    ['Unknown', 'Stable'],
    [' Stable'],
    ['PreparingRebalance', 'preparing_rebalance', 'NotReady'],
  ];
  const types: ReadonlyArray<readonly string[]> = [
    ['classic', 'flat'],
    ['flat', 'consumer'],
    ['flat', 'round'],
    ['CLASSIC', 'classic'],
    ['', 'consumer'],
    [''],
    ['unknown', 'share'],
    ['Share', 'Streams', 'Consumer'],
    [' classic'],
  ];
  for (const statesFilter of states) {
    for (const version of [4, 5]) await list(JSON.stringify(statesFilter), version, { statesFilter });
  }
  for (const typesFilter of types) await list(JSON.stringify(typesFilter), 5, { typesFilter });
  for (const [statesFilter, typesFilter] of [
    [['Sleepy'], ['classic']],
    [['Stable'], ['flat']],
    [
      ['Stable', 'Sleepy'],
      ['flat', 'classic'],
    ],
  ]) {
    await list(`${JSON.stringify(statesFilter)} and ${JSON.stringify(typesFilter)}`, 5, { statesFilter, typesFilter });
  }
}

export const staticStrangerCases: readonly Case[] = [
  {
    name: 'ConsumerGroupHeartbeat of static members that are not there',
    run: async (session) => goAs(session, await consumerGroup(session)),
  },
  {
    name: 'ConsumerGroupHeartbeat of static members that are not there, in a classic group',
    run: async (session) => goAs(session, await classicGroup(session)),
  },
  ...(
    [
      ['a consumer group', consumerGroup],
      ['a classic group', classicGroup],
    ] as const
  ).map(([what, open]) => ({
    name: `offsets, heartbeats and leaves of static members that are not there, in ${what}`,
    run: async (session: Session) => {
      const group = await open(session);
      await commitAs(session, group);
      await fetchAs(session, group);
      await beatAndLeaveAs(session, group);
    },
  })),
  { name: 'ListGroups by states and types of which some are unknown', run: listMixed },
];
