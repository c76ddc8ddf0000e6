/**
 * StreamsGroupHeartbeat: a member joins, says that it lives and what it owns, and is told its tasks. The group's epoch
 * grows when something changed that tasks depend on; with it a new target is computed, now or a little later.
 */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type {
  StreamsGroupHeartbeatRequest,
  TaskIds,
} from '../../../../protocol/generated/streams-group-heartbeat-request.ts';
import { replayed } from '../../types.ts';
import type { GroupCaller } from '../caller.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import type { GroupRecord } from '../protocol.ts';
import { MemberEpoch } from '../modern/member.ts';
import type { ConfiguredTopology } from './configured-topology.ts';
import { assignmentConfigs } from './assignment-configs.ts';
import { nextAssignment } from './current-assignment.ts';
import { resetSession, watchRevocation } from './fence.ts';
import { joinedGroup, streamsGroup } from './find.ts';
import { heartbeatAnswer } from './heartbeat-answer.ts';
import type { HeartbeatAnswer } from './heartbeat-answer.ts';
import { leaveStreamsGroup } from './leave.ts';
import { isReconciledTo, sameAssignment, sameMetadata, samePlacement } from './member.ts';
import type { StreamsMember } from './member.ts';
import { admit, ownedTasks, replacementRecords, updatedMember } from './members.ts';
import type { Admitted } from './members.ts';
import { groupRecord, memberAssignmentRecord, memberRecord, topologyRecord } from './records.ts';
import { StatusCode } from './status.ts';
import type { Status } from './status.ts';
import type { GroupEpoch, StreamsGroup } from './streams-group.ts';
import { startInitialDelay, targetAssignment } from './target.ts';
import type { TargetAssignment } from './target.ts';
import { updatedOffsets } from './task-offsets.ts';
import { sameTopology, toTopology } from './topology.ts';
import type { StreamsTopology } from './topology.ts';

/** A heartbeat on its way: what it does to its group is collected here. */
interface Beat {
  readonly env: GroupEnvironment;
  readonly request: StreamsGroupHeartbeatRequest;
  /** As it is before the heartbeat; not in the environment yet when its first member joins. */
  readonly group: StreamsGroup;
  readonly records: GroupRecord[];
  readonly statuses: Status[];
}

/**
 * Serves a request that `checkHeartbeatRequest` let pass.
 * @throws KafkaError GROUP_ID_NOT_FOUND, GROUP_MAX_SIZE_REACHED, UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH,
 *   FENCED_INSTANCE_ID, UNRELEASED_INSTANCE_ID, INVALID_REQUEST, STREAMS_INVALID_TOPOLOGY
 */
export function streamsGroupHeartbeat(
  env: GroupEnvironment,
  caller: GroupCaller,
  request: StreamsGroupHeartbeatRequest,
): GroupResult<HeartbeatAnswer> {
  const { groupId, memberId, memberEpoch } = request;
  if (memberEpoch < MemberEpoch.JOIN) return leaveStreamsGroup(env, request);
  const { group, records } =
    memberEpoch === MemberEpoch.JOIN
      ? joinedGroup(env, groupId)
      : { group: streamsGroup(env, groupId, 'Streams group'), records: [] as GroupRecord[] };
  const beat: Beat = { env, request, group, records, statuses: [] };

  const admitted = admit(group, request, env.config.int('group.streams.max.size'));
  records.push(...replacementRecords(group, admitted));
  const updated = updatedMember(admitted.member, caller, request);
  const isChanged = storeMetadata(beat, admitted, updated);
  const topology = topologyOf(beat);
  if (group.topology !== null && updated.topologyEpoch < group.topology.epoch) {
    beat.statuses.push(stale(updated.topologyEpoch, group.topology.epoch));
  }
  const { configured, metadataHash } = group.measure(topology, env.topics);
  if (configured.problem === null) checkTasks(request, configured);
  noteOffsets(beat);

  const config = env.metadata.groupConfig(groupId);
  const validatedTopologyEpoch = configured.problem === null ? topology.epoch : -1;
  const wanted = { metadataHash, validatedTopologyEpoch, assignmentConfigs: assignmentConfigs(config) };
  const groupEpoch = storeEpoch(beat, wanted, isChanged);
  if (group.isEmpty) startInitialDelay(env, groupId, config.streamsInitialRebalanceDelayMs);
  const target = targetAssignment({
    env,
    group,
    groupEpoch,
    configured,
    assignmentConfigs: wanted.assignmentConfigs,
    members: () => membersWith(group, updated, admitted),
    targetOf: (id) => group.targets.get(id === memberId ? (admitted.replaced?.memberId ?? id) : id),
  });
  records.push(...target.records);
  if (target.delayed !== null) beat.statuses.push(target.delayed);

  const member = reconcile(beat, updated, target);
  resetSession(env, groupId, memberId);
  if (request.shutdownApplication) group.requestShutdown(memberId);
  const members = () => membersWith(group, member, admitted);
  return replayed(
    records,
    heartbeatAnswer({
      ...beat,
      former: admitted.member,
      member,
      members,
      configured,
      config,
      apiVersion: caller.apiVersion,
    }),
  );
}

