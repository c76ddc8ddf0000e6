/** What a record of a consumer group changes in it. */
import type { Undo } from '../../types.ts';
import type { ConsumerGroup } from './group.ts';
import { NOTHING_YET, newMember } from './member.ts';
import type { ConsumerRecord } from './records.ts';

const NO_UNDO: Undo = () => {};
/** Of a member whose assignment is gone: its other records go next. */
const GONE = { ...NOTHING_YET, memberEpoch: -1, previousMemberEpoch: -1 };
/** Of a group whose target is gone. */
const NO_EPOCH = -1;

/** Deleting the group itself is for the caller. Gives what takes the record back. */
export function applyRecord(group: ConsumerGroup, record: ConsumerRecord): Undo {
  switch (record.kind) {
    case 'consumer-member': {
      const { memberId, value } = record;
      if (value === null) return group.removeMember(memberId);
      const subscribedTopicNames = group.sharedNames(value.subscribedTopicNames);
      return group.putMember({ ...(group.member(memberId) ?? newMember(memberId)), ...value, subscribedTopicNames });
    }
    case 'consumer-assignment': {
      const { memberId, value } = record;
      const member = group.member(memberId);
      if (value === null) return member === undefined ? NO_UNDO : group.putMember({ ...member, ...GONE });
      return group.putMember({ ...(member ?? newMember(memberId)), ...value });
    }
    case 'consumer-target':
      return group.setTarget(record.memberId, record.value);
    case 'consumer-epoch':
      return record.value === null ? NO_UNDO : group.setGroupEpoch(record.value.epoch, record.value.metadataHash);
    case 'consumer-target-epoch':
      return group.setAssignmentEpoch(record.value?.epoch ?? NO_EPOCH, record.value?.timestampMs ?? 0);
    case 'consumer-regex':
      return group.setResolvedRegex(record.regex, record.value);
    case 'consumer-partition-metadata':
      return NO_UNDO;
  }
}
