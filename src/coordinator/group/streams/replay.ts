/** Applies the records of streams groups. */
import type { Undo } from '../../types.ts';
import type { GroupEnvironment } from '../environment.ts';
import { MemberEpoch } from '../modern/member.ts';
import { timerKey } from './fence.ts';
import { MemberState, newMember } from './member.ts';
import type { MemberAssignment, MemberMetadata } from './member.ts';
import type { StreamsRecord } from './records.ts';
import { FIRST_ASSIGNMENT, StreamsGroup } from './streams-group.ts';
import { NOTHING_HELD } from './tasks.ts';

const NOTHING: Undo = () => {};

/** Gives what takes the record back. What takes away something that is not there changes nothing. */
export function replayStreamsRecord(env: GroupEnvironment, record: StreamsRecord): Undo {
  const { groupId, value } = record;
  const found = env.groups.get(groupId);
  if (found instanceof StreamsGroup) {
    return record.kind === 'streams-group' && value === null ? removeGroup(env, found) : apply(found, record);
  }
  if (value === null) return NOTHING;
  const group = new StreamsGroup(groupId);
  env.groups.set(groupId, group);
  const undo = apply(group, record);
  return () => {
    undo();
    if (found === undefined) env.groups.delete(groupId);
    else env.groups.set(groupId, found);
  };
}

function removeGroup(env: GroupEnvironment, group: StreamsGroup): Undo {
  // Else it would cut short the delay of the next group of that name.
  env.timers.cancel(timerKey.initialDelay(group.groupId));
  env.groups.delete(group.groupId);
  return () => env.groups.set(group.groupId, group);
}

function apply(group: StreamsGroup, record: StreamsRecord): Undo {
  switch (record.kind) {
    case 'streams-group':
      return record.value === null ? NOTHING : group.setEpoch(record.value);
    case 'streams-topology':
      return group.setTopology(record.value);
    case 'streams-assignment-epoch':
      return group.setAssignment(record.value ?? FIRST_ASSIGNMENT);
    case 'streams-target':
      return group.setTarget(record.memberId, record.value);
    case 'streams-member':
      if (record.value === null) return group.setMember(record.memberId, null);
      return setMember(group, record.memberId, record.value);
    case 'streams-member-assignment':
      // Without one the member has left, and its other records follow.
      return setMember(group, record.memberId, record.value ?? LEFT);
  }
}

/** Changes part of a member, which is new if the group has none of that id. */
function setMember(group: StreamsGroup, memberId: string, part: MemberMetadata | MemberAssignment): Undo {
  const member = group.members.get(memberId);
  if (member === undefined && part === LEFT) return NOTHING;
  return group.setMember(memberId, { ...(member ?? newMember(memberId)), ...part });
}

const LEFT: MemberAssignment = {
  memberEpoch: MemberEpoch.LEAVE,
  previousMemberEpoch: MemberEpoch.LEAVE,
  state: MemberState.STABLE,
  assigned: NOTHING_HELD,
  pendingRevocation: NOTHING_HELD,
};
