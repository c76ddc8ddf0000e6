/** ShareGroupDescribe, API key 77. */
import { array, bool, type Fields, int16, int32, message, string, struct, structs, uuid } from '../schema.ts';

export const ShareGroupDescribeRequest = message({
  kind: 'request',
  name: 'ShareGroupDescribeRequest',
  apiKey: 77,
  versions: '1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'Asks for share groups (KIP-932).',
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

export const ShareGroupDescribeResponse = message({
  kind: 'response',
  name: 'ShareGroupDescribeResponse',
  apiKey: 77,
  versions: '1',
  flexible: '0+',
  about: 'Share groups and their members.',
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
            rackId: string({ about: 'Rack of the sender, empty where unknown.', nullable: '0+', default: null }),
            memberEpoch: int32({ about: 'Epoch of the member.' }),
            clientId: string({ about: 'Name that the client gives itself.' }),
            clientHost: string(),
            subscribedTopicNames: array('string', { about: 'Topics subscribed to; in heartbeats null for unchanged.' }),
            assignment: struct('Assignment', { about: 'What the member is assigned.' }, assignmentFields),
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
