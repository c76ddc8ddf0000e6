/** When a streams group's target assignment is computed anew, and what comes of it. */
import { replayed } from '../../types.ts';
import { DONE } from '../environment.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import type { ConfiguredTopology } from './configured-topology.ts';
import { timerKey } from './fence.ts';
import type { StreamsMember } from './member.ts';
import { assignmentEpochRecord, targetRecord } from './records.ts';
import type { StreamsRecord } from './records.ts';
import { StatusCode } from './status.ts';
import type { Status } from './status.ts';
import { stickyTaskAssignor } from './sticky-task-assignor.ts';
import { StreamsGroup } from './streams-group.ts';
import { NO_TASKS, sameTasks } from './tasks.ts';
import type { Tasks } from './tasks.ts';

/** The group as it is to be when the records of this request are stored. */
export interface GroupView {
  readonly env: GroupEnvironment;
  readonly group: StreamsGroup;
  /** Epoch that the target is to have. */
  readonly groupEpoch: number;
  readonly members: () => readonly StreamsMember[];
  /** Target so far, by member id. */
  readonly targetOf: (memberId: string) => Tasks | undefined;
  readonly configured: ConfiguredTopology;
  readonly assignmentConfigs: ReadonlyMap<string, string>;
}

export interface TargetAssignment {
  readonly epoch: number;
  readonly tasksOf: (memberId: string) => Tasks;
  /** What stores it, if it is new. */
  readonly records: readonly StreamsRecord[];
  /** Why it is not new although it is to be. */
  readonly delayed: Status | null;
}

function delayedBy(reason: string): Status {
  return {
    statusCode: StatusCode.ASSIGNMENT_DELAYED,
    statusDetail: `Assignment delayed due to the configured ${reason}.`,
  };
}

/** The target for the group's epoch, unless it has to wait: then the one that there is. */
export function targetAssignment(view: GroupView): TargetAssignment {
  const { env, group, groupEpoch, targetOf } = view;
  const { epoch, timestampMs } = group.assignment;
  const current = { epoch, tasksOf: (memberId: string) => targetOf(memberId) ?? NO_TASKS, records: [], delayed: null };
  if (env.timers.has(timerKey.initialDelay(group.groupId))) {
    return { ...current, tasksOf: () => NO_TASKS, delayed: delayedBy('initial rebalance delay') };
  }
  if (epoch >= groupEpoch) return current;
  const { streamsAssignmentIntervalMs } = env.metadata.groupConfig(group.groupId);
  if (timestampMs !== 0 && env.clock.now() < timestampMs + streamsAssignmentIntervalMs) {
    return { ...current, delayed: delayedBy('assignment interval') };
  }
  return newTarget(view);
}

function newTarget({ env, group, groupEpoch, ...view }: GroupView): TargetAssignment {
  const { groupId } = group;
  const members = view.members();
  const assigned = assign(group, members, view);
  const tasksOf = (memberId: string): Tasks => assigned.get(memberId) ?? NO_TASKS;
  const records: StreamsRecord[] = [];
  for (const { memberId } of members) {
    const before = view.targetOf(memberId);
    const tasks = tasksOf(memberId);
    if (before === undefined || !sameTasks(before, tasks)) records.push(targetRecord(groupId, memberId, tasks));
  }
  records.push(assignmentEpochRecord(groupId, { epoch: groupEpoch, timestampMs: env.clock.now() }));
  return { epoch: groupEpoch, tasksOf, records, delayed: null };
}

/** Nobody gets anything while the topics do not fit the topology. */
function assign(
  group: StreamsGroup,
  members: readonly StreamsMember[],
  { configured, assignmentConfigs }: Pick<GroupView, 'configured' | 'assignmentConfigs'>,
): ReadonlyMap<string, Tasks> {
  if (configured.problem !== null || configured.subtopologies === null) return new Map();
  return stickyTaskAssignor.assign({
    numStandbyReplicas: Number(assignmentConfigs.get('num.standby.replicas') ?? 0),
    subtopologies: [...configured.subtopologies].map(([id, { taskCount, stateChangelogTopics }]) => ({
      id,
      taskCount,
      isStateful: stateChangelogTopics.length > 0,
    })),
    members: members.map(({ memberId, processId, assigned }) => ({
      memberId,
      processId,
      held: assigned,
      taskOffsets: group.taskOffsets(memberId).offsets,
    })),
  });
}

/** A group that just got its first member waits for more before it assigns tasks. */
export function startInitialDelay(env: GroupEnvironment, groupId: string, delayMs: number): void {
  const key = timerKey.initialDelay(groupId);
  if (delayMs > 0 && !env.timers.has(key)) env.timers.set(key, delayMs, () => assignDelayed(env, groupId));
}

function assignDelayed(env: GroupEnvironment, groupId: string): GroupResult {
  const group = env.groups.get(groupId);
  if (!(group instanceof StreamsGroup) || group.isEmpty || group.topology === null) return DONE;
  const { records } = targetAssignment({
    env,
    group,
    groupEpoch: group.epoch.epoch,
    members: () => [...group.members.values()],
    targetOf: (memberId) => group.targets.get(memberId),
    configured: group.measure(group.topology, env.topics).configured,
    assignmentConfigs: group.epoch.assignmentConfigs,
  });
  return replayed(records, undefined);
}
