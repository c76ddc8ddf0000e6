/** Coordinator records of type 13: ShareGroupTargetAssignmentMember. */
import { array, message, string, structs, uuid } from '../../schema.ts';

export const ShareGroupTargetAssignmentMemberKey = message({
  kind: 'coordinator-key',
  name: 'ShareGroupTargetAssignmentMemberKey',
  apiKey: 13,
  versions: '0',
  flexible: 'none',
  about: "Key of the target assignment of a share group's member.",
  fields: {
    groupId: string(),
    memberId: string({ about: 'Id of the member.' }),
  },
});

export const ShareGroupTargetAssignmentMemberValue = message({
  kind: 'coordinator-value',
  name: 'ShareGroupTargetAssignmentMemberValue',
  apiKey: 13,
  versions: '0',
  flexible: '0+',
  about: "Value of the target assignment of a share group's member.",
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
