/** Topics, partitions, the cluster and its directories. */
import type { Case, Session } from '../session.ts';

const NONE = 'AAAAAAAAAAAAAAAAAAAAAA';
const UNKNOWN_ID = 'u4Y2X2RBTz-TeKHkgVBCOw';

function create(session: Session, step: string, topic: object, more: object = {}, version = 7) {
  return session.call(step, 'CreateTopics', version, { topics: [topic], timeoutMs: 10_000, ...more });
}

const versionCases: readonly Case[] = [
  ...[2, 3, 4, 5, 6, 7].map((version) => ({
    name: `CreateTopics v${version}, DeleteTopics after it`,
    run: async (session: Session) => {
      const name = session.name('t');
      await create(
        session,
        'create',
        { name, numPartitions: 2, replicationFactor: 1, configs: [{ name: 'retention.ms', value: '1000000' }] },
        {},
        version,
      );
      await create(session, 'again', { name, numPartitions: 2, replicationFactor: 1 }, {}, version);
      await session.call('delete', 'DeleteTopics', Math.min(version, 5), { topicNames: [name], timeoutMs: 10_000 });
      await session.call('delete again', 'DeleteTopics', Math.min(version, 5), {
        topicNames: [name],
        timeoutMs: 10_000,
      });
    },
  })),
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((version) => ({
    name: `Metadata v${version}`,
    run: async (session: Session) => {
      const topic = await session.createTopic('t', 2);
      await session.call('known', 'Metadata', version, { topics: [{ name: topic.name }] });
      if (version >= 4) {
        const topics = [{ name: session.name('absent') }, { name: 'not a name' }, { name: '' }];
        await session.call('unknown and bad', 'Metadata', version, { topics, allowAutoTopicCreation: false });
      }
      if (version >= 1) await session.call('none', 'Metadata', version, { topics: [] });
      if (version >= 8)
        await session.call('with operations', 'Metadata', version, {
          topics: [{ name: topic.name }],
          includeTopicAuthorizedOperations: true,
        });
    },
  })),
  ...[0, 1, 2, 3].map((version) => ({
    name: `CreatePartitions v${version}`,
    run: async (session: Session) => {
      const topic = await session.createTopic('t', 2);
      const call = (step: string, count: number, name = topic.name, more: object = {}) =>
        session.call(step, 'CreatePartitions', version, {
          topics: [{ name, count, assignments: null }],
          timeoutMs: 10_000,
          ...more,
        });
      await call('only a check', 4, topic.name, { validateOnly: true });
      await call('three', 3);
      await call('the same', 3);
      await call('fewer', 1);
      await call('none', 0);
      await call('negative', -1);
      await call('unknown topic', 3, session.name('absent'));
    },
  })),
  ...[0, 1, 2].map((version) => ({
    name: `DescribeCluster v${version}`,
    run: async (session: Session) => {
      await session.call('plain', 'DescribeCluster', version);
      await session.call('with operations', 'DescribeCluster', version, { includeClusterAuthorizedOperations: true });
      if (version >= 1) {
        await session.call('controllers', 'DescribeCluster', version, { endpointType: 2 });
        await session.call('no such type', 'DescribeCluster', version, { endpointType: 5 });
      }
      if (version >= 2) await session.call('fenced too', 'DescribeCluster', version, { includeFencedBrokers: true });
    },
  })),
  ...[1, 2, 3, 4, 5].map((version) => ({
    name: `DescribeLogDirs v${version}`,
    run: async (session: Session) => {
      const topic = await session.createTopic('t', 2);
      await session.call('one', 'DescribeLogDirs', version, { topics: [{ topic: topic.name, partitions: [0, 1] }] });
      await session.call('unknown', 'DescribeLogDirs', version, {
        topics: [
          { topic: session.name('absent'), partitions: [0] },
          { topic: topic.name, partitions: [7] },
        ],
      });
      await session.call('none', 'DescribeLogDirs', version, { topics: [] });
    },
  })),
  ...[0, 1, 2].map((version) => ({
    name: `ElectLeaders v${version}`,
    run: async (session: Session) => {
      const topic = await session.createTopic('t', 2);
      const call = (step: string, topicName: string, partitions: number[], electionType = 0) =>
        session.call(step, 'ElectLeaders', version, {
          ...(version > 0 ? { electionType } : {}),
          topicPartitions: [{ topic: topicName, partitions }],
          timeoutMs: 5000,
        });
      await call('preferred', topic.name, [0, 1]);
      await call('unknown partition', topic.name, [9]);
      await call('unknown topic', session.name('absent'), [0]);
      if (version > 0) await call('unclean', topic.name, [0], 1);
      if (version > 0) await call('no such type', topic.name, [0], 7);
      await session.call('empty', 'ElectLeaders', version, { topicPartitions: [], timeoutMs: 5000 });
    },
  })),
];

