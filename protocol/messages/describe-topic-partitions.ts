/** DescribeTopicPartitions, API key 75. */
import { array, bool, int16, int32, message, string, struct, structs, uuid } from '../schema.ts';

export const DescribeTopicPartitionsRequest = message({
  kind: 'request',
  name: 'DescribeTopicPartitionsRequest',
  apiKey: 75,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Asks for topics, page by page (KIP-966).',
  fields: {
    topics: structs(
      'TopicRequest',
      {},
      {
        name: string(),
      },
    ),
    responsePartitionLimit: int32({ about: 'Most partitions in one response.', default: 2000 }),
    cursor: struct(
      'Cursor',
      { about: 'Where to go on; null to begin at the start.', nullable: '0+', default: null },
      {
        topicName: string(),
        partitionIndex: int32(),
      },
    ),
  },
});

export const DescribeTopicPartitionsResponse = message({
  kind: 'response',
  name: 'DescribeTopicPartitionsResponse',
  apiKey: 75,
  versions: '0',
  flexible: '0+',
  about: 'A page of topics and partitions.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.', ignorable: true }),
    topics: structs(
      'DescribeTopicPartitionsResponseTopic',
      {},
      {
        errorCode: int16(),
        name: string({ nullable: '0+' }),
        topicId: uuid({ ignorable: true }),
        isInternal: bool({ about: 'The topic belongs to the broker itself.', ignorable: true }),
        partitions: structs(
          'DescribeTopicPartitionsResponsePartition',
          {},
          {
            errorCode: int16(),
            partitionIndex: int32(),
            leaderId: int32({ about: 'Node id of the leader, -1 for none.' }),
            leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.', default: -1, ignorable: true }),
            replicaNodes: array('int32', { about: 'Brokers with a replica.' }),
            isrNodes: array('int32', { about: 'Brokers whose replica is in sync.' }),
            eligibleLeaderReplicas: array('int32', {
              about: 'Replicas that may lead although they are not in sync (KIP-966).',
              nullable: '0+',
              default: null,
            }),
            lastKnownElr: array('int32', { about: 'The last known leaders (KIP-966).', nullable: '0+', default: null }),
            offlineReplicas: array('int32', { about: 'Brokers whose replica is offline.', ignorable: true }),
          },
        ),
        topicAuthorizedOperations: int32({
          about: 'Bit field of permitted operations; the smallest int32 for not asked.',
          default: -2147483648,
        }),
      },
    ),
    nextCursor: struct(
      'Cursor',
      { about: 'Where to go on; null at the end.', nullable: '0+', default: null },
      {
        topicName: string(),
        partitionIndex: int32(),
      },
    ),
  },
});
