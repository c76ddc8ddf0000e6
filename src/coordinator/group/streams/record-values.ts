/** Between what records of streams groups hold and what their groups do. */
import type { StreamsGroupCurrentMemberAssignmentValue } from '../../../../protocol/generated/streams-group-current-member-assignment-value.ts';
import type { StreamsGroupMemberMetadataValue } from '../../../../protocol/generated/streams-group-member-metadata-value.ts';
import type { StreamsGroupMetadataValue } from '../../../../protocol/generated/streams-group-metadata-value.ts';
import type { StreamsGroupTargetAssignmentMemberValue } from '../../../../protocol/generated/streams-group-target-assignment-member-value.ts';
import { MemberState } from './member.ts';
import type { MemberAssignment, MemberMetadata } from './member.ts';
import type { GroupEpoch } from './streams-group.ts';
import { fromTaskIds, taskId, toTaskIds } from './tasks.ts';
import type { HeldTasks, TaskId, TaskIds, Tasks } from './tasks.ts';

export function toGroupEpoch(stored: StreamsGroupMetadataValue): GroupEpoch {
  const { epoch, metadataHash, validatedTopologyEpoch, lastAssignmentConfigs } = stored;
  const assignmentConfigs = new Map((lastAssignmentConfigs ?? []).map(({ key, value }) => [key, value]));
  return { epoch, metadataHash, validatedTopologyEpoch, assignmentConfigs };
}

/** Tags sorted by key, as Kafka writes them. */
export function fromMember(member: MemberMetadata): StreamsGroupMemberMetadataValue {
  const { instanceId, rackId, clientId, clientHost, rebalanceTimeoutMs } = member;
  const { topologyEpoch, processId, userEndpoint } = member;
  const sorted = [...member.clientTags].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    instanceId,
    rackId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    topologyEpoch,
    processId,
    userEndpoint,
    clientTags: sorted.map(([key, value]) => ({ key, value })),
  };
}

export function toMember(stored: StreamsGroupMemberMetadataValue): MemberMetadata {
  return { ...stored, clientTags: new Map(stored.clientTags.map(({ key, value }) => [key, value])) };
}

export function fromTarget(tasks: Tasks): StreamsGroupTargetAssignmentMemberValue {
  return {
    activeTasks: toTaskIds(tasks.active),
    standbyTasks: toTaskIds(tasks.standby),
    warmupTasks: toTaskIds(tasks.warmup),
  };
}

export function toTarget(stored: StreamsGroupTargetAssignmentMemberValue): Tasks {
  return {
    active: fromTaskIds(stored.activeTasks),
    standby: fromTaskIds(stored.standbyTasks),
    warmup: fromTaskIds(stored.warmupTasks),
  };
}

interface EpochedTaskIds extends TaskIds {
  readonly assignmentEpochs: readonly number[] | null;
}

export function fromMemberAssignment(assignment: MemberAssignment): StreamsGroupCurrentMemberAssignmentValue {
  const { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation } = assignment;
  return {
    memberEpoch,
    previousMemberEpoch,
    state,
    activeTasks: withEpochs(assigned.active),
    standbyTasks: withoutEpochs(assigned.standby),
    warmupTasks: withoutEpochs(assigned.warmup),
    activeTasksPendingRevocation: withEpochs(pendingRevocation.active),
    standbyTasksPendingRevocation: withoutEpochs(pendingRevocation.standby),
    warmupTasksPendingRevocation: withoutEpochs(pendingRevocation.warmup),
  };
}

function withEpochs(tasks: ReadonlyMap<TaskId, number>): StreamsGroupCurrentMemberAssignmentValue['activeTasks'] {
  return toTaskIds(tasks.keys()).map(({ subtopologyId, partitions }) => ({
    subtopologyId,
    partitions,
    assignmentEpochs: partitions.map((partition) => tasks.get(taskId(subtopologyId, partition)) ?? 0),
  }));
}

function withoutEpochs(tasks: ReadonlySet<TaskId>): StreamsGroupCurrentMemberAssignmentValue['standbyTasks'] {
  return toTaskIds(tasks).map((taskIds) => ({ ...taskIds, assignmentEpochs: [] }));
}

export function toMemberAssignment(stored: StreamsGroupCurrentMemberAssignmentValue): MemberAssignment {
  const { memberEpoch, previousMemberEpoch } = stored;
  const held = (active: readonly EpochedTaskIds[], standby: TaskIds[], warmup: TaskIds[]): HeldTasks => ({
    active: epochs(active, memberEpoch),
    standby: fromTaskIds(standby),
    warmup: fromTaskIds(warmup),
  });
  return {
    memberEpoch,
    previousMemberEpoch,
    state: Object.values(MemberState).find((state) => state === stored.state) ?? MemberState.UNKNOWN,
    assigned: held(stored.activeTasks, stored.standbyTasks, stored.warmupTasks),
    pendingRevocation: held(
      stored.activeTasksPendingRevocation,
      stored.standbyTasksPendingRevocation,
      stored.warmupTasksPendingRevocation,
    ),
  };
}

/** Without an epoch for each partition, the member's epoch stands for them. */
function epochs(list: readonly EpochedTaskIds[], memberEpoch: number): ReadonlyMap<TaskId, number> {
  return new Map(
    list.flatMap(({ subtopologyId, partitions, assignmentEpochs }) =>
      partitions.map((partition, index) => {
        const known = assignmentEpochs?.length === partitions.length ? assignmentEpochs[index] : undefined;
        return [taskId(subtopologyId, partition), known ?? memberEpoch] as const;
      }),
    ),
  );
}
