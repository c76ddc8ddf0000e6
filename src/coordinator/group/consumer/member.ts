/** A member of a consumer group, as its two records say. Never changed, but replaced by another. */
import { NO_PARTITIONS, sameEpochs } from '../modern/assignment.ts';
import type { EpochedAssignment } from '../modern/assignment.ts';
import { sameNames } from '../modern/member.ts';
import type { ModernMember } from '../modern/member.ts';
import type { MemberProtocol } from '../classic/member.ts';

/**
 * Where a member is on its way to its target: there (or nothing is in its way), asked to give partitions back, or waiting
 * for what others have not given back. `unknown` is what a newer broker may have stored.
 */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased' | 'unknown';

/** What a member that speaks the classic protocol joined with. */
export interface ClassicMembership {
  readonly sessionTimeoutMs: number;
  /** In its order of preference. */
  readonly protocols: readonly MemberProtocol[];
}

/** What the member says of itself: the record of type 5. */
export interface MemberMetadata {
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly subscribedTopicNames: ReadonlySet<string>;
  /** Empty: none. */
  readonly subscribedTopicRegex: string;
  /** -1: not told yet. */
  readonly rebalanceTimeoutMs: number;
  /** Null leaves the choice to the others. */
  readonly serverAssignor: string | null;
  /** Null for members of the consumer protocol. */
  readonly classic: ClassicMembership | null;
}

/** What the broker has given it: the record of type 8. */
export interface CurrentAssignment {
  readonly memberEpoch: number;
  readonly previousMemberEpoch: number;
  readonly state: MemberState;
  readonly assigned: EpochedAssignment;
  readonly pendingRevocation: EpochedAssignment;
}

export interface ConsumerMember extends MemberMetadata, CurrentAssignment, ModernMember {}

/** Of a member that has been given nothing yet. */
export const NOTHING_YET: CurrentAssignment = {
  memberEpoch: 0,
  previousMemberEpoch: -1,
  state: 'stable',
  assigned: NO_PARTITIONS,
  pendingRevocation: NO_PARTITIONS,
};

const NOTHING_SAID: MemberMetadata = {
  instanceId: null,
  rackId: null,
  clientId: '',
  clientHost: '',
  subscribedTopicNames: new Set(),
  subscribedTopicRegex: '',
  rebalanceTimeoutMs: -1,
  serverAssignor: null,
  classic: null,
};

/** What the member's record of type 5 holds of it. */
export function metadataOf(member: MemberMetadata): MemberMetadata {
  const { instanceId, rackId, clientId, clientHost, subscribedTopicNames, subscribedTopicRegex } = member;
  const { rebalanceTimeoutMs, serverAssignor, classic } = member;
  const said = { instanceId, rackId, clientId, clientHost, subscribedTopicNames, subscribedTopicRegex };
  return { ...said, rebalanceTimeoutMs, serverAssignor, classic };
}

/** What the member's record of type 8 holds of it. */
export function assignmentOf(member: CurrentAssignment): CurrentAssignment {
  const { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation } = member;
  return { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation };
}

export function newMember(memberId: string): ConsumerMember {
  return { memberId, ...NOTHING_SAID, ...NOTHING_YET };
}

/** The member with what it says now; the same object if that changes nothing, as with most heartbeats. */
export function withMetadata(member: ConsumerMember, said: MemberMetadata): ConsumerMember {
  const { subscribedTopicNames } = member;
  if (!sameNames(said.subscribedTopicNames, subscribedTopicNames)) return { ...member, ...said };
  return sameMetadata(said, member) ? member : { ...member, ...said, subscribedTopicNames };
}

/** True but for the names of topics. */
function sameMetadata(a: MemberMetadata, b: MemberMetadata): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.subscribedTopicRegex === b.subscribedTopicRegex &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.serverAssignor === b.serverAssignor &&
    sameClassic(a.classic, b.classic)
  );
}

function sameClassic(a: ClassicMembership | null, b: ClassicMembership | null): boolean {
  if (a === null || b === null) return a === b;
  if (a.sessionTimeoutMs !== b.sessionTimeoutMs || a.protocols.length !== b.protocols.length) return false;
  return a.protocols.every(({ name, metadata }, index) => {
    const other = b.protocols[index];
    return other !== undefined && other.name === name && other.metadata.equals(metadata);
  });
}

export function sameAssignment(a: CurrentAssignment, b: CurrentAssignment): boolean {
  return (
    a.memberEpoch === b.memberEpoch &&
    a.previousMemberEpoch === b.previousMemberEpoch &&
    a.state === b.state &&
    sameEpochs(a.assigned, b.assigned) &&
    sameEpochs(a.pendingRevocation, b.pendingRevocation)
  );
}

/** True if nothing is left to do for the target of `assignmentEpoch`. */
export function isReconciledTo(member: CurrentAssignment, assignmentEpoch: number): boolean {
  return member.state === 'stable' && member.memberEpoch === assignmentEpoch;
}
