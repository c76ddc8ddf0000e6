/** Requests of the authorization matrix about groups of all protocols and their offsets. */
import type { Ask } from './ask.ts';
import { OPEN_TOPIC } from './rights.ts';
import {
  ABSENT,
  CONSUMERS,
  GROUP,
  HOPERS,
  SHARERS,
  STREAMS,
  streamsHeartbeat,
  TOPIC,
  withoutOthers,
  type World,
} from './world.ts';

const GROUP_RESOURCE = 32;
const NAMES = [TOPIC, OPEN_TOPIC, ABSENT];
const TOPIC_REFUSED = 29;
const NO_MEMBER = { generationIdOrMemberEpoch: -1, memberId: '' };
const MEMBER = { generationId: 1, memberId: 'nobody' };

function named({ ids }: World, name: string, byId: boolean): object {
  return byId ? { topicId: ids[name] } : { name };
}

const classicAsks: readonly Ask[] = [
  {
    api: 'FindCoordinator',
    about: 'of a group',
    body: (_, own, version) => (version >= 4 ? { keyType: 0, coordinatorKeys: [own] } : { key: own }),
  },
  {
    api: 'JoinGroup',
    body: (_, groupId, version) => ({
      groupId,
      sessionTimeoutMs: 30_000,
      ...(version >= 1 ? { rebalanceTimeoutMs: 30_000 } : {}),
      memberId: 'nobody',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    }),
  },
  { api: 'SyncGroup', body: (_, groupId) => ({ groupId, ...MEMBER }) },
  { api: 'Heartbeat', body: (_, groupId) => ({ groupId, ...MEMBER }) },
  {
    api: 'LeaveGroup',
    body: (_, groupId, version) =>
      version >= 3 ? { groupId, members: [{ memberId: 'nobody' }] } : { groupId, memberId: 'nobody' },
  },
  { api: 'ListGroups', only: withoutOthers, body: () => ({}) },
  {
    api: 'DescribeGroups',
    body: (_, own, version) => ({
      groups: [GROUP, CONSUMERS, own],
      ...(version >= 3 ? { includeAuthorizedOperations: true } : {}),
    }),
  },
  { api: 'DeleteGroups', needs: 'group', body: (_, own) => ({ groupsNames: [own, `${own}-absent`] }) },
];

const offsetAsks: readonly Ask[] = [
  {
    api: 'OffsetCommit',
    body: (world, groupId, version) => ({
      groupId,
      ...NO_MEMBER,
      topics: NAMES.map((name) => ({
        ...named(world, name, version >= 10),
        partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }],
      })),
    }),
  },
  {
    api: 'OffsetFetch',
    about: 'of named topics',
    body: (world, _, version) => {
      const topics = NAMES.map((name) => ({ ...named(world, name, version >= 10), partitionIndexes: [0] }));
      return version >= 8 ? { groups: [{ groupId: GROUP, topics }] } : { groupId: GROUP, topics };
    },
  },
  {
    api: 'OffsetFetch',
    about: 'of all topics',
    from: 2,
    body: (_, __, version) =>
      version >= 8 ? { groups: [{ groupId: GROUP, topics: null }] } : { groupId: GROUP, topics: null },
  },
  {
    api: 'OffsetDelete',
    needs: 'group',
    body: (_, groupId) => ({ groupId, topics: NAMES.map((name) => ({ name, partitions: [{ partitionIndex: 0 }] })) }),
  },
];

/** What a member is assigned comes when it does. */
const codesOnly = ({ errorCode, errorMessage }: any): object => ({ errorCode, errorMessage });

function heartbeats(api: 'ConsumerGroupHeartbeat' | 'ShareGroupHeartbeat'): Ask[] {
  const more = api === 'ConsumerGroupHeartbeat' ? { rebalanceTimeoutMs: 60_000, topicPartitions: [] } : {};
  return [[TOPIC], [TOPIC, OPEN_TOPIC], [ABSENT]].map((subscribedTopicNames) => ({
    api,
    about: `for ${subscribedTopicNames.join(' and ')}`,
    only: codesOnly,
    body: (_, groupId) => ({
      groupId,
      memberId: 'AAAAAAAAAAAAAAAAAAAAAg',
      memberEpoch: 0,
      subscribedTopicNames,
      ...more,
    }),
  }));
}

