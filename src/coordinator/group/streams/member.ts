/** A member of a streams group, as its records say it is. Never changed: a newer one takes its place. */
import { NOTHING_HELD, sameHeld } from './tasks.ts';
import type { HeldTasks } from './tasks.ts';

/** Where a member stands between what it holds and what it is to hold; the numbers are those of its record. */
export const MemberState = { STABLE: 1, UNREVOKED_TASKS: 2, UNRELEASED_TASKS: 3, UNKNOWN: 127 } as const;
export type MemberState = (typeof MemberState)[keyof typeof MemberState];

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What a member says of itself. */
export interface MemberMetadata {
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly topologyEpoch: number;
  /** Members of one process share its state directories. */
  readonly processId: string;
  /** Address for interactive queries. */
  readonly userEndpoint: Endpoint | null;
  readonly clientTags: ReadonlyMap<string, string>;
}

/** How far a member has come. */
export interface MemberAssignment {
  readonly memberEpoch: number;
  readonly previousMemberEpoch: number;
  readonly state: MemberState;
  /** What the member has or is being given. */
  readonly assigned: HeldTasks;
  /** What it has to give up before its epoch moves on. */
  readonly pendingRevocation: HeldTasks;
}

export interface StreamsMember extends MemberMetadata, MemberAssignment {
  readonly memberId: string;
}

/** A member that nothing is known of yet. */
export function newMember(memberId: string): StreamsMember {
  return {
    memberId,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: -1,
    topologyEpoch: -1,
    processId: '',
    userEndpoint: null,
    clientTags: new Map(),
    memberEpoch: 0,
    previousMemberEpoch: 0,
    state: MemberState.STABLE,
    assigned: NOTHING_HELD,
    pendingRevocation: NOTHING_HELD,
  };
}

/** True when the member holds what the target assignment of that epoch gives it. */
export function isReconciledTo(member: MemberAssignment, targetEpoch: number): boolean {
  return member.state === MemberState.STABLE && member.memberEpoch === targetEpoch;
}

export function sameAssignment(a: MemberAssignment, b: MemberAssignment): boolean {
  return (
    a.memberEpoch === b.memberEpoch &&
    a.previousMemberEpoch === b.previousMemberEpoch &&
    a.state === b.state &&
    sameHeld(a.assigned, b.assigned) &&
    sameHeld(a.pendingRevocation, b.pendingRevocation)
  );
}

export function sameEndpoint(a: Endpoint | null, b: Endpoint | null): boolean {
  return a?.host === b?.host && a?.port === b?.port;
}

/** True when nothing differs that tasks are placed by. */
export function samePlacement(a: MemberMetadata, b: MemberMetadata): boolean {
  return (
    a.topologyEpoch === b.topologyEpoch &&
    a.rackId === b.rackId &&
    a.processId === b.processId &&
    sameTags(a.clientTags, b.clientTags)
  );
}

export function sameMetadata(a: MemberMetadata, b: MemberMetadata): boolean {
  return (
    samePlacement(a, b) &&
    a.instanceId === b.instanceId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    sameEndpoint(a.userEndpoint, b.userEndpoint)
  );
}

function sameTags(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
