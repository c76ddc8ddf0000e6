/** Coordinator records of type 13: ShareGroupTargetAssignmentMember. */
import { array, message, string, structs, uuid } from '../../schema.ts';

export const ShareGroupTargetAssignmentMemberKey = message({
  kind: 'coordinator-key',
  name: 'ShareGroupTargetAssignmentMemberKey',
  apiKey: 13,
  versions: '0',
  flexible: 'none',
  about: 'ShareGroupTargetAssignmentMemberKey',
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

export const ShareGroupTargetAssignmentMemberValue = message({
  kind: 'coordinator-value',
  name: 'ShareGroupTargetAssignmentMemberValue',
  apiKey: 13,
  versions: '0',
  flexible: '0+',
  about: 'ShareGroupTargetAssignmentMemberValue',
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
