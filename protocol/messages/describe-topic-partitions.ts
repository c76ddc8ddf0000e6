/** DescribeTopicPartitions, API key 75. */
import { array, bool, int16, int32, message, string, struct, structs, uuid } from '../schema.ts';

export const DescribeTopicPartitionsRequest = message({
  kind: 'request',
  name: 'DescribeTopicPartitionsRequest',
  apiKey: 75,
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  about: 'DescribeTopicPartitionsRequest',
  fields: {
    topics: structs(
      'TopicRequest',
      {},
      {
        name: string(),
      },
    ),
    responsePartitionLimit: int32({ default: 2000 }),
    cursor: struct(
      'Cursor',
      { nullable: '0+', default: null },
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
  about: 'DescribeTopicPartitionsResponse',
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: structs(
      'DescribeTopicPartitionsResponseTopic',
      {},
      {
        errorCode: int16(),
        name: string({ nullable: '0+' }),
        topicId: uuid({ ignorable: true }),
        isInternal: bool({ ignorable: true }),
        partitions: structs(
          'DescribeTopicPartitionsResponsePartition',
          {},
          {
            errorCode: int16(),
            partitionIndex: int32(),
            leaderId: int32(),
            leaderEpoch: int32({ default: -1, ignorable: true }),
            replicaNodes: array('int32'),
            isrNodes: array('int32'),
            eligibleLeaderReplicas: array('int32', { nullable: '0+', default: null }),
            lastKnownElr: array('int32', { nullable: '0+', default: null }),
            offlineReplicas: array('int32', { ignorable: true }),
          },
        ),
        topicAuthorizedOperations: int32({ default: -2147483648 }),
      },
    ),
    nextCursor: struct(
      'Cursor',
      { nullable: '0+', default: null },
      {
        topicName: string(),
        partitionIndex: int32(),
      },
    ),
  },
});
