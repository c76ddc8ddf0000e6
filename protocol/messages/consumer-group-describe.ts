/** ConsumerGroupDescribe, API key 69. */
import { array, bool, type Fields, int16, int32, int8, message, string, struct, structs, uuid } from '../schema.ts';

export const ConsumerGroupDescribeRequest = message({
  kind: 'request',
  name: 'ConsumerGroupDescribeRequest',
  apiKey: 69,
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Asks for consumer groups (KIP-848).',
  fields: {
    groupIds: array('string'),
    includeAuthorizedOperations: bool({ about: 'Report what the client may do.' }),
  },
});

const topicPartitionsFields: Fields = {
  topicId: uuid(),
  topicName: string(),
  partitions: array('int32'),
};

const assignmentFields: Fields = {
  topicPartitions: structs('TopicPartitions', { about: 'Partitions by topic.' }, topicPartitionsFields),
};

export const ConsumerGroupDescribeResponse = message({
  kind: 'response',
  name: 'ConsumerGroupDescribeResponse',
  apiKey: 69,
  versions: '0-1',
  flexible: '0+',
  about: 'Consumer groups and their members.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    groups: structs(
      'DescribedGroup',
      {},
      {
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
        groupId: string(),
        groupState: string({ about: 'State of the group, by name.' }),
        groupEpoch: int32({ about: 'Epoch of the group.' }),
        assignmentEpoch: int32({ about: 'Epoch of the target assignment.' }),
        assignorName: string({ about: 'Assignor on the broker.' }),
        members: structs(
          'Member',
          {},
          {
            memberId: string({ about: 'Id of the member.' }),
            instanceId: string({
              about: 'Name of a static member, null for a dynamic one (KIP-345).',
              nullable: '0+',
              default: null,
            }),
            rackId: string({ about: 'Rack of the sender, empty where unknown.', nullable: '0+', default: null }),
            memberEpoch: int32({ about: 'Epoch of the member.' }),
            clientId: string({ about: 'Name that the client gives itself.' }),
            clientHost: string(),
            subscribedTopicNames: array('string', { about: 'Topics subscribed to; in heartbeats null for unchanged.' }),
            subscribedTopicRegex: string({
              about: 'Regular expression subscribed to (RE2); null for unchanged or none.',
              nullable: '0+',
              default: null,
            }),
            assignment: struct('Assignment', { about: 'What the member is assigned.' }, assignmentFields),
            targetAssignment: struct(
              'Assignment',
              { about: 'What the member is to have in the end.' },
              assignmentFields,
            ),
            memberType: int8({
              about: '0 classic, 1 consumer, -1 unknown.',
              versions: '1+',
              default: -1,
              ignorable: true,
            }),
          },
        ),
        authorizedOperations: int32({
          about: 'Bit field of permitted operations; the smallest int32 for not asked.',
          default: -2147483648,
        }),
      },
    ),
  },
});
