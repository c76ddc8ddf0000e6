/** A member of a share group. It has what its target says as soon as it hears of it: nobody has to give anything back. */
import { NO_PARTITIONS } from '../modern/assignment.ts';
import type { Assignment } from '../modern/assignment.ts';
import { sameNames } from '../modern/member.ts';
import type { ModernMember } from '../modern/member.ts';

/** What a member says of itself. */
export interface ShareMemberMetadata {
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly subscribedTopicNames: ReadonlySet<string>;
}

export interface ShareAssignment {
  readonly memberEpoch: number;
  readonly previousMemberEpoch: number;
  readonly assigned: Assignment;
}

export interface ShareMember extends ModernMember, ShareMemberMetadata, ShareAssignment {
  readonly instanceId: null;
}

/** Of a member that has not been answered yet. */
export const NOTHING_YET: ShareAssignment = { memberEpoch: 0, previousMemberEpoch: -1, assigned: NO_PARTITIONS };

export function newMember(memberId: string): ShareMember {
  const said = { rackId: null, clientId: '', clientHost: '', subscribedTopicNames: new Set<string>() };
  return { memberId, instanceId: null, ...said, ...NOTHING_YET };
}

/** The member with what it says now; the same object if that changes nothing, as with most heartbeats. */
export function withMetadata(member: ShareMember, said: ShareMemberMetadata): ShareMember {
  const { subscribedTopicNames, rackId, clientId, clientHost } = member;
  if (!sameNames(said.subscribedTopicNames, subscribedTopicNames)) return { ...member, ...said };
  const isSame = said.rackId === rackId && said.clientId === clientId && said.clientHost === clientHost;
  return isSame ? member : { ...member, ...said, subscribedTopicNames };
}
