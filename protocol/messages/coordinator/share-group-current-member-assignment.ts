/** Coordinator records of type 14: ShareGroupCurrentMemberAssignment. */
import { array, type Fields, int32, int8, message, string, structs, uuid } from '../../schema.ts';

export const ShareGroupCurrentMemberAssignmentKey = message({
  kind: 'coordinator-key',
  name: 'ShareGroupCurrentMemberAssignmentKey',
  apiKey: 14,
  versions: '0',
  flexible: 'none',
  about: "Key of the current assignment of a share group's member.",
  fields: {
    groupId: string(),
    memberId: string({ about: 'Id of the member.' }),
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
  about: "Value of the current assignment of a share group's member.",
  fields: {
    memberEpoch: int32({ about: 'Epoch of the member.' }),
    previousMemberEpoch: int32({ about: 'Epoch of the member before this one.' }),
    state: int8(),
    assignedPartitions: structs('TopicPartitions', {}, topicPartitionsFields),
  },
});