/** The members as they will be: this one, in its new form, is the last. */
function membersWith(group: StreamsGroup, member: StreamsMember, { replaced }: Admitted): readonly StreamsMember[] {
  const members = new Map(group.members);
  members.delete(member.memberId);
  if (replaced !== null) members.delete(replaced.memberId);
  return [...members.values(), member];
}

/** Stores what the member says of itself; gives true when tasks may have to be placed anew. */
function storeMetadata({ group, request, records }: Beat, { member }: Admitted, updated: StreamsMember): boolean {
  if (sameMetadata(member, updated)) return false;
  records.push(memberRecord(group.groupId, updated.memberId, updated));
  // A static member that was away brings its metadata again.
  return request.instanceId === null || !samePlacement(member, updated);
}

/** @throws KafkaError INVALID_REQUEST for another topology than the group's, unless it is older */
function topologyOf({ group, request, records }: Beat): StreamsTopology {
  const known = group.topology;
  if (request.topology === null) {
    if (known !== null) return known;
    throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, 'Neither the member nor the group has a topology.');
  }
  const topology = toTopology(request.topology);
  if (known === null) {
    records.push(topologyRecord(group.groupId, topology));
    return topology;
  }
  if (known.epoch <= topology.epoch && !sameTopology(known, topology)) {
    throw new KafkaError(ErrorCode.INVALID_REQUEST, 'Topology updates are not supported yet.');
  }
  return known;
}

function stale(memberEpoch: number, groupEpoch: number): Status {
  return {
    statusCode: StatusCode.STALE_TOPOLOGY,
    statusDetail: `The member's topology epoch ${memberEpoch} is behind the group's topology epoch ${groupEpoch}.`,
  };
}

/** @throws KafkaError INVALID_REQUEST for a task that the topology does not have */
function checkTasks(request: StreamsGroupHeartbeatRequest, { subtopologies }: ConfiguredTopology): void {
  const check = ({ subtopologyId, partitions }: TaskIds): void => {
    const taskCount = subtopologies?.get(subtopologyId)?.taskCount;
    if (taskCount === undefined) {
      throw new KafkaError(ErrorCode.INVALID_REQUEST, `Subtopology ${subtopologyId} does not exist in the topology.`);
    }
    const wrong = partitions.find((partition) => partition < 0 || partition >= taskCount);
    if (wrong === undefined) return;
    throw new KafkaError(
      ErrorCode.INVALID_REQUEST,
      `Task ${wrong} for subtopology ${subtopologyId} is invalid. Number of tasks for this subtopology: ${taskCount}`,
    );
  };
  for (const tasks of [request.activeTasks, request.standbyTasks, request.warmupTasks]) tasks?.forEach(check);
}

/** @throws KafkaError INVALID_REQUEST */
function noteOffsets({ group, request }: Beat): void {
  const { memberId, taskOffsets, taskEndOffsets } = request;
  if (taskOffsets === null && taskEndOffsets === null) return;
  group.setTaskOffsets(memberId, updatedOffsets(group.taskOffsets(memberId), taskOffsets, taskEndOffsets));
}

/** Raises the group's epoch if the member, the topics or the settings changed; gives the epoch then in force. */
function storeEpoch({ group, records }: Beat, wanted: Omit<GroupEpoch, 'epoch'>, isChanged: boolean): number {
  const { epoch } = group;
  const isSame =
    !isChanged &&
    epoch.metadataHash === wanted.metadataHash &&
    epoch.validatedTopologyEpoch === wanted.validatedTopologyEpoch &&
    sameConfigs(epoch.assignmentConfigs, wanted.assignmentConfigs);
  if (isSame) return epoch.epoch;
  const next = { ...wanted, epoch: epoch.epoch + 1 };
  records.push(groupRecord(group.groupId, next));
  return next.epoch;
}

function sameConfigs(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value);
}

/** Moves the member a step towards its target. */
function reconcile(
  { env, group, request, records }: Beat,
  member: StreamsMember,
  target: TargetAssignment,
): StreamsMember {
  const { groupId } = group;
  const { memberId } = member;
  if (isReconciledTo(member, target.epoch)) return member;
  const next = nextAssignment(member, {
    targetEpoch: target.epoch,
    target: target.tasksOf(memberId),
    holders: (role, task) => group.holders.of(role, task),
    owned: ownedTasks(request),
  });
  if (sameAssignment(next, member)) return member;
  records.push(memberAssignmentRecord(groupId, memberId, next));
  watchRevocation(env, groupId, next);
  return next;
}
