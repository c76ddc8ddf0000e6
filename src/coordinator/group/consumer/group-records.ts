/** The records that a consumer group consists of, and those that delete it. */
import type { ConsumerGroup } from './group.ts';
import {
  assignmentRecord,
  epochRecord,
  memberRecord,
  regexRecord,
  targetEpochRecord,
  targetRecord,
} from './records.ts';
import type { ConsumerRecord } from './records.ts';

/** The group without its offsets. */
export function groupRecords(group: ConsumerGroup): ConsumerRecord[] {
  const { groupId, members, targets, resolvedRegexes } = group;
  return [
    ...[...members.values()].map((member) => memberRecord(groupId, member)),
    epochRecord(groupId, group.groupEpoch, group.metadataHash),
    ...[...targets].map(([memberId, target]) => targetRecord(groupId, memberId, target)),
    targetEpochRecord(groupId, group.assignmentEpoch, group.assignmentTimestampMs),
    ...[...members.values()].map((member) => assignmentRecord(groupId, member)),
    ...[...resolvedRegexes].map(([regex, resolved]) => regexRecord(groupId, regex, resolved)),
  ];
}

/** In Kafka's order, also for what no longer is written. */
export function groupTombstones(group: ConsumerGroup): ConsumerRecord[] {
  const { groupId } = group;
  const memberIds = [...group.members.keys()];
  return [
    ...memberIds.map((memberId) => ({ kind: 'consumer-assignment', groupId, memberId, value: null }) as const),
    ...memberIds.map((memberId) => ({ kind: 'consumer-target', groupId, memberId, value: null }) as const),
    { kind: 'consumer-target-epoch', groupId, value: null },
    ...memberIds.map((memberId) => ({ kind: 'consumer-member', groupId, memberId, value: null }) as const),
    ...[...group.resolvedRegexes.keys()].map((regex) => regexRecord(groupId, regex, null)),
    { kind: 'consumer-partition-metadata', groupId, value: null },
    { kind: 'consumer-epoch', groupId, value: null },
  ];
}
