/** Coordinator records of type 22: StreamsGroupCurrentMemberAssignment. */
import { array, type Fields, int32, int8, message, string, structs } from '../../schema.ts';

export const StreamsGroupCurrentMemberAssignmentKey = message({
  kind: 'coordinator-key',
  name: 'StreamsGroupCurrentMemberAssignmentKey',
  apiKey: 22,
  versions: '0',
  flexible: 'none',
  about: "Key of the current assignment of a streams group's member.",
  fields: {
    groupId: string(),
    memberId: string({ about: 'Id of the member.' }),
  },
});

const taskIdsFields: Fields = {
  subtopologyId: string({ about: 'Name of the part of the topology.' }),
  partitions: array('int32'),
  assignmentEpochs: array('int32', {
    about: 'Epoch in which each partition was assigned, in the order of the partitions.',
    nullable: '0+',
    tag: 0,
  }),
};

export const StreamsGroupCurrentMemberAssignmentValue = message({
  kind: 'coordinator-value',
  name: 'StreamsGroupCurrentMemberAssignmentValue',
  apiKey: 22,
  versions: '0',
  flexible: '0+',
  about: "Value of the current assignment of a streams group's member.",
  fields: {
    memberEpoch: int32({ about: 'Epoch of the member.' }),
    previousMemberEpoch: int32({ about: 'Epoch of the member before this one.' }),
    state: int8(),
    activeTasks: structs('TaskIds', { about: 'Tasks that process; in heartbeats null for unchanged.' }, taskIdsFields),
    standbyTasks: structs(
      'TaskIds',
      { about: 'Tasks that keep a copy of the state; in heartbeats null for unchanged.' },
      taskIdsFields,
    ),
    warmupTasks: structs(
      'TaskIds',
      { about: 'Tasks that build up their state; in heartbeats null for unchanged.' },
      taskIdsFields,
    ),
    activeTasksPendingRevocation: structs('TaskIds', {}, taskIdsFields),
    standbyTasksPendingRevocation: structs('TaskIds', {}, taskIdsFields),
    warmupTasksPendingRevocation: structs('TaskIds', {}, taskIdsFields),
  },
});
