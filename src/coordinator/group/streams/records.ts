/** What the log says of a streams group. Each record replaces what was there for its group or member; null takes it away. */
import type { GroupRecord } from '../protocol.ts';
import type { AssignmentEpoch, GroupEpoch, StreamsGroup } from './streams-group.ts';
import type { MemberAssignment, MemberMetadata } from './member.ts';
import type { Tasks } from './tasks.ts';
import type { StreamsTopology } from './topology.ts';

interface OfGroup<K extends string, V> extends GroupRecord {
  readonly kind: K;
  readonly value: V | null;
}

interface OfMember<K extends string, V> extends OfGroup<K, V> {
  readonly memberId: string;
}

export type StreamsGroupRecord = OfGroup<'streams-group', GroupEpoch>;
export type TopologyRecord = OfGroup<'streams-topology', StreamsTopology>;
export type AssignmentEpochRecord = OfGroup<'streams-assignment-epoch', AssignmentEpoch>;
export type MemberRecord = OfMember<'streams-member', MemberMetadata>;
export type TargetRecord = OfMember<'streams-target', Tasks>;
export type MemberAssignmentRecord = OfMember<'streams-member-assignment', MemberAssignment>;

export type StreamsRecord =
  | StreamsGroupRecord
  | TopologyRecord
  | AssignmentEpochRecord
  | MemberRecord
  | TargetRecord
  | MemberAssignmentRecord;

export function groupRecord(groupId: string, value: GroupEpoch | null): StreamsGroupRecord {
  return { kind: 'streams-group', groupId, value };
}

export function topologyRecord(groupId: string, value: StreamsTopology | null): TopologyRecord {
  return { kind: 'streams-topology', groupId, value };
}

export function assignmentEpochRecord(groupId: string, value: AssignmentEpoch | null): AssignmentEpochRecord {
  return { kind: 'streams-assignment-epoch', groupId, value };
}

export function memberRecord(groupId: string, memberId: string, value: MemberMetadata | null): MemberRecord {
  return { kind: 'streams-member', groupId, memberId, value };
}

export function targetRecord(groupId: string, memberId: string, value: Tasks | null): TargetRecord {
  return { kind: 'streams-target', groupId, memberId, value };
}

export function memberAssignmentRecord(
  groupId: string,
  memberId: string,
  value: MemberAssignment | null,
): MemberAssignmentRecord {
  return { kind: 'streams-member-assignment', groupId, memberId, value };
}

/** What takes a member out of its group. */
export function memberTombstones(groupId: string, memberId: string): StreamsRecord[] {
  return [
    memberAssignmentRecord(groupId, memberId, null),
    targetRecord(groupId, memberId, null),
    memberRecord(groupId, memberId, null),
  ];
}

/** What deletes a group. */
export function groupTombstones({ groupId, members }: StreamsGroup): StreamsRecord[] {
  return [
    ...[...members.keys()].flatMap((memberId) => memberTombstones(groupId, memberId)),
    assignmentEpochRecord(groupId, null),
    groupRecord(groupId, null),
    topologyRecord(groupId, null),
  ];
}

/** All that a group consists of. */
export function liveRecords(group: StreamsGroup): StreamsRecord[] {
  const { groupId, members, targets, epoch, assignment, topology } = group;
  return [
    ...[...members].map(([memberId, member]) => memberRecord(groupId, memberId, member)),
    ...(topology === null ? [] : [topologyRecord(groupId, topology)]),
    groupRecord(groupId, epoch),
    ...[...targets].map(([memberId, tasks]) => targetRecord(groupId, memberId, tasks)),
    assignmentEpochRecord(groupId, assignment),
    ...[...members].map(([memberId, member]) => memberAssignmentRecord(groupId, memberId, member)),
  ];
}
