/** What a group of another protocol does for members that speak the classic one (KIP-848). */
import type { HeartbeatRequest } from '../../../../protocol/generated/heartbeat-request.ts';
import type { JoinGroupRequest } from '../../../../protocol/generated/join-group-request.ts';
import type { JoinGroupResponse } from '../../../../protocol/generated/join-group-response.ts';
import type { MemberIdentity } from '../../../../protocol/generated/leave-group-request.ts';
import type { MemberResponse } from '../../../../protocol/generated/leave-group-response.ts';
import type { SyncGroupRequest } from '../../../../protocol/generated/sync-group-request.ts';
import type { SyncGroupResponse } from '../../../../protocol/generated/sync-group-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import type { GroupCaller } from '../caller.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';

export interface ClassicMembers {
  /** @throws KafkaError INCONSISTENT_GROUP_PROTOCOL, GROUP_MAX_SIZE_REACHED, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID */
  join(env: GroupEnvironment, caller: GroupCaller, request: JoinGroupRequest): GroupResult<Input<JoinGroupResponse>>;
  /**
   * @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS,
   *   INCONSISTENT_GROUP_PROTOCOL
   */
  sync(env: GroupEnvironment, request: SyncGroupRequest): GroupResult<Input<SyncGroupResponse>>;
  /** Gives NONE or REBALANCE_IN_PROGRESS. @throws KafkaError UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION */
  heartbeat(env: GroupEnvironment, request: HeartbeatRequest): number;
  /** Answers each member named on its own. */
  leave(
    env: GroupEnvironment,
    groupId: string,
    members: readonly MemberIdentity[],
  ): GroupResult<Input<MemberResponse>[]>;
}
