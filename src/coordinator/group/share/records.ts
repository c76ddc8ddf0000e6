/**
 * The records of share groups in __consumer_offsets. A null value deletes. What members say (type 10), the group's epoch
 * (11), the target assignment (13 a member, 12 its epoch), what members have (14), and which partitions have a state (15).
 */
import type { Assignment } from '../modern/assignment.ts';
import type { ShareAssignment, ShareMember, ShareMemberMetadata } from './member.ts';
import type { StatePartitions } from './state-partitions.ts';

interface OfGroup {
  readonly groupId: string;
}

interface OfMember extends OfGroup {
  readonly memberId: string;
}

export interface ShareMemberRecord extends OfMember {
  readonly kind: 'share-member';
  readonly value: ShareMemberMetadata | null;
}

export interface ShareEpochRecord extends OfGroup {
  readonly kind: 'share-epoch';
  readonly value: { readonly epoch: number; readonly metadataHash: bigint } | null;
}

export interface ShareTargetEpochRecord extends OfGroup {
  readonly kind: 'share-target-epoch';
  /** `timestampMs`: when the target was computed, 0 if it was not. */
  readonly value: { readonly epoch: number; readonly timestampMs: number } | null;
}

export interface ShareTargetRecord extends OfMember {
  readonly kind: 'share-target';
  readonly value: Assignment | null;
}

export interface ShareAssignmentRecord extends OfMember {
  readonly kind: 'share-assignment';
  readonly value: ShareAssignment | null;
}

export interface ShareStatesRecord extends OfGroup {
  readonly kind: 'share-states';
  readonly value: StatePartitions | null;
}

export type ShareGroupRecord =
  | ShareMemberRecord
  | ShareEpochRecord
  | ShareTargetEpochRecord
  | ShareTargetRecord
  | ShareAssignmentRecord
  | ShareStatesRecord;

export function memberRecord(groupId: string, member: ShareMember): ShareMemberRecord {
  const { memberId, rackId, clientId, clientHost, subscribedTopicNames } = member;
  const value = { rackId, clientId, clientHost, subscribedTopicNames };
  return { kind: 'share-member', groupId, memberId, value };
}

export function assignmentRecord(groupId: string, member: ShareMember): ShareAssignmentRecord {
  const { memberId, memberEpoch, previousMemberEpoch, assigned } = member;
  return { kind: 'share-assignment', groupId, memberId, value: { memberEpoch, previousMemberEpoch, assigned } };
}

export function targetRecord(groupId: string, memberId: string, target: Assignment): ShareTargetRecord {
  return { kind: 'share-target', groupId, memberId, value: target };
}

export function epochRecord(groupId: string, epoch: number, metadataHash: bigint): ShareEpochRecord {
  return { kind: 'share-epoch', groupId, value: { epoch, metadataHash } };
}

export function targetEpochRecord(groupId: string, epoch: number, timestampMs: number): ShareTargetEpochRecord {
  return { kind: 'share-target-epoch', groupId, value: { epoch, timestampMs } };
}

export function statesRecord(groupId: string, states: StatePartitions): ShareStatesRecord {
  return { kind: 'share-states', groupId, value: states };
}

/** Deletes a member; in Kafka's order. */
export function memberTombstones(groupId: string, memberId: string): ShareGroupRecord[] {
  return [
    { kind: 'share-assignment', groupId, memberId, value: null },
    { kind: 'share-target', groupId, memberId, value: null },
    { kind: 'share-member', groupId, memberId, value: null },
  ];
}
