/**
 * The records of consumer groups in __consumer_offsets. A null value deletes. Groups are stored whole: what members say
 * (type 5), the group's epoch (3), the target assignment (7 a member, 6 its epoch), what members have (8), and the topics
 * that regular expressions stand for (16). Type 4 is no longer written, only deleted.
 */
import type { Assignment } from '../modern/assignment.ts';
import { assignmentOf, metadataOf } from './member.ts';
import type { ConsumerMember, CurrentAssignment, MemberMetadata } from './member.ts';

/** Topics that match a regular expression. */
export interface ResolvedRegex {
  readonly topics: ReadonlySet<string>;
  /** Version of the topics (TopicImage) that were looked through. */
  readonly version: number;
  readonly timestampMs: number;
}

export interface GroupEpoch {
  readonly epoch: number;
  readonly metadataHash: bigint;
}

export interface TargetEpoch {
  readonly epoch: number;
  /** When the target was computed, 0 if it was not. */
  readonly timestampMs: number;
}

interface OfGroup {
  readonly groupId: string;
}

interface OfMember extends OfGroup {
  readonly memberId: string;
}

export interface MemberRecord extends OfMember {
  readonly kind: 'consumer-member';
  readonly value: MemberMetadata | null;
}

export interface EpochRecord extends OfGroup {
  readonly kind: 'consumer-epoch';
  readonly value: GroupEpoch | null;
}

/** Of older brokers; what it says is not used. */
export interface PartitionMetadataRecord extends OfGroup {
  readonly kind: 'consumer-partition-metadata';
  readonly value: null;
}

export interface TargetRecord extends OfMember {
  readonly kind: 'consumer-target';
  readonly value: Assignment | null;
}

export interface TargetEpochRecord extends OfGroup {
  readonly kind: 'consumer-target-epoch';
  readonly value: TargetEpoch | null;
}

export interface AssignmentRecord extends OfMember {
  readonly kind: 'consumer-assignment';
  readonly value: CurrentAssignment | null;
}

export interface RegexRecord extends OfGroup {
  readonly kind: 'consumer-regex';
  readonly regex: string;
  readonly value: ResolvedRegex | null;
}

export type ConsumerRecord =
  | MemberRecord
  | EpochRecord
  | PartitionMetadataRecord
  | TargetRecord
  | TargetEpochRecord
  | AssignmentRecord
  | RegexRecord;

export function memberRecord(groupId: string, member: ConsumerMember): MemberRecord {
  return { kind: 'consumer-member', groupId, memberId: member.memberId, value: metadataOf(member) };
}

export function assignmentRecord(groupId: string, member: ConsumerMember): AssignmentRecord {
  return { kind: 'consumer-assignment', groupId, memberId: member.memberId, value: assignmentOf(member) };
}

export function targetRecord(groupId: string, memberId: string, target: Assignment): TargetRecord {
  return { kind: 'consumer-target', groupId, memberId, value: target };
}

export function epochRecord(groupId: string, epoch: number, metadataHash: bigint): EpochRecord {
  return { kind: 'consumer-epoch', groupId, value: { epoch, metadataHash } };
}

export function targetEpochRecord(groupId: string, epoch: number, timestampMs: number): TargetEpochRecord {
  return { kind: 'consumer-target-epoch', groupId, value: { epoch, timestampMs } };
}

export function regexRecord(groupId: string, regex: string, value: ResolvedRegex | null): RegexRecord {
  return { kind: 'consumer-regex', groupId, regex, value };
}

/** The records that forget a member. */
export function memberTombstones(groupId: string, memberId: string): ConsumerRecord[] {
  return [
    { kind: 'consumer-assignment', groupId, memberId, value: null },
    { kind: 'consumer-target', groupId, memberId, value: null },
    { kind: 'consumer-member', groupId, memberId, value: null },
  ];
}
