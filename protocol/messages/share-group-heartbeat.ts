/** ShareGroupHeartbeat, API key 76. */
import { array, type Fields, int16, int32, message, string, struct, structs, uuid } from '../schema.ts';

export const ShareGroupHeartbeatRequest = message({
  kind: 'request',
  name: 'ShareGroupHeartbeatRequest',
  apiKey: 76,
  versions: '1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Joins, keeps up or leaves a share group (KIP-932).',
  fields: {
    groupId: string(),
    memberId: string({ about: 'Id of the member.' }),
    memberEpoch: int32({ about: '0 to join, -1 to leave, else the current epoch.' }),
    rackId: string({ about: 'Rack of the sender, empty where unknown.', nullable: '0+', default: null }),
    subscribedTopicNames: array('string', {
      about: 'Topics subscribed to; in heartbeats null for unchanged.',
      nullable: '0+',
      default: null,
    }),
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
  about: "The member's epoch and, where it changed, its assignment.",
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    memberId: string({ about: 'Id of the member.', nullable: '0+', default: null }),
    memberEpoch: int32({ about: 'Epoch of the member.' }),
    heartbeatIntervalMs: int32({ about: 'When to send the next heartbeat, in ms.' }),
    assignment: struct(
      'Assignment',
      { about: 'What the member is assigned.', nullable: '0+', default: null },
      {
        topicPartitions: structs('TopicPartitions', { about: 'Partitions by topic.' }, topicPartitionsFields),
      },
    ),
  },
});
