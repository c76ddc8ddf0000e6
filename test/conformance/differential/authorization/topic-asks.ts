/** Requests of the authorization matrix about topics and what is in them. */
import { records } from '../session.ts';
import type { Ask } from './ask.ts';
import { OPEN_TOPIC, ResourceType } from './rights.ts';
import { ABSENT, SINK, TOPIC, UNKNOWN_ID, withoutOthers, type World } from './world.ts';

const NAMES = [TOPIC, OPEN_TOPIC, ABSENT];
const ZERO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const BY_ID_FETCH = 13;
/** Kafka says that it serves older ones, and does not. */
const PRODUCE_FROM = 3;

const named = (names: readonly string[]) => names.map((name) => ({ name }));
const operations = (version: number) => (version >= 8 ? { includeTopicAuthorizedOperations: true } : {});

const metadataAsks: readonly Ask[] = [
  {
    api: 'Metadata',
    about: 'of named topics',
    from: 4,
    body: (_, __, version) => ({
      topics: named(NAMES),
      allowAutoTopicCreation: false,
      ...operations(version),
      ...(version >= 8 && version <= 10 ? { includeClusterAuthorizedOperations: true } : {}),
    }),
  },
  {
    api: 'Metadata',
    about: 'with the rights on the cluster',
    from: 10,
    to: 10,
    body: () => ({ topics: [], includeClusterAuthorizedOperations: true }),
  },
  {
    api: 'Metadata',
    about: 'of all topics',
    from: 1,
    only: withoutOthers,
    body: (_, __, version) => ({ topics: null, ...operations(version) }),
  },
  {
    api: 'Metadata',
    about: 'by id',
    from: 12,
    body: ({ ids }) => ({
      topics: NAMES.map((name) => ({ topicId: ids[name], name: null })),
      includeTopicAuthorizedOperations: true,
    }),
  },
  {
    api: 'Metadata',
    about: 'that creates',
    from: 4,
    body: (_, own) => ({ topics: named([own]), allowAutoTopicCreation: true }),
  },
  {
    api: 'DescribeTopicPartitions',
    about: 'of named topics',
    body: () => ({ topics: named(NAMES), responsePartitionLimit: 100, cursor: null }),
  },
  {
    api: 'DescribeTopicPartitions',
    about: 'of all topics',
    only: withoutOthers,
    body: () => ({ topics: [], responsePartitionLimit: 2000, cursor: null }),
  },
];

/** Whether they are told, not what they are. */
function withoutConfigs(answer: any): any {
  const topics = answer.topics.map((topic: any) => ({ ...topic, configs: topic.configs?.length > 0 }));
  return { ...answer, topics };
}

const topicAsks: readonly Ask[] = [
  {
    api: 'CreateTopics',
    only: withoutConfigs,
    body: (_, own) => ({
      topics: [TOPIC, own].map((name) => ({ name, numPartitions: 1, replicationFactor: 1 })),
      timeoutMs: 30_000,
      validateOnly: true,
    }),
  },
  {
    api: 'DeleteTopics',
    about: 'by name',
    needs: 'topic',
    body: (_, own, version) =>
      version >= 6
        ? { topics: [own, ABSENT].map((name) => ({ name, topicId: ZERO_ID })), timeoutMs: 30_000 }
        : { topicNames: [own, ABSENT], timeoutMs: 30_000 },
  },
  {
    api: 'DeleteTopics',
    about: 'of an unknown id',
    from: 6,
    body: () => ({ topics: [{ name: null, topicId: UNKNOWN_ID }], timeoutMs: 30_000 }),
  },
  {
    api: 'CreatePartitions',
    body: () => ({
      topics: NAMES.map((name) => ({ name, count: 3, assignments: null })),
      timeoutMs: 30_000,
      validateOnly: true,
    }),
  },
  {
    api: 'DeleteRecords',
    body: () => ({
      topics: NAMES.map((name) => ({ name, partitions: [{ partitionIndex: 0, offset: 0 }] })),
      timeoutMs: 30_000,
    }),
  },
  {
    api: 'DescribeProducers',
    body: () => ({ topics: [TOPIC, ABSENT].map((name) => ({ name, partitionIndexes: [0] })) }),
  },
  {
    api: 'DescribeConfigs',
    about: 'of topics',
    body: () => ({
      resources: NAMES.map((resourceName) => ({
        resourceType: ResourceType.TOPIC,
        resourceName,
        configurationKeys: ['cleanup.policy'],
      })),
    }),
  },
  {
    api: 'IncrementalAlterConfigs',
    about: 'of topics',
    body: () => ({
      resources: NAMES.map((resourceName) => ({
        resourceType: ResourceType.TOPIC,
        resourceName,
        configs: [{ name: 'retention.ms', configOperation: 0, value: '1000' }],
      })),
      validateOnly: true,
    }),
  },
  {
    api: 'AlterConfigs',
    about: 'of topics',
    body: () => ({
      resources: NAMES.map((resourceName) => ({
        resourceType: ResourceType.TOPIC,
        resourceName,
        configs: [{ name: 'retention.ms', value: '1000' }],
      })),
      validateOnly: true,
    }),
  },
];

