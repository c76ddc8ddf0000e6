/** Coordinator records of type 8: ConsumerGroupCurrentMemberAssignment. */
import { array, type Fields, int32, int8, message, string, structs, uuid } from '../../schema.ts';

export const ConsumerGroupCurrentMemberAssignmentKey = message({
  kind: 'coordinator-key',
  name: 'ConsumerGroupCurrentMemberAssignmentKey',
  apiKey: 8,
  versions: '0',
  flexible: 'none',
  about: "Key of the current assignment of a consumer group's member.",
  fields: {
    groupId: string(),
    memberId: string({ about: 'Id of the member.' }),
  },
});

const topicPartitionsFields: Fields = {
  topicId: uuid(),
  partitions: array('int32'),
  assignmentEpochs: array('int32', {
    about: 'Epoch in which each partition was assigned, in the order of the partitions.',
    nullable: '0+',
    tag: 0,
  }),
};

export const ConsumerGroupCurrentMemberAssignmentValue = message({
  kind: 'coordinator-value',
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  apiKey: 8,
  versions: '0',
  flexible: '0+',
  about: "Value of the current assignment of a consumer group's member.",
  fields: {
    memberEpoch: int32({ about: 'Epoch of the member.' }),
    previousMemberEpoch: int32({ about: 'Epoch of the member before this one.' }),
    state: int8(),
    assignedPartitions: structs('TopicPartitions', {}, topicPartitionsFields),
    partitionsPendingRevocation: structs(
      'TopicPartitions',
      { about: 'Partitions that the member still has to give back.' },
      topicPartitionsFields,
    ),
  },
});
