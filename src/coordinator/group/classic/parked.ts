/** Ends what members of a classic group wait for. */
import { ErrorCode } from '../../../../protocol/errors.ts';
import type { ClassicGroup } from './group.ts';
import type { GroupMember } from './member.ts';

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
