/** Coordinator records of type 8: ConsumerGroupCurrentMemberAssignment. */
import { array, type Fields, int32, int8, message, string, structs, uuid } from '../../schema.ts';

export const ConsumerGroupCurrentMemberAssignmentKey = message({
  kind: 'coordinator-key',
  name: 'ConsumerGroupCurrentMemberAssignmentKey',
  apiKey: 8,
  versions: '0',
  flexible: 'none',
  about: 'ConsumerGroupCurrentMemberAssignmentKey',
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

const topicPartitionsFields: Fields = {
  topicId: uuid(),
  partitions: array('int32'),
  assignmentEpochs: array('int32', { nullable: '0+', tag: 0, default: null }),
};

export const ConsumerGroupCurrentMemberAssignmentValue = message({
  kind: 'coordinator-value',
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  apiKey: 8,
  versions: '0',
  flexible: '0+',
  about: 'ConsumerGroupCurrentMemberAssignmentValue',
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: structs('TopicPartitions', {}, topicPartitionsFields),
    partitionsPendingRevocation: structs('TopicPartitions', {}, topicPartitionsFields),
  },
});
