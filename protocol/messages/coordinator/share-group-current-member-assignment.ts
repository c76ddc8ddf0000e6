/** Coordinator records of type 14: ShareGroupCurrentMemberAssignment. */
import { array, type Fields, int32, int8, message, string, structs, uuid } from '../../schema.ts';

export const ShareGroupCurrentMemberAssignmentKey = message({
  kind: 'coordinator-key',
  name: 'ShareGroupCurrentMemberAssignmentKey',
  apiKey: 14,
  versions: '0',
  flexible: 'none',
  about: 'ShareGroupCurrentMemberAssignmentKey',
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

const topicPartitionsFields: Fields = {
  topicId: uuid(),
  partitions: array('int32'),
};

export const ShareGroupCurrentMemberAssignmentValue = message({
  kind: 'coordinator-value',
  name: 'ShareGroupCurrentMemberAssignmentValue',
  apiKey: 14,
  versions: '0',
  flexible: '0+',
  about: 'ShareGroupCurrentMemberAssignmentValue',
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: structs('TopicPartitions', {}, topicPartitionsFields),
  },
});
