/** Requests of the authorization matrix about transactions, the cluster, and what only brokers ask each other. */
import type { Ask } from './ask.ts';
import { OPEN_TOPIC, ResourceType } from './rights.ts';
import { ABSENT, GROUP, TOPIC, TRANSACTION, OWNER } from './world.ts';

const BROKER_RESOURCE = 4;
const LOGGER_RESOURCE = 8;
const METRICS_RESOURCE = 16;
const NO_PRODUCER = { producerId: 4000n, producerEpoch: 0 };
const NOBODY = { principal: 'User:nobody-at-all', host: '*' };

const transactionAsks: readonly Ask[] = [
  {
    api: 'FindCoordinator',
    about: 'of a transaction',
    from: 1,
    body: (_, own, version) => (version >= 4 ? { keyType: 1, coordinatorKeys: [own] } : { keyType: 1, key: own }),
  },
  {
    api: 'InitProducerId',
    about: 'of a transaction',
    body: (_, transactionalId) => ({ transactionalId, transactionTimeoutMs: 60_000 }),
  },
  {
    api: 'InitProducerId',
    about: 'without one',
    body: () => ({ transactionalId: null, transactionTimeoutMs: 60_000 }),
  },
  {
    api: 'AddPartitionsToTxn',
    about: 'by a client',
    to: 3,
    body: (_, own) => ({
      v3AndBelowTransactionalId: own,
      v3AndBelowProducerId: NO_PRODUCER.producerId,
      v3AndBelowProducerEpoch: NO_PRODUCER.producerEpoch,
      v3AndBelowTopics: [TOPIC, OPEN_TOPIC, ABSENT].map((name) => ({ name, partitions: [0] })),
    }),
  },
  {
    api: 'AddPartitionsToTxn',
    about: 'by a broker',
    from: 4,
    body: (_, own) => ({
      transactions: [
        { transactionalId: own, ...NO_PRODUCER, verifyOnly: true, topics: [{ name: TOPIC, partitions: [0] }] },
      ],
    }),
  },
  { api: 'AddOffsetsToTxn', body: (_, own) => ({ transactionalId: own, ...NO_PRODUCER, groupId: GROUP }) },
  { api: 'EndTxn', body: (_, own) => ({ transactionalId: own, ...NO_PRODUCER, committed: true }) },
  {
    api: 'TxnOffsetCommit',
    body: ({ ids }, own, version) => ({
      transactionalId: own,
      groupId: own,
      ...NO_PRODUCER,
      topics: [TOPIC, OPEN_TOPIC, ABSENT].map((name) => ({
        ...(version >= 6 ? { topicId: ids[name] } : { name }),
        partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }],
      })),
    }),
  },
  { api: 'ListTransactions', body: ({ producerId }) => ({ producerIdFilters: [producerId] }) },
  { api: 'DescribeTransactions', body: (_, own) => ({ transactionalIds: [TRANSACTION, own] }) },
  { api: 'WriteTxnMarkers', body: () => ({ markers: [] }) },
  {
    api: 'WriteTxnMarkers',
    about: 'of a partition',
    body: () => ({
      markers: [{ ...NO_PRODUCER, transactionResult: true, topics: [{ name: ABSENT, partitionIndexes: [0] }] }],
    }),
  },
];

const clusterAsks: readonly Ask[] = [
  {
    api: 'DescribeCluster',
    body: (_, __, version) => ({
      includeClusterAuthorizedOperations: true,
      ...(version >= 1 ? { endpointType: 1 } : {}),
    }),
  },
  { api: 'DescribeLogDirs', body: () => ({ topics: [{ topic: TOPIC, partitions: [0] }] }) },
  {
    api: 'AlterReplicaLogDirs',
    body: () => ({ dirs: [{ path: '/nowhere', topics: [{ name: TOPIC, partitions: [0] }] }] }),
  },
  {
    api: 'ElectLeaders',
    body: () => ({ topicPartitions: [{ topic: TOPIC, partitions: [0] }], timeoutMs: 30_000 }),
  },
  {
    api: 'AlterPartitionReassignments',
    body: () => ({
      timeoutMs: 30_000,
      topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, replicas: null }] }],
    }),
  },
  { api: 'ListPartitionReassignments', body: () => ({ timeoutMs: 30_000, topics: null }) },
  { api: 'ListConfigResources', about: 'of all types', body: () => ({}), only: codeOf },
  { api: 'ListConfigResources', about: 'of topics', from: 1, body: () => ({ resourceTypes: [2] }), only: codeOf },
  {
    api: 'DescribeConfigs',
    about: 'of the broker',
    body: () => ({
      resources: [BROKER_RESOURCE, LOGGER_RESOURCE].map((resourceType) => ({
        resourceType,
        resourceName: '1',
        configurationKeys: ['log.retention.hours'],
      })),
    }),
  },
  {
    api: 'DescribeConfigs',
    about: 'of subscriptions to metrics',
    body: () => ({
      resources: [{ resourceType: METRICS_RESOURCE, resourceName: 'some', configurationKeys: ['interval.ms'] }],
    }),
  },
  {
    api: 'IncrementalAlterConfigs',
    about: 'of the broker and of subscriptions',
    body: () => ({
      resources: [
        {
          resourceType: BROKER_RESOURCE,
          resourceName: '1',
          configs: [{ name: 'log.cleaner.threads', configOperation: 0, value: '1' }],
        },
        {
          resourceType: METRICS_RESOURCE,
          resourceName: 'some',
          configs: [{ name: 'interval.ms', configOperation: 0, value: '1000' }],
        },
      ],
      validateOnly: true,
    }),
  },
  {
    api: 'DescribeQuorum',
    body: () => ({ topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }),
    only: codeOf,
  },
  {
    api: 'UpdateFeatures',
    from: 1,
    body: () => ({
      timeoutMs: 30_000,
      featureUpdates: [{ feature: 'no.such.feature', maxVersionLevel: 1, upgradeType: 1 }],
      validateOnly: true,
    }),
  },
  { api: 'UnregisterBroker', body: () => ({ brokerId: 99 }) },
  { api: 'UnregisterController', body: () => ({ controllerId: 99 }) },
  { api: 'AddRaftVoter', body: () => ({ clusterId: 'another', timeoutMs: 1000, voterId: 5 }) },
  { api: 'RemoveRaftVoter', body: () => ({ clusterId: 'another', voterId: 5 }) },
];

