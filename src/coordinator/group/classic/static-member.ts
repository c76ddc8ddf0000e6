/**
 * Static membership (KIP-345): an instance that comes back without its member id takes the place of its former self,
 * in a stable group without a rebalance (KIP-814: version 9 tells a leader not to assign anew).
 */
import { ErrorCode } from '../../../../protocol/errors.ts';
import type { KafkaError } from '../../../../protocol/errors.ts';
import { applied, awaited } from '../../types.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { currentAssignments, groupRecord } from './group-record.ts';
import { memberChange } from './join-attempt.ts';
import type { JoinAttempt } from './join-attempt.ts';
import type { GroupMember } from './member.ts';
import { beginRebalance, completeJoinIfReady, joinedResponse, resetSession } from './rebalance.ts';
import { timerKey } from './timers.ts';

/** First version that can say "do not assign". */
const SKIP_ASSIGNMENT_VERSION = 9;

/** Gives the instance's place to `newMemberId`; whoever still uses the old id is fenced. */
export function replaceStaticMember(
  env: GroupEnvironment,
  join: JoinAttempt,
  oldMember: GroupMember,
  newMemberId: string,
): GroupResult {
  const { group, answer } = join;
  const formerLeader = group.leaderId;
  const fenced = { errorCode: ErrorCode.FENCED_INSTANCE_ID };
  group.answerJoin(oldMember, { ...fenced, memberId: oldMember.memberId });
  group.answerSync(oldMember, fenced);
  env.timers.cancel(timerKey.heartbeat(group.groupId, oldMember.memberId));
  const member = group.replaceStaticMember(oldMember, newMemberId);
  resetSession(env, group, member);
  group.update(member, memberChange(join), answer);
  switch (group.state) {
    case 'Stable':
      if (group.selectProtocol() === group.protocolName) {
        return storeReplacement(env, join, { oldMember, member, formerLeader });
      }
      return beginRebalance(env, group, 'a static member came back with other protocols');
    case 'CompletingRebalance':
      // The leader may be assigning to the old id just now.
      return beginRebalance(env, group, 'a static member came back while the leader assigns');
    default:
      return completeJoinIfReady(env, group);
  }
}

interface Replacement {
  readonly oldMember: GroupMember;
  readonly member: GroupMember;
  readonly formerLeader: string | null;
}

/** Nothing has to be assigned anew: the new id is stored, then the member is told the current generation. */
function storeReplacement(env: GroupEnvironment, join: JoinAttempt, replacement: Replacement): GroupResult {
  const { group } = join;
  const stored = applied([groupRecord(group, currentAssignments(group))], undefined, (error) => {
    if (error === null) answerReplacement(env, join, replacement);
    else revertReplacement(env, join, replacement, error);
  });
  return awaited(stored);
}

function answerReplacement(env: GroupEnvironment, join: JoinAttempt, { member, formerLeader }: Replacement): void {
  const { group, caller } = join;
  // A rebalance that began meanwhile answers the member; another instance of it has fenced it off.
  if (group.state !== 'Stable' || group.member(member.memberId) !== member) return;
  // Its session could not end while it was parked, so its clock starts anew.
  resetSession(env, group, member);
  const response = joinedResponse(group, member);
  if (caller.apiVersion >= SKIP_ASSIGNMENT_VERSION) {
    group.answerJoin(member, { ...response, skipAssignment: group.isLeader(member.memberId) });
  } else {
    // Told of the former leader, it takes itself for a follower and asks for its assignment only.
    group.answerJoin(member, { ...response, leader: formerLeader ?? '', members: [] });
  }
}

function revertReplacement(
  env: GroupEnvironment,
  join: JoinAttempt,
  replacement: Replacement,
  error: KafkaError,
): void {
  const { group } = join;
  const { oldMember, member } = replacement;
  const errorCode = error.code;
  // It has joined the next generation already, whose assignments are stored with its new id.
  if (group.state !== 'Stable') return;
  group.answerJoin(member, { memberId: '', errorCode, generationId: group.generationId });
  if (group.member(member.memberId) !== member) return;
  env.timers.cancel(timerKey.heartbeat(group.groupId, member.memberId));
  const isLeader = group.isLeader(member.memberId);
  group.remove(member.memberId);
  group.add(oldMember);
  if (isLeader) group.leaderId = oldMember.memberId;
  resetSession(env, group, oldMember);
}
