/** The formats of consumer groups' records: Kafka's types 3 to 8 and 16, values of version 0. */
import {
  readConsumerGroupCurrentMemberAssignmentKey,
  writeConsumerGroupCurrentMemberAssignmentKey,
} from '../../../../protocol/generated/consumer-group-current-member-assignment-key.ts';
import {
  readConsumerGroupCurrentMemberAssignmentValue,
  writeConsumerGroupCurrentMemberAssignmentValue,
} from '../../../../protocol/generated/consumer-group-current-member-assignment-value.ts';
import {
  readConsumerGroupMemberMetadataKey,
  writeConsumerGroupMemberMetadataKey,
} from '../../../../protocol/generated/consumer-group-member-metadata-key.ts';
import {
  readConsumerGroupMemberMetadataValue,
  writeConsumerGroupMemberMetadataValue,
} from '../../../../protocol/generated/consumer-group-member-metadata-value.ts';
import {
  readConsumerGroupMetadataKey,
  writeConsumerGroupMetadataKey,
} from '../../../../protocol/generated/consumer-group-metadata-key.ts';
import {
  readConsumerGroupMetadataValue,
  writeConsumerGroupMetadataValue,
} from '../../../../protocol/generated/consumer-group-metadata-value.ts';
import {
  readConsumerGroupPartitionMetadataKey,
  writeConsumerGroupPartitionMetadataKey,
} from '../../../../protocol/generated/consumer-group-partition-metadata-key.ts';
import {
  readConsumerGroupRegularExpressionKey,
  writeConsumerGroupRegularExpressionKey,
} from '../../../../protocol/generated/consumer-group-regular-expression-key.ts';
import {
  readConsumerGroupRegularExpressionValue,
  writeConsumerGroupRegularExpressionValue,
} from '../../../../protocol/generated/consumer-group-regular-expression-value.ts';
import {
  readConsumerGroupTargetAssignmentMemberKey,
  writeConsumerGroupTargetAssignmentMemberKey,
} from '../../../../protocol/generated/consumer-group-target-assignment-member-key.ts';
import {
  readConsumerGroupTargetAssignmentMemberValue,
  writeConsumerGroupTargetAssignmentMemberValue,
} from '../../../../protocol/generated/consumer-group-target-assignment-member-value.ts';
import {
  readConsumerGroupTargetAssignmentMetadataKey,
  writeConsumerGroupTargetAssignmentMetadataKey,
} from '../../../../protocol/generated/consumer-group-target-assignment-metadata-key.ts';
import {
  readConsumerGroupTargetAssignmentMetadataValue,
  writeConsumerGroupTargetAssignmentMetadataValue,
} from '../../../../protocol/generated/consumer-group-target-assignment-metadata-value.ts';
import type { Reader } from '../../../../protocol/reader.ts';
import { toAssignment, toTopicPartitions } from '../modern/assignment.ts';
import type { GroupRecordType } from '../protocol.ts';
import type {
  AssignmentRecord,
  EpochRecord,
  MemberRecord,
  PartitionMetadataRecord,
  RegexRecord,
  TargetEpochRecord,
  TargetRecord,
} from './records.ts';
import { toCurrentAssignment, toMetadata, writtenAssignment, writtenMetadata } from './stored-member.ts';

const VALUE_VERSION = 0;

/** Reads a value behind its version; null for a tombstone. */
function valueOf<V>(value: Reader | null, read: (reader: Reader, version: number) => V): V | null {
  return value === null ? null : read(value, value.int16());
}

export const epochRecordType: GroupRecordType<EpochRecord> = {
  kind: 'consumer-epoch',
  keyTypes: [3],
  writeKey: (writer, { groupId }) => writeConsumerGroupMetadataKey(writer, { groupId }, 0),
  writeValue(writer, { value }) {
    writer.int16(VALUE_VERSION);
    writeConsumerGroupMetadataValue(writer, value ?? {}, VALUE_VERSION);
  },
  read(key, value) {
    const { groupId } = readConsumerGroupMetadataKey(key, 0);
    return { kind: 'consumer-epoch', groupId, value: valueOf(value, readConsumerGroupMetadataValue) };
  },
};

/** Only ever deleted, and of no use where it is still found. */
export const partitionMetadataRecordType: GroupRecordType<PartitionMetadataRecord> = {
  kind: 'consumer-partition-metadata',
  keyTypes: [4],
  writeKey: (writer, { groupId }) => writeConsumerGroupPartitionMetadataKey(writer, { groupId }, 0),
  writeValue() {},
  read: (key) => ({
    kind: 'consumer-partition-metadata',
    groupId: readConsumerGroupPartitionMetadataKey(key, 0).groupId,
    value: null,
  }),
};

