/** Coordinator records of type 7: ConsumerGroupTargetAssignmentMember. */
import { array, message, string, structs, uuid } from '../../schema.ts';

export const ConsumerGroupTargetAssignmentMemberKey = message({
  kind: 'coordinator-key',
  name: 'ConsumerGroupTargetAssignmentMemberKey',
  apiKey: 7,
  versions: '0',
  flexible: 'none',
  about: "Key of the target assignment of a consumer group's member.",
  fields: {
    groupId: string(),
    memberId: string({ about: 'Id of the member.' }),
  },
});

export const ConsumerGroupTargetAssignmentMemberValue = message({
  kind: 'coordinator-value',
  name: 'ConsumerGroupTargetAssignmentMemberValue',
  apiKey: 7,
  versions: '0',
  flexible: '0+',
  about: "Value of the target assignment of a consumer group's member.",
  fields: {
    topicPartitions: structs(
      'TopicPartition',
      { about: 'Partitions by topic.' },
      {
        topicId: uuid(),
        partitions: array('int32'),
      },
    ),
  },
});
