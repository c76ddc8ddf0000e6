/** ConsumerGroupHeartbeat, API key 68. */
import { array, type Fields, int16, int32, message, string, struct, structs, uuid } from '../schema.ts';

export const ConsumerGroupHeartbeatRequest = message({
  kind: 'request',
  name: 'ConsumerGroupHeartbeatRequest',
  apiKey: 68,
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'ConsumerGroupHeartbeatRequest',
  fields: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    instanceId: string({ nullable: '0+', default: null }),
    rackId: string({ nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    subscribedTopicNames: array('string', { nullable: '0+', default: null }),
    subscribedTopicRegex: string({ versions: '1+', nullable: '1+', default: null }),
    serverAssignor: string({ nullable: '0+', default: null }),
    topicPartitions: structs(
      'TopicPartitions',
      { nullable: '0+', default: null },
      {
        topicId: uuid(),
        partitions: array('int32'),
      },
    ),
  },
});

const topicPartitionsFields: Fields = {
  topicId: uuid(),
  partitions: array('int32'),
};

export const ConsumerGroupHeartbeatResponse = message({
  kind: 'response',
  name: 'ConsumerGroupHeartbeatResponse',
  apiKey: 68,
  versions: '0-1',
  flexible: '0+',
  about: 'ConsumerGroupHeartbeatResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    memberId: string({ nullable: '0+', default: null }),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: struct(
      'Assignment',
      { nullable: '0+', default: null },
      {
        topicPartitions: structs('TopicPartitions', {}, topicPartitionsFields),
      },
    ),
  },
});
