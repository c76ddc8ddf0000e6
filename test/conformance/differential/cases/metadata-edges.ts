/** Metadata, DescribeTopicPartitions and DescribeCluster: names and ids that repeat, contradict or lack each other. */
import type { Case, Session } from '../session.ts';

const NONE = 'AAAAAAAAAAAAAAAAAAAAAA';
const UNKNOWN_ID = 'u4Y2X2RBTz-TeKHkgVBCOw';
const TOPIC_IDS_FROM = 10;

async function askOddly(session: Session, version: number): Promise<void> {
  const [a, b] = [await session.createTopic('a', 2), await session.createTopic('b')];
  const absent = { name: session.name('absent') };
  const fixed = version >= 4 ? { allowAutoTopicCreation: false } : {};
  const call = (step: string, topics: object[], more: object = {}) =>
    session.call(step, 'Metadata', version, { topics, ...fixed, ...more });
  await call('a topic twice', [{ name: a.name }, { name: a.name }]);
  if (version >= 4) {
    await call('an unknown topic twice', [absent, absent]);
    await call('good and bad', [{ name: b.name }, absent, { name: a.name }, { name: 'a b' }]);
  }
  if (version >= 8 && version <= 10) await call('nothing', [], { includeClusterAuthorizedOperations: true });
  if (version >= 8) await call('operations', [absent, { name: a.name }], { includeTopicAuthorizedOperations: true });
  if (version < TOPIC_IDS_FROM) return;
  const byId = (topicId: string) => ({ name: null, topicId });
  await call('name and id', [{ name: a.name, topicId: a.topicId }]);
  await call('the id of another', [{ name: a.name, topicId: b.topicId }]);
  await call('an unknown id', [{ name: a.name, topicId: UNKNOWN_ID }]);
  await call('an empty name and an id', [{ name: '', topicId: a.topicId }]);
  await call('no name', [byId(NONE)]);
  await call('a name and no name', [{ name: a.name }, byId(NONE)]);
  await call('one by name, one by id', [{ name: a.name }, byId(b.topicId)]);
  await call('an unknown name, an unknown id', [absent, byId(UNKNOWN_ID)]);
  await call('an id twice', [byId(a.topicId), byId(a.topicId)]);
  await call('ids and no id', [byId(a.topicId), byId(UNKNOWN_ID), byId(NONE)]);
  await call('an unknown id that may be made', [byId(UNKNOWN_ID)], { allowAutoTopicCreation: true });
  await call('operations by id', [byId(a.topicId)], { includeTopicAuthorizedOperations: true });
}

const metadataCases: readonly Case[] = [
  ...[0, 1, 3, 4, 8, 9, 10, 11, 12, 13].map((version) => ({
    name: `Metadata v${version} of odd requests`,
    run: (session: Session) => askOddly(session, version),
  })),
  ...[0, 3, 4, 13].map((version) => ({
    name: `Metadata v${version} creates topics, good and bad`,
    run: async (session: Session) => {
      let markers = 0;
      const call = async (step: string, ...wanted: string[]) => {
        const topics = wanted.map((name) => ({ name }));
        await session.call(step, 'Metadata', version, {
          topics,
          ...(version >= 4 ? { allowAutoTopicCreation: true } : {}),
        });
        // When a later topic is there, those made before it are, too.
        await session.createTopic(`marker-${markers++}`);
      };
      const name = (suffix: string) => session.name(suffix);
      await call('bad names', 'a b', '', '.', '..', 'x'.repeat(250));
      await call('two and a bad one', name('x'), name('y'), 'a b');
      await call('they are there', name('x'), name('y'));
      await call('one twice', name('z'), name('z'));
      await call('a dot', name('c.d'));
      await call('an underscore instead', name('c_d'));
      await call('only the first is there', name('c.d'), name('c_d'));
    },
  })),
];

const describeCases: readonly Case[] = [
  {
    name: 'DescribeTopicPartitions of odd requests',
    run: async (session) => {
      const [a, b, c] = [
        (await session.createTopic('a', 3)).name,
        (await session.createTopic('b', 2)).name,
        (await session.createTopic('c')).name,
      ];
      const absent = session.name('b2');
      const call = (step: string, wanted: string[], more: object = {}) =>
        session.call(step, 'DescribeTopicPartitions', 0, {
          topics: wanted.map((name) => ({ name })),
          responsePartitionLimit: 2000,
          cursor: null,
          ...more,
        });
      const from = (topicName: string, partitionIndex = 0) => ({ cursor: { topicName, partitionIndex } });
      await call('in no order', [c, a, b]);
      await call('an unknown one between', [c, absent, a]);
      for (const responsePartitionLimit of [-1, 3, 4, 5, 6, 3000])
        await call(`limit ${responsePartitionLimit}`, [a, b, c], { responsePartitionLimit });
      await call('an unknown one after the last', [a, absent], { responsePartitionLimit: 3 });
      await call('an unknown one before the next', [a, absent, c], { responsePartitionLimit: 3 });
      await call('an unknown one first', [session.name('a0'), b], { responsePartitionLimit: 1 });
      for (const index of [0, 1, 2]) await call(`from the second, partition ${index}`, [a, b, c], from(b, index));
      await call('from between', [a, b, c], from(session.name('aa'), 1));
      await call('from between, one', [a, b, c], { ...from(session.name('aa'), 1), responsePartitionLimit: 1 });
      await call('from behind all', [a, b, c], from(session.name('z')));
      await call('from an empty name', [a], from(''));
      await call('from a bad name', [a], from('a b'));
      await call('from one that is not asked for', [a], from(c));
      await call('from an unknown one', [absent, c], from(absent));
      await call('bad names', ['a b', 'a b', a]);
    },
  },
  {
    name: 'DescribeCluster of each kind of endpoint',
    run: async (session) => {
      for (const version of [1, 2]) {
        for (const endpointType of [-1, 0, 1, 2, 3]) {
          for (const includeClusterAuthorizedOperations of [false, true]) {
            await session.call(
              `v${version}, ${endpointType}, operations: ${includeClusterAuthorizedOperations}`,
              'DescribeCluster',
              version,
              { endpointType, includeClusterAuthorizedOperations },
            );
          }
        }
      }
    },
  },
];

const electionCases: readonly Case[] = [
  {
    name: 'ElectLeaders of odd requests',
    run: async (session) => {
      const { name } = await session.createTopic('t', 3);
      for (const [version, electionType] of [
        [1, 0],
        [2, 1],
        [2, 2],
        [2, -1],
      ] as const) {
        const call = (step: string, topicPartitions: object[]) =>
          session.call(`v${version}, ${electionType}: ${step}`, 'ElectLeaders', version, {
            electionType,
            topicPartitions,
            timeoutMs: 5000,
          });
        await call('good and bad', [
          { topic: name, partitions: [0, 9] },
          { topic: session.name('absent'), partitions: [0, 1] },
        ]);
        await call('nothing', []);
        await call('an empty name', [{ topic: '', partitions: [0] }]);
        await call('no partitions of an unknown topic', [{ topic: session.name('absent'), partitions: [] }]);
      }
    },
  },
];

export const metadataEdgeCases: readonly Case[] = [...metadataCases, ...describeCases, ...electionCases];
