/** Coordinator records of type 22: StreamsGroupCurrentMemberAssignment. */
import { array, type Fields, int32, int8, message, string, structs } from '../../schema.ts';

export const StreamsGroupCurrentMemberAssignmentKey = message({
  kind: 'coordinator-key',
  name: 'StreamsGroupCurrentMemberAssignmentKey',
  apiKey: 22,
  versions: '0',
  flexible: 'none',
  about: 'StreamsGroupCurrentMemberAssignmentKey',
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

const taskIdsFields: Fields = {
  subtopologyId: string(),
  partitions: array('int32'),
  assignmentEpochs: array('int32', { nullable: '0+', tag: 0, default: null }),
};

export const StreamsGroupCurrentMemberAssignmentValue = message({
  kind: 'coordinator-value',
  name: 'StreamsGroupCurrentMemberAssignmentValue',
  apiKey: 22,
  versions: '0',
  flexible: '0+',
  about: 'StreamsGroupCurrentMemberAssignmentValue',
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    activeTasks: structs('TaskIds', {}, taskIdsFields),
    standbyTasks: structs('TaskIds', {}, taskIdsFields),
    warmupTasks: structs('TaskIds', {}, taskIdsFields),
    activeTasksPendingRevocation: structs('TaskIds', {}, taskIdsFields),
    standbyTasksPendingRevocation: structs('TaskIds', {}, taskIdsFields),
    warmupTasksPendingRevocation: structs('TaskIds', {}, taskIdsFields),
  },
});
