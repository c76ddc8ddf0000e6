/** ShareGroupHeartbeat, API key 76. */
import { array, type Fields, int16, int32, message, string, struct, structs, uuid } from '../schema.ts';

export const ShareGroupHeartbeatRequest = message({
  kind: 'request',
  name: 'ShareGroupHeartbeatRequest',
  apiKey: 76,
  versions: '1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'ShareGroupHeartbeatRequest',
  fields: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    rackId: string({ nullable: '0+', default: null }),
    subscribedTopicNames: array('string', { nullable: '0+', default: null }),
  },
});

const topicPartitionsFields: Fields = {
  topicId: uuid(),
  partitions: array('int32'),
};

export const ShareGroupHeartbeatResponse = message({
  kind: 'response',
  name: 'ShareGroupHeartbeatResponse',
  apiKey: 76,
  versions: '1',
  flexible: '0+',
  about: 'ShareGroupHeartbeatResponse',
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
