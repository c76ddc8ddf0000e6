/** Coordinator records of type 21: StreamsGroupTargetAssignmentMember. */
import { array, type Fields, message, string, structs } from '../../schema.ts';

export const StreamsGroupTargetAssignmentMemberKey = message({
  kind: 'coordinator-key',
  name: 'StreamsGroupTargetAssignmentMemberKey',
  apiKey: 21,
  versions: '0',
  flexible: 'none',
  about: "Key of the target assignment of a streams group's member.",
  fields: {
    groupId: string(),
    memberId: string({ about: 'Id of the member.' }),
  },
});

const taskIdsFields: Fields = {
  subtopologyId: string({ about: 'Name of the part of the topology.' }),
  partitions: array('int32'),
};

export const StreamsGroupTargetAssignmentMemberValue = message({
  kind: 'coordinator-value',
  name: 'StreamsGroupTargetAssignmentMemberValue',
  apiKey: 21,
  versions: '0',
  flexible: '0+',
  about: "Value of the target assignment of a streams group's member.",
  fields: {
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
  },
});
