/** SyncGroup: the leader brings the assignments of a new generation, everybody gets its own. */
import type { Input } from '../../../../protocol/input.ts';
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { SyncGroupRequest } from '../../../../protocol/generated/sync-group-request.ts';
import type { SyncGroupResponse } from '../../../../protocol/generated/sync-group-response.ts';
import { applied, awaited } from '../../types.ts';
import { DONE } from '../environment.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { classicGroup } from './find.ts';
import { groupRecord } from './group-record.ts';
import type { ClassicGroup } from './group.ts';
import { NO_BYTES } from './member.ts';
import type { GroupMember, SyncAnswer } from './member.ts';
import { answerSyncs, beginRebalance, memberSynced } from './rebalance.ts';

/** Serves a SyncGroup. `answer` is called exactly once, now or later, unless the result has the response. */
export function syncGroup(
  env: GroupEnvironment,
  request: SyncGroupRequest,
  answer: SyncAnswer,
): GroupResult<Input<SyncGroupResponse> | void> {
  const members = env.groups.get(request.groupId)?.classicMembers ?? null;
  if (members !== null) return members.sync(env, request);
  let group: ClassicGroup;
  let member: GroupMember;
  try {
    ({ group, member } = validate(env, request));
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    answer({ errorCode: error.code });
    return DONE;
  }
  if (group.state === 'Stable') {
    memberSynced(env, group, member.memberId);
    answer(syncedResponse(group, member));
    return DONE;
  }
  // A second SyncGroup of a member replaces the first, which nobody waits for any more.
  group.answerSync(member, { errorCode: ErrorCode.REBALANCE_IN_PROGRESS });
  member.awaitingSync = answer;
  memberSynced(env, group, member.memberId);
  return group.isLeader(member.memberId) ? storeAssignments(env, group, request) : DONE;
}

/** @throws KafkaError */
function validate(env: GroupEnvironment, request: SyncGroupRequest): { group: ClassicGroup; member: GroupMember } {
  const group = classicGroup(env, request.groupId);
  if (group === undefined || group.state === 'Empty') throw new KafkaError(ErrorCode.UNKNOWN_MEMBER_ID);
  const member = group.validateMember(request.memberId, request.groupInstanceId);
  if (request.generationId !== group.generationId) throw new KafkaError(ErrorCode.ILLEGAL_GENERATION);
  if (contradicts(request.protocolType, group.protocolType) || contradicts(request.protocolName, group.protocolName)) {
    throw new KafkaError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  }
  if (group.state === 'PreparingRebalance') throw new KafkaError(ErrorCode.REBALANCE_IN_PROGRESS);
  return { group, member };
}

function contradicts(given: string | null, current: string | null): boolean {
  return given !== null && current !== null && given !== current;
}

function syncedResponse(group: ClassicGroup, member: GroupMember): Input<SyncGroupResponse> {
  const { protocolType, protocolName } = group;
  return { errorCode: ErrorCode.NONE, protocolType, protocolName, assignment: member.assignment };
}

/** Stores what the leader assigned; members it left out get nothing. Everybody is answered once it is committed. */
function storeAssignments(env: GroupEnvironment, group: ClassicGroup, request: SyncGroupRequest): GroupResult {
  const assignments = new Map(
    request.assignments.map(({ memberId, assignment }) => [memberId, Buffer.from(assignment)]),
  );
  const stored = applied([groupRecord(group, assignments)], undefined, (error) => {
    // The group may have moved on while the record was being written.
    if (group.state !== 'CompletingRebalance' || group.generationId !== request.generationId) return;
    if (error !== null) {
      assignmentsLost(env, group, error);
      return;
    }
    for (const member of group.members) member.assignment = assignments.get(member.memberId) ?? NO_BYTES;
    answerSyncs(env, group, ErrorCode.NONE);
    group.transitionTo('Stable', env.clock.now());
  });
  return awaited(stored);
}

function assignmentsLost(env: GroupEnvironment, group: ClassicGroup, error: KafkaError): void {
  if (env.groups.get(group.groupId) !== group) return;
  for (const member of group.members) member.assignment = NO_BYTES;
  answerSyncs(env, group, error.code);
  beginRebalance(env, group, 'the assignments could not be stored');
}
