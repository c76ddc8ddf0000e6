/** What a group of another protocol does for members that speak the classic one (KIP-848). */
import type { HeartbeatRequest } from '../../../../protocol/generated/heartbeat-request.ts';
import type { JoinGroupRequest } from '../../../../protocol/generated/join-group-request.ts';
import type { MemberIdentity } from '../../../../protocol/generated/leave-group-request.ts';
import type { MemberResponse } from '../../../../protocol/generated/leave-group-response.ts';
import type { SyncGroupRequest } from '../../../../protocol/generated/sync-group-request.ts';
import type { Input } from '../../../../protocol/input.ts';
import type { GroupCaller } from '../caller.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import type { JoinAnswer, SyncAnswer } from './member.ts';

export interface ClassicMembers {
  /** `answer` is called exactly once, now or later. */
  join(env: GroupEnvironment, caller: GroupCaller, request: JoinGroupRequest, answer: JoinAnswer): GroupResult;
  /** `answer` is called exactly once, now or later. */
  sync(env: GroupEnvironment, request: SyncGroupRequest, answer: SyncAnswer): GroupResult;
  /** Gives NONE or REBALANCE_IN_PROGRESS. @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION */
  heartbeat(env: GroupEnvironment, request: HeartbeatRequest): number;
  /** Answers each member named on its own. */
  leave(env: GroupEnvironment, members: readonly MemberIdentity[]): GroupResult<Input<MemberResponse>[]>;
}
