/** OffsetCommit, OffsetFetch and OffsetDelete of odd requests: nothing, the same topic twice, what does not exist. */
import type { Case, Session } from '../session.ts';
import { commit, settle } from './group-steps.ts';

const UNKNOWN_ID = 'u4Y2X2RBTz-TeKHkgVBCOw';
const TOPIC_IDS_FROM = 10;

interface Named {
  readonly there: object;
  readonly absent: object;
}

/** How a version names a topic that is there, and one that is not. */
async function names(session: Session): Promise<(version: number) => Named> {
  const { name, topicId } = await session.createTopic('t', 2);
  return (version) =>
    version >= TOPIC_IDS_FROM
      ? { there: { topicId }, absent: { topicId: UNKNOWN_ID } }
      : { there: { name }, absent: { name: session.name('absent') } };
}

const at = (partitionIndex: number, more: object = {}) => ({ partitionIndex, committedOffset: 3, ...more });

async function commitOddly(session: Session, version: number): Promise<void> {
  const groupId = session.name('group');
  const { there, absent } = (await names(session))(version);
  const { memberId, generationId } = await settle(session, groupId);
  const member = { memberId, generationIdOrMemberEpoch: generationId };
  const stranger = { memberId: '', generationIdOrMemberEpoch: -1 };
  const call = (step: string, topics: object[], who: object = member, more: object = {}) =>
    session.call(step, 'OffsetCommit', version, { groupId, topics, ...who, ...more });
  await call('only an unknown topic, as a stranger', [{ ...absent, partitions: [at(0)] }], stranger);
  await call('only an unknown partition, as a stranger', [{ ...there, partitions: [at(9)] }], stranger);
  await call('nothing, as a stranger', [], stranger);
  await call('no partitions, as a stranger', [{ ...there, partitions: [] }], stranger);
  for (const [step, topics] of [
    ['nothing', []],
    ['a topic', [{ ...there, partitions: [at(0)] }]],
    ['an unknown topic', [{ ...absent, partitions: [at(0)] }]],
  ] as const)
    await call(`${step}, without a group`, [...topics], stranger, { groupId: '' });
  await call('a topic twice', [
    { ...there, partitions: [at(0)] },
    { ...there, partitions: [at(1)] },
  ]);
  await call('a topic twice, once with an unknown partition', [
    { ...there, partitions: [at(0)] },
    { ...there, partitions: [at(9)] },
  ]);
  await call('an unknown topic twice', [
    { ...absent, partitions: [at(0)] },
    { ...absent, partitions: [at(1)] },
  ]);
  await call('metadata of the largest size, and larger', [
    { ...absent, partitions: [] },
    {
      ...there,
      partitions: [
        at(0, { committedMetadata: 'ü'.repeat(4096) }),
        at(1, { committedMetadata: '😀'.repeat(2049) }),
        at(1, { committedMetadata: 'x'.repeat(4096) }),
      ],
    },
  ]);
  if (version >= 6)
    await call('odd leader epochs', [
      { ...there, partitions: [at(0, { committedLeaderEpoch: 7 }), at(1, { committedLeaderEpoch: -5 })] },
    ]);
  await session.call('what is there', 'OffsetFetch', 9, { groups: [{ groupId, topics: null }] });
}

async function fetchOddly(session: Session, version: number): Promise<void> {
  const groupId = session.name('group');
  const name = session.name('t');
  const { there, absent } = (await names(session))(version);
  await session.awaitCoordinator(groupId);
  await commit(session, 'commit', groupId, name);
  const call = (step: string, topics: object[] | null, more: object = {}) =>
    session.call(
      step,
      'OffsetFetch',
      version,
      version >= 8 ? { groups: [{ groupId, topics }], ...more } : { groupId, topics, ...more },
    );
  await call('a topic twice', [
    { ...there, partitionIndexes: [0] },
    { ...there, partitionIndexes: [1] },
  ]);
  await call('no partitions', [{ ...there, partitionIndexes: [] }]);
  await call('no partitions of an unknown topic', [{ ...absent, partitionIndexes: [] }]);
  await call('an unknown topic first', [
    { ...absent, partitionIndexes: [0, 1] },
    { ...there, partitionIndexes: [-1, 0, 9] },
  ]);
  if (version >= 7) await call('stable ones', [{ ...there, partitionIndexes: [0] }], { requireStable: true });
  if (version < 8) return;
  const topics = [{ ...there, partitionIndexes: [0] }];
  await session.call('several groups', 'OffsetFetch', version, {
    groups: [
      { groupId, topics },
      { groupId: session.name('absent'), topics },
      { groupId, topics: [] },
    ],
  });
  await session.call('no groups', 'OffsetFetch', version, { groups: [] });
}

export const offsetEdgeCases: readonly Case[] = [
  ...[2, 5, 7, 8, 9, 10].map((version) => ({
    name: `OffsetCommit v${version} of odd requests`,
    run: (session: Session) => commitOddly(session, version),
  })),
  ...[1, 5, 7, 8, 10].map((version) => ({
    name: `OffsetFetch v${version} of odd requests`,
    run: (session: Session) => fetchOddly(session, version),
  })),
  {
    name: 'OffsetDelete of odd requests',
    run: async (session) => {
      const { name } = await session.createTopic('t', 2);
      const group = session.name('group');
      await session.awaitCoordinator(group);
      const absent = session.name('absent');
      const of = (topic: string, ...indexes: number[]) => ({
        name: topic,
        partitions: indexes.map((partitionIndex) => ({ partitionIndex })),
      });
      const call = (step: string, groupId: string, ...topics: object[]) =>
        session.call(step, 'OffsetDelete', 0, { groupId, topics });
      await call('an unknown topic of an unknown group', group, of(absent, 0));
      await call('nothing of an unknown group', group);
      await call('nothing without a group', '');
      await commit(session, 'commit', group, name);
      await call('nothing', group);
      await call('no partitions', group, of(name));
      await call('good and bad', group, of(absent, 0, 1), of(name, 0, 9, -1));
      await call('a topic twice', group, of(name, 0), of(name, 1));
      await call('a topic twice, once with an unknown partition', group, of(name, 0), of(name, 9));
      await call('an unknown topic twice', group, of(absent, 0), of(absent, 0));
      await call('a partition twice', group, of(name, 0, 0));
      await call('an unknown partition twice', group, of(name, 9, 9));
      const other = session.name('other');
      await settle(session, other, { protocolType: 'connect' });
      await call('nothing of a group with members', other);
      await call('an unknown topic of a group with members', other, of(absent, 0));
    },
  },
  {
    name: 'ListGroups by states and types with spaces around them',
    run: async (session) => {
      const groupId = session.name('group');
      await settle(session, groupId);
      for (const filter of [
        { statesFilter: [' Stable '] },
        { statesFilter: ['', 'Stable'] },
        { typesFilter: [' classic'] },
        { typesFilter: ['Classic'] },
        { typesFilter: ['classic', 'flat'] },
      ]) {
        const found = await session.quietly('ListGroups', 5, filter);
        const answer = [found.errorCode, found.groups.filter((one: { groupId: string }) => one.groupId === groupId)];
        session.transcript.push({ step: JSON.stringify(filter), answer });
      }
    },
  },
];
