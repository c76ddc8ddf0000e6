/** Makes a group's metadata record. */
import type { ClassicGroup } from './group.ts';
import { NO_BYTES } from './member.ts';
import type { ClassicGroupRecord } from './records.ts';

/** The group as it is, with the given assignments by member id. */
export function groupRecord(group: ClassicGroup, assignments: ReadonlyMap<string, Buffer>): ClassicGroupRecord {
  return {
    kind: 'classic-group',
    groupId: group.groupId,
    value: {
      protocolType: group.protocolType ?? '',
      generation: group.generationId,
      protocol: group.protocolName,
      leader: group.leaderId,
      currentStateTimestamp: group.stateTimestampMs,
      members: group.members.map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeout: member.rebalanceTimeoutMs,
        sessionTimeout: member.sessionTimeoutMs,
        subscription: member.metadata(group.protocolName),
        assignment: assignments.get(member.memberId) ?? NO_BYTES,
      })),
    },
  };
}

/** A group that has just been made and has no generation yet. */
export function emptyGroupRecord(group: ClassicGroup): ClassicGroupRecord {
  return {
    kind: 'classic-group',
    groupId: group.groupId,
    value: {
      protocolType: '',
      generation: 0,
      protocol: null,
      leader: null,
      currentStateTimestamp: group.stateTimestampMs,
      members: [],
    },
  };
}

/** The assignments its members have now. */
export function currentAssignments(group: ClassicGroup): ReadonlyMap<string, Buffer> {
  return new Map(group.members.map((member) => [member.memberId, member.assignment]));
}
