/** Applies records of share groups. */
import type { Undo } from '../../types.ts';
import type { GroupEnvironment } from '../environment.ts';
import { undoAll } from '../modern/member.ts';
import { ShareGroup } from './group.ts';
import { newMember, NOTHING_YET } from './member.ts';
import type { ShareGroupRecord } from './records.ts';

const NO_UNDO: Undo = () => {};

/** What a record changes in its group; deleting the group itself is for the caller. Gives what takes it back. */
export function applyRecord(group: ShareGroup, record: ShareGroupRecord): Undo {
  switch (record.kind) {
    case 'share-member': {
      const { memberId, value } = record;
      if (value === null) return group.removeMember(memberId);
      const subscribedTopicNames = group.sharedNames(value.subscribedTopicNames);
      return group.putMember({ ...(group.member(memberId) ?? newMember(memberId)), ...value, subscribedTopicNames });
    }
    case 'share-assignment': {
      const { memberId, value } = record;
      const member = group.member(memberId);
      if (value === null && member === undefined) return NO_UNDO;
      return group.putMember({ ...(member ?? newMember(memberId)), ...(value ?? NOTHING_YET) });
    }
    case 'share-target':
      return group.setTarget(record.memberId, record.value);
    case 'share-epoch':
      return record.value === null ? NO_UNDO : group.setGroupEpoch(record.value.epoch, record.value.metadataHash);
    case 'share-target-epoch':
      return group.setAssignmentEpoch(record.value?.epoch ?? -1, record.value?.timestampMs ?? 0);
    case 'share-states':
      return group.setStates(record.value);
  }
}

/** A group is made for its first record and goes with the tombstone of its epoch. */
export function replayRecord(env: GroupEnvironment, record: ShareGroupRecord): Undo {
  const { groups } = env;
  const { groupId } = record;
  const former = groups.get(groupId);
  if (former instanceof ShareGroup) {
    if (record.kind !== 'share-epoch' || record.value !== null) return applyRecord(former, record);
    groups.delete(groupId);
    return () => void groups.set(groupId, former);
  }
  if (record.value === null) return NO_UNDO;
  const group = new ShareGroup(groupId);
  groups.set(groupId, group);
  const applied = applyRecord(group, record);
  const made: Undo = () => {
    if (former === undefined) groups.delete(groupId);
    else groups.set(groupId, former);
  };
  return () => undoAll([made, applied]);
}