const topicCases: readonly Case[] = [
  {
    name: 'CreateTopics refuses bad topics',
    run: async (session) => {
      const name = session.name('t');
      const bad: Record<string, object> = {
        'empty name': { name: '', numPartitions: 1, replicationFactor: 1 },
        dot: { name: '.', numPartitions: 1, replicationFactor: 1 },
        'two dots': { name: '..', numPartitions: 1, replicationFactor: 1 },
        'bad characters': { name: 'a b/c', numPartitions: 1, replicationFactor: 1 },
        'a long name': { name: 'x'.repeat(250), numPartitions: 1, replicationFactor: 1 },
        'no partitions': { name, numPartitions: 0, replicationFactor: 1 },
        'negative partitions': { name, numPartitions: -2, replicationFactor: 1 },
        'no replicas': { name, numPartitions: 1, replicationFactor: 0 },
        'too many replicas': { name, numPartitions: 1, replicationFactor: 3 },
        'negative replicas': { name, numPartitions: 1, replicationFactor: -2 },
        'unknown setting': { name, numPartitions: 1, replicationFactor: 1, configs: [{ name: 'no.such', value: '1' }] },
        'bad value': {
          name,
          numPartitions: 1,
          replicationFactor: 1,
          configs: [{ name: 'retention.ms', value: 'soon' }],
        },
        'value out of range': {
          name,
          numPartitions: 1,
          replicationFactor: 1,
          configs: [{ name: 'segment.bytes', value: '1' }],
        },
        'null value': {
          name,
          numPartitions: 1,
          replicationFactor: 1,
          configs: [{ name: 'retention.ms', value: null }],
        },
        'bad list': {
          name,
          numPartitions: 1,
          replicationFactor: 1,
          configs: [{ name: 'cleanup.policy', value: 'compact,shrink' }],
        },
        'empty list': {
          name,
          numPartitions: 1,
          replicationFactor: 1,
          configs: [{ name: 'cleanup.policy', value: '' }],
        },
        'assignment and count': {
          name,
          numPartitions: 1,
          replicationFactor: 1,
          assignments: [{ partitionIndex: 0, brokerIds: [1] }],
        },
        'unknown broker': {
          name,
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [99] }],
        },
        'no brokers': {
          name,
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [] }],
        },
        'the same broker twice': {
          name,
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [1, 1] }],
        },
        'a gap in the partitions': {
          name,
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 1, brokerIds: [1] }],
        },
        'the same partition twice': {
          name,
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [
            { partitionIndex: 0, brokerIds: [1] },
            { partitionIndex: 0, brokerIds: [1] },
          ],
        },
        'a negative partition': {
          name,
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: -1, brokerIds: [1] }],
        },
      };
      for (const [step, topic] of Object.entries(bad)) await create(session, step, topic);
    },
  },
  {
    name: 'CreateTopics with defaults, an assignment, and only a check',
    run: async (session) => {
      await create(session, 'defaults', { name: session.name('defaults'), numPartitions: -1, replicationFactor: -1 });
      await create(session, 'assigned', {
        name: session.name('assigned'),
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [
          { partitionIndex: 0, brokerIds: [1] },
          { partitionIndex: 1, brokerIds: [1] },
        ],
      });
      await create(
        session,
        'checked',
        { name: session.name('checked'), numPartitions: 1, replicationFactor: 1 },
        { validateOnly: true },
      );
      for (const suffix of ['defaults', 'assigned']) await session.awaitTopic(session.name(suffix));
      await session.call('which are there', 'Metadata', 12, {
        topics: ['defaults', 'assigned', 'checked'].map((suffix) => ({ name: session.name(suffix) })),
        allowAutoTopicCreation: false,
      });
      const twice = { name: session.name('twice'), numPartitions: 1, replicationFactor: 1 };
      await session.call('named twice', 'CreateTopics', 7, { topics: [twice, twice], timeoutMs: 10_000 });
      await session.call('nothing', 'CreateTopics', 7, { topics: [], timeoutMs: 10_000 });
      await create(session, 'dots collide', { name: session.name('a.b'), numPartitions: 1, replicationFactor: 1 });
      await create(session, 'underscores collide', {
        name: session.name('a_b'),
        numPartitions: 1,
        replicationFactor: 1,
      });
    },
  },
  {
    name: 'CreateTopics answers with the configuration',
    run: async (session) => {
      const configs = [
        { name: 'cleanup.policy', value: 'compact' },
        { name: 'max.message.bytes', value: '2000000' },
      ];
      await create(session, 'create', { name: session.name('t'), numPartitions: 1, replicationFactor: 1, configs });
    },
  },
  {
    name: 'DeleteTopics by name and by id',
    run: async (session) => {
      const [a, b] = [await session.createTopic('a'), await session.createTopic('b')];
      const call = (step: string, topics: object[]) =>
        session.call(step, 'DeleteTopics', 6, { topics, timeoutMs: 10_000 });
      await call('unknown id', [{ name: null, topicId: UNKNOWN_ID }]);
      await call('unknown name', [{ name: session.name('absent'), topicId: NONE }]);
      await call('neither', [{ name: null, topicId: NONE }]);
      await call('both', [{ name: a.name, topicId: a.topicId }]);
      await call('the same twice', [{ name: a.name }, { name: a.name }]);
      await call('by name and id twice', [{ name: a.name }, { name: null, topicId: a.topicId }]);
      await call('by name', [{ name: a.name }]);
      await call('by id', [{ name: null, topicId: b.topicId }]);
      await call('bad name', [{ name: 'not a name' }]);
      await call('none', []);
    },
  },
  {
    name: 'a topic that is deleted and created again has another id and no records',
    run: async (session) => {
      const first = await session.createTopic('t');
      await session.call('delete', 'DeleteTopics', 6, { topics: [{ name: first.name }], timeoutMs: 10_000 });
      const second = await session.createTopic('t');
      await session.call('metadata by the old id', 'Metadata', 12, {
        topics: [{ name: null, topicId: first.topicId }],
      });
      await session.call('metadata by the new id', 'Metadata', 12, {
        topics: [{ name: null, topicId: second.topicId }],
      });
      await session.call('both name and id', 'Metadata', 12, {
        topics: [{ name: second.name, topicId: second.topicId }],
      });
    },
  },
  {
    name: 'Metadata creates topics when asked to',
    run: async (session) => {
      await session.call('not allowed', 'Metadata', 12, {
        topics: [{ name: session.name('auto') }],
        allowAutoTopicCreation: false,
      });
      await session.call('allowed, bad name', 'Metadata', 12, {
        topics: [{ name: 'not a name' }],
        allowAutoTopicCreation: true,
      });
      await session.call('allowed, first answer', 'Metadata', 12, {
        topics: [{ name: session.name('auto') }],
        allowAutoTopicCreation: true,
      });
      await session.createTopic('marker');
      await session.call('afterwards', 'Metadata', 12, {
        topics: [{ name: session.name('auto') }],
        allowAutoTopicCreation: false,
      });
    },
  },
  {
    name: 'CreatePartitions with assignments',
    run: async (session) => {
      const topic = await session.createTopic('t', 1);
      const call = (step: string, count: number, assignments: object[]) =>
        session.call(step, 'CreatePartitions', 3, {
          topics: [{ name: topic.name, count, assignments }],
          timeoutMs: 10_000,
        });
      await call('too few', 3, [{ brokerIds: [1] }]);
      await call('unknown broker', 2, [{ brokerIds: [77] }]);
      await call('wrong factor', 2, [{ brokerIds: [1, 1] }]);
      await call('empty', 2, [{ brokerIds: [] }]);
      await call('good', 2, [{ brokerIds: [1] }]);
      const twice = { name: topic.name, count: 5, assignments: null };
      await session.call('named twice', 'CreatePartitions', 3, { topics: [twice, twice], timeoutMs: 10_000 });
    },
  },
  {
    name: 'DescribeTopicPartitions pages',
    run: async (session) => {
      const [a, b] = [await session.createTopic('a', 3), await session.createTopic('b', 2)];
      const topics = [{ name: a.name }, { name: b.name }];
      const call = (step: string, more: object) =>
        session.call(step, 'DescribeTopicPartitions', 0, {
          topics,
          responsePartitionLimit: 2000,
          cursor: null,
          ...more,
        });
      await call('all', {});
      await call('two of them', { responsePartitionLimit: 2 });
      await call('from the cursor', { responsePartitionLimit: 2, cursor: { topicName: a.name, partitionIndex: 2 } });
      await call('cursor past the topic', { cursor: { topicName: a.name, partitionIndex: 9 } });
      await call('negative cursor', { cursor: { topicName: a.name, partitionIndex: -1 } });
      await call('unknown', { topics: [{ name: session.name('absent') }] });
      await call('bad name', { topics: [{ name: 'not a name' }] });
      await call('limit zero', { responsePartitionLimit: 0 });
      await call('named twice', { topics: [{ name: a.name }, { name: a.name }] });
    },
  },
  {
    name: 'partition reassignments on one broker',
    run: async (session) => {
      const topic = await session.createTopic('t', 2);
      const alter = (step: string, name: string, partitionIndex: number, replicas: number[] | null, version = 1) =>
        session.call(step, 'AlterPartitionReassignments', version, {
          timeoutMs: 5000,
          topics: [{ name, partitions: [{ partitionIndex, replicas }] }],
        });
      for (const version of [0, 1]) {
        await alter(`v${version} to itself`, topic.name, 0, [1], version);
        await alter(`v${version} cancel nothing`, topic.name, 0, null, version);
        await alter(`v${version} unknown broker`, topic.name, 0, [5], version);
        await alter(`v${version} no replicas`, topic.name, 0, [], version);
        await alter(`v${version} twice the same`, topic.name, 0, [1, 1], version);
        await alter(`v${version} unknown partition`, topic.name, 8, [1], version);
        await alter(`v${version} unknown topic`, session.name('absent'), 0, [1], version);
      }
      await session.call('no change of the factor', 'AlterPartitionReassignments', 1, {
        timeoutMs: 5000,
        allowReplicationFactorChange: false,
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, replicas: [1] }] }],
      });
      await session.call('list one', 'ListPartitionReassignments', 0, {
        timeoutMs: 5000,
        topics: [{ name: topic.name, partitionIndexes: [0, 1] }],
      });
      await session.call('list all', 'ListPartitionReassignments', 0, { timeoutMs: 5000, topics: null });
      await session.call('list unknown', 'ListPartitionReassignments', 0, {
        timeoutMs: 5000,
        topics: [{ name: session.name('absent'), partitionIndexes: [0] }],
      });
    },
  },
];

export const administrationCases: readonly Case[] = [...versionCases, ...topicCases];
