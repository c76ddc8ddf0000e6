/** Coordinator records of type 21: StreamsGroupTargetAssignmentMember. */
import { array, type Fields, message, string, structs } from '../../schema.ts';

export const StreamsGroupTargetAssignmentMemberKey = message({
  kind: 'coordinator-key',
  name: 'StreamsGroupTargetAssignmentMemberKey',
  apiKey: 21,
  versions: '0',
  flexible: 'none',
  about: 'StreamsGroupTargetAssignmentMemberKey',
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

const taskIdsFields: Fields = {
  subtopologyId: string(),
  partitions: array('int32'),
};

export const StreamsGroupTargetAssignmentMemberValue = message({
  kind: 'coordinator-value',
  name: 'StreamsGroupTargetAssignmentMemberValue',
  apiKey: 21,
  versions: '0',
  flexible: '0+',
  about: 'StreamsGroupTargetAssignmentMemberValue',
  fields: {
    activeTasks: structs('TaskIds', {}, taskIdsFields),
    standbyTasks: structs('TaskIds', {}, taskIdsFields),
    warmupTasks: structs('TaskIds', {}, taskIdsFields),
  },
});
