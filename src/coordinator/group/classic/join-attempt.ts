/** A JoinGroup on its way through the state machine. */
import type { JoinGroupRequest } from '../../../../protocol/generated/join-group-request.ts';
import type { ClassicGroup } from './group.ts';
import type { MemberChange } from './members.ts';
import type { JoinAnswer, MemberProtocol } from './member.ts';
import type { GroupCaller } from '../caller.ts';

/** What it says, who says it, and how it is answered. */
export interface JoinAttempt {
  readonly caller: GroupCaller;
  readonly request: JoinGroupRequest;
  readonly group: ClassicGroup;
  /** Copied out of the request's frame. */
  readonly protocols: readonly MemberProtocol[];
  readonly rebalanceTimeoutMs: number;
  readonly answer: JoinAnswer;
}

/** What the attempt says of its member. */
export function memberChange(join: JoinAttempt): MemberChange {
  const { protocols, rebalanceTimeoutMs, request } = join;
  return { protocols, rebalanceTimeoutMs, sessionTimeoutMs: request.sessionTimeoutMs };
}
