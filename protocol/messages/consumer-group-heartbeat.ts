/** ConsumerGroupHeartbeat, API key 68. */
import { array, type Fields, int16, int32, message, string, struct, structs, uuid } from '../schema.ts';

export const ConsumerGroupHeartbeatRequest = message({
  kind: 'request',
  name: 'ConsumerGroupHeartbeatRequest',
  apiKey: 68,
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Joins, keeps up or leaves a consumer group (KIP-848).',
  fields: {
    groupId: string(),
    memberId: string({ about: 'Id of the member.' }),
    memberEpoch: int32({ about: '0 to join, -1 to leave, -2 to leave as a static member, else the current epoch.' }),
    instanceId: string({
      about: 'Name of a static member, null for a dynamic one (KIP-345).',
      nullable: '0+',
      default: null,
    }),
    rackId: string({ about: 'Rack of the sender, empty where unknown.', nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32({
      about: 'How long a member may take to rejoin, in ms; -1 for unchanged or unset.',
      default: -1,
    }),
    subscribedTopicNames: array('string', {
      about: 'Topics subscribed to; in heartbeats null for unchanged.',
      nullable: '0+',
      default: null,
    }),
    subscribedTopicRegex: string({
      about: 'Regular expression subscribed to (RE2); null for unchanged or none.',
      versions: '1+',
      nullable: '1+',
      default: null,
    }),
    serverAssignor: string({
      about: 'Assignor on the broker; null for unchanged or the default.',
      nullable: '0+',
      default: null,
    }),
    topicPartitions: structs(
      'TopicPartitions',
      { about: 'Partitions owned now; null for unchanged.', nullable: '0+', default: null },
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
