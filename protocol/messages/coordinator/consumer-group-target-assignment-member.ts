/** Coordinator records of type 7: ConsumerGroupTargetAssignmentMember. */
import { array, message, string, structs, uuid } from '../../schema.ts';

export const ConsumerGroupTargetAssignmentMemberKey = message({
  kind: 'coordinator-key',
  name: 'ConsumerGroupTargetAssignmentMemberKey',
  apiKey: 7,
  versions: '0',
  flexible: 'none',
  about: 'ConsumerGroupTargetAssignmentMemberKey',
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

export const ConsumerGroupTargetAssignmentMemberValue = message({
  kind: 'coordinator-value',
  name: 'ConsumerGroupTargetAssignmentMemberValue',
  apiKey: 7,
  versions: '0',
  flexible: '0+',
  about: 'ConsumerGroupTargetAssignmentMemberValue',
  fields: {
    topicPartitions: structs(
      'TopicPartition',
      {},
      {
        topicId: uuid(),
        partitions: array('int32'),
      },
    ),
  },
});