const modernAsks: readonly Ask[] = [
  ...heartbeats('ConsumerGroupHeartbeat').map((ask) => ({ ...ask, from: 1 })),
  ...heartbeats('ShareGroupHeartbeat'),
  {
    api: 'StreamsGroupHeartbeat',
    about: 'for a topic',
    only: codesOnly,
    body: (_, own) => streamsHeartbeat(own, 'member', TOPIC),
  },
  {
    api: 'StreamsGroupHeartbeat',
    about: 'with a topic of its own',
    only: codesOnly,
    body: (_, own) => streamsHeartbeat(own, 'member', TOPIC, `${own}-changelog`),
  },
  {
    api: 'StreamsGroupTopologyDescriptionUpdate',
    body: (_, groupId) => ({
      groupId,
      memberId: 'nobody',
      topologyEpoch: 1,
      topologyDescription: { subtopologies: [], globalStores: [] },
    }),
  },
  {
    api: 'ConsumerGroupDescribe',
    body: (_, own) => ({ groupIds: [CONSUMERS, GROUP, own], includeAuthorizedOperations: true }),
  },
  {
    api: 'ShareGroupDescribe',
    body: (_, own) => ({ groupIds: [SHARERS, HOPERS, own], includeAuthorizedOperations: true }),
  },
  { api: 'StreamsGroupDescribe', body: (_, own) => ({ groupIds: [STREAMS, own], includeAuthorizedOperations: true }) },
];

/** That of the rights on groups: configs belong to them, too. */
const configAsks: readonly Ask[] = [
  {
    api: 'DescribeConfigs',
    about: 'of groups',
    body: (_, own) => ({
      resources: [
        { resourceType: GROUP_RESOURCE, resourceName: own, configurationKeys: ['consumer.session.timeout.ms'] },
      ],
    }),
  },
  {
    api: 'IncrementalAlterConfigs',
    about: 'of groups',
    body: (_, own) => ({
      resources: [
        {
          resourceType: GROUP_RESOURCE,
          resourceName: own,
          configs: [{ name: 'consumer.heartbeat.interval.ms', configOperation: 0, value: '6000' }],
        },
      ],
      validateOnly: true,
    }),
  },
];

/** Of what is not refused, whether a partition of a share group is ready yet is a question of time. */
function refusals(answer: any): any {
  if (typeof answer !== 'object') return answer;
  const refused = (partition: any): boolean => partition.errorCode === TOPIC_REFUSED;
  const topics = answer.responses.map((topic: any) => ({ ...topic, partitions: topic.partitions.filter(refused) }));
  const responses = topics.filter(({ partitions }: any) => partitions.length > 0);
  return { errorCode: answer.errorCode, responses };
}

const shareAsks: readonly Ask[] = [
  {
    api: 'ShareFetch',
    only: refusals,
    body: ({ ids }, groupId) => ({
      groupId,
      memberId: 'AAAAAAAAAAAAAAAAAAAAAg',
      shareSessionEpoch: 0,
      maxBytes: 100_000,
      maxRecords: 10,
      batchSize: 10,
      topics: [TOPIC, OPEN_TOPIC].map((name) => ({ topicId: ids[name], partitions: [{ partitionIndex: 0 }] })),
    }),
  },
  {
    api: 'ShareAcknowledge',
    body: ({ ids }, groupId) => ({
      groupId,
      memberId: 'AAAAAAAAAAAAAAAAAAAAAg',
      shareSessionEpoch: 1,
      topics: [{ topicId: ids[TOPIC], partitions: [{ partitionIndex: 0, acknowledgementBatches: [] }] }],
    }),
  },
  {
    api: 'DescribeShareGroupOffsets',
    body: () => ({
      groups: [{ groupId: SHARERS, topics: [TOPIC, ABSENT].map((topicName) => ({ topicName, partitions: [0] })) }],
    }),
  },
  {
    api: 'AlterShareGroupOffsets',
    body: (_, groupId) => ({
      groupId,
      topics: [TOPIC, ABSENT].map((topicName) => ({ topicName, partitions: [{ partitionIndex: 0, startOffset: 0 }] })),
    }),
  },
  {
    api: 'DeleteShareGroupOffsets',
    body: (_, groupId) => ({ groupId, topics: [TOPIC, ABSENT].map((topicName) => ({ topicName })) }),
  },
  {
    api: 'FindCoordinator',
    about: 'of a share partition',
    from: 6,
    body: ({ ids }) => ({ keyType: 2, coordinatorKeys: [`${SHARERS}:${ids[TOPIC]}:0`] }),
  },
];

export const GROUP_ASKS: readonly Ask[] = [...classicAsks, ...offsetAsks, ...modernAsks, ...configAsks, ...shareAsks];