function codeOf(answer: any): any {
  return typeof answer === 'object' ? { errorCode: answer.errorCode } : answer;
}

const aclFilter = {
  resourceTypeFilter: ResourceType.TOPIC,
  resourceNameFilter: 'no-such-topic',
  patternTypeFilter: 3,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};

const securityAsks: readonly Ask[] = [
  { api: 'DescribeAcls', body: () => aclFilter },
  {
    api: 'CreateAcls',
    body: (_, own) => ({
      creations: [
        {
          resourceType: ResourceType.TRANSACTIONAL_ID,
          resourceName: own,
          resourcePatternType: 3,
          ...NOBODY,
          operation: 3,
          permissionType: 3,
        },
      ],
    }),
  },
  { api: 'DeleteAcls', body: () => ({ filters: [aclFilter] }) },
  { api: 'DescribeUserScramCredentials', body: () => ({ users: [{ name: 'nobody' }] }) },
  {
    api: 'AlterUserScramCredentials',
    body: () => ({ deletions: [{ name: 'nobody', mechanism: 1 }], upsertions: [] }),
  },
  {
    api: 'DescribeClientQuotas',
    body: () => ({ components: [{ entityType: 'user', matchType: 0, match: 'nobody' }], strict: true }),
  },
  {
    api: 'AlterClientQuotas',
    body: () => ({
      entries: [
        { entity: [{ entityType: 'user', entityName: 'nobody' }], ops: [{ key: 'producer_byte_rate', value: 1e6 }] },
      ],
      validateOnly: true,
    }),
  },
];

/** Of a list of tokens, who has them. */
function ownersOf(answer: any): any {
  const tokens = answer.tokens?.map(({ principalName }: any) => ({ name: principalName }));
  return typeof answer === 'object' ? { errorCode: answer.errorCode, tokens } : answer;
}

const OWNER_PRINCIPAL = { principalType: 'User', principalName: OWNER };
const NO_HMAC = Buffer.alloc(64);

const tokenAsks: readonly Ask[] = [
  {
    api: 'CreateDelegationToken',
    about: 'of their own',
    only: codeOf,
    body: () => ({ renewers: [], maxLifetimeMs: -1 }),
  },
  {
    api: 'CreateDelegationToken',
    about: 'of somebody else',
    from: 3,
    only: codeOf,
    // Another one than the one whose tokens are looked for.
    body: (_, own) => ({
      ownerPrincipalType: 'User',
      ownerPrincipalName: own,
      renewers: [],
      maxLifetimeMs: -1,
    }),
  },
  { api: 'DescribeDelegationToken', only: ownersOf, body: () => ({ owners: [OWNER_PRINCIPAL] }) },
  { api: 'RenewDelegationToken', only: codeOf, body: () => ({ hmac: NO_HMAC, renewPeriodMs: -1 }) },
  { api: 'ExpireDelegationToken', only: codeOf, body: () => ({ hmac: NO_HMAC, expiryTimePeriodMs: -1 }) },
];

const partition = [{ partition: 0 }];
/** What brokers keep of share groups, in coordinators of their own. */
const shareStateAsks: readonly Ask[] = (
  [
    ['InitializeShareGroupState', { stateEpoch: 0, startOffset: 0 }],
    ['ReadShareGroupState', { leaderEpoch: 0 }],
    ['ReadShareGroupStateSummary', { leaderEpoch: 0 }],
    ['WriteShareGroupState', { stateEpoch: 0, leaderEpoch: 0, startOffset: 0 }],
    ['DeleteShareGroupState', {}],
  ] as const
).map(([api, more]) => ({
  api,
  body: ({ ids }, groupId) => ({
    groupId,
    topics: [{ topicId: ids[TOPIC], partitions: partition.map((one) => ({ ...one, ...more })) }],
  }),
}));

export const CLUSTER_ASKS: readonly Ask[] = [
  ...transactionAsks,
  ...clusterAsks,
  ...securityAsks,
  ...tokenAsks,
  ...shareStateAsks,
];