function fetchTopics({ ids }: World, version: number): object[] {
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100_000 }];
  return NAMES.map((name) =>
    version >= BY_ID_FETCH ? { topicId: ids[name], partitions } : { topic: name, partitions },
  );
}

function produceTopics({ ids }: World, version: number, isTransactional: boolean): object[] {
  const options = { producerId: 5000n, producerEpoch: 0, baseSequence: 0, isTransactional: true };
  const partitionData = [{ index: 0, records: isTransactional ? records(1, options) : records() }];
  return [SINK, OPEN_TOPIC, ABSENT].map((name) =>
    version >= 13 ? { topicId: ids[name], partitionData } : { name, partitionData },
  );
}

/** Where records went depends on how many users may write. */
function withoutOffsets(answer: any): any {
  if (typeof answer !== 'object') return answer;
  const responses = answer.responses.map((topic: any) => ({
    ...topic,
    partitionResponses: topic.partitionResponses.map((partition: any) => ({
      ...partition,
      baseOffset: Math.min(partition.baseOffset, 0),
    })),
  }));
  return { ...answer, responses };
}

const dataAsks: readonly Ask[] = [
  {
    api: 'Produce',
    from: PRODUCE_FROM,
    only: withoutOffsets,
    body: (world, _, version) => ({ acks: -1, timeoutMs: 30_000, topicData: produceTopics(world, version, false) }),
  },
  {
    api: 'Produce',
    from: PRODUCE_FROM,
    about: 'without an answer',
    body: (world, _, version) => ({ acks: 0, timeoutMs: 30_000, topicData: produceTopics(world, version, false) }),
  },
  {
    api: 'Produce',
    from: PRODUCE_FROM,
    about: 'in a transaction',
    only: withoutOffsets,
    body: (world, own, version) => ({
      transactionalId: own,
      acks: -1,
      timeoutMs: 30_000,
      topicData: produceTopics(world, version, true),
    }),
  },
  {
    api: 'Fetch',
    body: (world, _, version) => ({
      ...(version < 15 ? { replicaId: -1 } : {}),
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1_000_000,
      ...(version >= 7 ? { sessionId: 0, sessionEpoch: -1 } : {}),
      topics: fetchTopics(world, version),
    }),
  },
  {
    api: 'ListOffsets',
    body: () => ({
      replicaId: -1,
      topics: NAMES.map((name) => ({ name, partitions: [{ partitionIndex: 0, timestamp: -2 }] })),
    }),
  },
  {
    api: 'OffsetForLeaderEpoch',
    body: (_, __, version) => ({
      ...(version >= 3 ? { replicaId: -1 } : {}),
      topics: NAMES.map((topic) => ({ topic, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] })),
    }),
  },
];

export const TOPIC_ASKS: readonly Ask[] = [...metadataAsks, ...topicAsks, ...dataAsks];