export const memberRecordType: GroupRecordType<MemberRecord> = {
  kind: 'consumer-member',
  keyTypes: [5],
  writeKey: (writer, { groupId, memberId }) => writeConsumerGroupMemberMetadataKey(writer, { groupId, memberId }, 0),
  writeValue(writer, { value }) {
    if (value === null) return;
    writer.int16(VALUE_VERSION);
    writeConsumerGroupMemberMetadataValue(writer, writtenMetadata(value), VALUE_VERSION);
  },
  read(key, value) {
    const { groupId, memberId } = readConsumerGroupMemberMetadataKey(key, 0);
    const stored = valueOf(value, readConsumerGroupMemberMetadataValue);
    return { kind: 'consumer-member', groupId, memberId, value: stored === null ? null : toMetadata(stored) };
  },
};

export const targetEpochRecordType: GroupRecordType<TargetEpochRecord> = {
  kind: 'consumer-target-epoch',
  keyTypes: [6],
  writeKey: (writer, { groupId }) => writeConsumerGroupTargetAssignmentMetadataKey(writer, { groupId }, 0),
  writeValue(writer, { value }) {
    if (value === null) return;
    writer.int16(VALUE_VERSION);
    const stored = { assignmentEpoch: value.epoch, assignmentTimestamp: value.timestampMs };
    writeConsumerGroupTargetAssignmentMetadataValue(writer, stored, VALUE_VERSION);
  },
  read(key, value) {
    const { groupId } = readConsumerGroupTargetAssignmentMetadataKey(key, 0);
    const stored = valueOf(value, readConsumerGroupTargetAssignmentMetadataValue);
    if (stored === null) return { kind: 'consumer-target-epoch', groupId, value: null };
    const { assignmentEpoch: epoch, assignmentTimestamp: timestampMs } = stored;
    return { kind: 'consumer-target-epoch', groupId, value: { epoch, timestampMs } };
  },
};

export const targetRecordType: GroupRecordType<TargetRecord> = {
  kind: 'consumer-target',
  keyTypes: [7],
  writeKey: (writer, { groupId, memberId }) =>
    writeConsumerGroupTargetAssignmentMemberKey(writer, { groupId, memberId }, 0),
  writeValue(writer, { value }) {
    if (value === null) return;
    writer.int16(VALUE_VERSION);
    const stored = { topicPartitions: toTopicPartitions(value) };
    writeConsumerGroupTargetAssignmentMemberValue(writer, stored, VALUE_VERSION);
  },
  read(key, value) {
    const { groupId, memberId } = readConsumerGroupTargetAssignmentMemberKey(key, 0);
    const stored = valueOf(value, readConsumerGroupTargetAssignmentMemberValue);
    const target = stored === null ? null : toAssignment(stored.topicPartitions);
    return { kind: 'consumer-target', groupId, memberId, value: target };
  },
};

export const assignmentRecordType: GroupRecordType<AssignmentRecord> = {
  kind: 'consumer-assignment',
  keyTypes: [8],
  writeKey: (writer, { groupId, memberId }) =>
    writeConsumerGroupCurrentMemberAssignmentKey(writer, { groupId, memberId }, 0),
  writeValue(writer, { value }) {
    if (value === null) return;
    writer.int16(VALUE_VERSION);
    writeConsumerGroupCurrentMemberAssignmentValue(writer, writtenAssignment(value), VALUE_VERSION);
  },
  read(key, value) {
    const { groupId, memberId } = readConsumerGroupCurrentMemberAssignmentKey(key, 0);
    const stored = valueOf(value, readConsumerGroupCurrentMemberAssignmentValue);
    const assignment = stored === null ? null : toCurrentAssignment(stored);
    return { kind: 'consumer-assignment', groupId, memberId, value: assignment };
  },
};

export const regexRecordType: GroupRecordType<RegexRecord> = {
  kind: 'consumer-regex',
  keyTypes: [16],
  writeKey: (writer, { groupId, regex }) =>
    writeConsumerGroupRegularExpressionKey(writer, { groupId, regularExpression: regex }, 0),
  writeValue(writer, { value }) {
    if (value === null) return;
    writer.int16(VALUE_VERSION);
    const stored = { topics: [...value.topics].sort(), version: value.version, timestamp: value.timestampMs };
    writeConsumerGroupRegularExpressionValue(writer, stored, VALUE_VERSION);
  },
  read(key, value) {
    const { groupId, regularExpression: regex } = readConsumerGroupRegularExpressionKey(key, 0);
    const stored = valueOf(value, readConsumerGroupRegularExpressionValue);
    if (stored === null) return { kind: 'consumer-regex', groupId, regex, value: null };
    const { topics, version, timestamp: timestampMs } = stored;
    return { kind: 'consumer-regex', groupId, regex, value: { topics: new Set(topics), version, timestampMs } };
  },
};
