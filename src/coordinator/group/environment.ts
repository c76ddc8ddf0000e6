/** What the files of the group state machine work on, and the shapes of what they give back. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import { ErrorCode } from '../../../protocol/errors.ts';
import type { KeyedTimers } from '../timers.ts';
import { answer } from '../types.ts';
import type { CoordinatorResult } from '../types.ts';
import type { ClassicGroup } from './classic/group.ts';
import type { GroupMember } from './classic/member.ts';
import type { GroupRecord } from './records.ts';
import type { GroupSettings } from './settings.ts';

/** Changes to memory that come with records, or none. */
export type GroupResult<R = void> = CoordinatorResult<GroupRecord, R>;

/** No records, nothing to answer. */
export const DONE: GroupResult = answer(undefined);

export interface GroupEnvironment {
  readonly settings: GroupSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timers: KeyedTimers<GroupRecord>;
  /** Groups of one partition of __consumer_offsets, by id. */
  readonly groups: Map<string, ClassicGroup>;
}

/** Keys of a group's timers. */
export const timerKey = {
  heartbeat: (groupId: string, memberId: string): string => `heartbeat ${groupId} ${memberId}`,
  join: (groupId: string): string => `join ${groupId}`,
  sync: (groupId: string): string => `sync ${groupId}`,
};

/** Cancels every timer of a group that goes. */
export function cancelTimers(env: GroupEnvironment, group: ClassicGroup): void {
  env.timers.cancel(timerKey.join(group.groupId));
  env.timers.cancel(timerKey.sync(group.groupId));
  for (const member of group.members) env.timers.cancel(timerKey.heartbeat(group.groupId, member.memberId));
  for (const memberId of group.pendingJoins) env.timers.cancel(timerKey.heartbeat(group.groupId, memberId));
}

/** Answers all that a group's members wait for with an error. */
export function failParked(group: ClassicGroup, errorCode: number): void {
  for (const member of group.members) {
    group.answerJoin(member, { memberId: member.memberId, errorCode });
    group.answerSync(member, { errorCode });
  }
}

/** Answers a member that is removed while its JoinGroup is parked: a client still alive joins anew. */
export function answerRemoved(group: ClassicGroup, member: GroupMember): void {
  group.answerJoin(member, { memberId: '', errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
  group.answerSync(member, { errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
}
