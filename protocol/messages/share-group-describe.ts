/** ShareGroupDescribe, API key 77. */
import { array, bool, type Fields, int16, int32, message, string, struct, structs, uuid } from '../schema.ts';

export const ShareGroupDescribeRequest = message({
  kind: 'request',
  name: 'ShareGroupDescribeRequest',
  apiKey: 77,
  versions: '1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'ShareGroupDescribeRequest',
  fields: {
    groupIds: array('string'),
    includeAuthorizedOperations: bool(),
  },
});

const topicPartitionsFields: Fields = {
  topicId: uuid(),
  topicName: string(),
  partitions: array('int32'),
};

const assignmentFields: Fields = {
  topicPartitions: structs('TopicPartitions', {}, topicPartitionsFields),
};

export const ShareGroupDescribeResponse = message({
  kind: 'response',
  name: 'ShareGroupDescribeResponse',
  apiKey: 77,
  versions: '1',
  flexible: '0+',
  about: 'ShareGroupDescribeResponse',
  fields: {
    throttleTimeMs: int32(),
    groups: structs(
      'DescribedGroup',
      {},
      {
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
        groupId: string(),
        groupState: string(),
        groupEpoch: int32(),
        assignmentEpoch: int32(),
        assignorName: string(),
        members: structs(
          'Member',
          {},
          {
            memberId: string(),
            rackId: string({ nullable: '0+', default: null }),
            memberEpoch: int32(),
            clientId: string(),
            clientHost: string(),
            subscribedTopicNames: array('string'),
            assignment: struct('Assignment', {}, assignmentFields),
          },
        ),
        authorizedOperations: int32({ default: -2147483648 }),
      },
    ),
  },
});
