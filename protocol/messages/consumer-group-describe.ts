/** ConsumerGroupDescribe, API key 69. */
import { array, bool, type Fields, int16, int32, int8, message, string, struct, structs, uuid } from '../schema.ts';

export const ConsumerGroupDescribeRequest = message({
  kind: 'request',
  name: 'ConsumerGroupDescribeRequest',
  apiKey: 69,
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  about: 'ConsumerGroupDescribeRequest',
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

export const ConsumerGroupDescribeResponse = message({
  kind: 'response',
  name: 'ConsumerGroupDescribeResponse',
  apiKey: 69,
  versions: '0-1',
  flexible: '0+',
  about: 'ConsumerGroupDescribeResponse',
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
            instanceId: string({ nullable: '0+', default: null }),
            rackId: string({ nullable: '0+', default: null }),
            memberEpoch: int32(),
            clientId: string(),
            clientHost: string(),
            subscribedTopicNames: array('string'),
            subscribedTopicRegex: string({ nullable: '0+', default: null }),
            assignment: struct('Assignment', {}, assignmentFields),
            targetAssignment: struct('Assignment', {}, assignmentFields),
            memberType: int8({ versions: '1+', default: -1, ignorable: true }),
          },
        ),
        authorizedOperations: int32({ default: -2147483648 }),
      },
    ),
  },
});
