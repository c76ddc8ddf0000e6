/** The formats of share groups' records: Kafka's types 10 to 15, values of version 0. */
import {
  readShareGroupCurrentMemberAssignmentKey,
  writeShareGroupCurrentMemberAssignmentKey,
} from '../../../../protocol/generated/share-group-current-member-assignment-key.ts';
import {
  readShareGroupCurrentMemberAssignmentValue,
  writeShareGroupCurrentMemberAssignmentValue,
} from '../../../../protocol/generated/share-group-current-member-assignment-value.ts';
import {
  readShareGroupMemberMetadataKey,
  writeShareGroupMemberMetadataKey,
} from '../../../../protocol/generated/share-group-member-metadata-key.ts';
import {
  readShareGroupMemberMetadataValue,
  writeShareGroupMemberMetadataValue,
} from '../../../../protocol/generated/share-group-member-metadata-value.ts';
import {
  readShareGroupMetadataKey,
  writeShareGroupMetadataKey,
} from '../../../../protocol/generated/share-group-metadata-key.ts';
import {
  readShareGroupMetadataValue,
  writeShareGroupMetadataValue,
} from '../../../../protocol/generated/share-group-metadata-value.ts';
import {
  readShareGroupStatePartitionMetadataKey,
  writeShareGroupStatePartitionMetadataKey,
} from '../../../../protocol/generated/share-group-state-partition-metadata-key.ts';
import {
  readShareGroupStatePartitionMetadataValue,
  writeShareGroupStatePartitionMetadataValue,
} from '../../../../protocol/generated/share-group-state-partition-metadata-value.ts';
import {
  readShareGroupTargetAssignmentMemberKey,
  writeShareGroupTargetAssignmentMemberKey,
} from '../../../../protocol/generated/share-group-target-assignment-member-key.ts';
import {
  readShareGroupTargetAssignmentMemberValue,
  writeShareGroupTargetAssignmentMemberValue,
} from '../../../../protocol/generated/share-group-target-assignment-member-value.ts';
import {
  readShareGroupTargetAssignmentMetadataKey,
  writeShareGroupTargetAssignmentMetadataKey,
} from '../../../../protocol/generated/share-group-target-assignment-metadata-key.ts';
import {
  readShareGroupTargetAssignmentMetadataValue,
  writeShareGroupTargetAssignmentMetadataValue,
} from '../../../../protocol/generated/share-group-target-assignment-metadata-value.ts';
import type { Reader } from '../../../../protocol/reader.ts';
import { toAssignment, toTopicPartitions } from '../modern/assignment.ts';
import type { GroupRecordType } from '../protocol.ts';
import type {
  ShareAssignmentRecord,
  ShareEpochRecord,
  ShareMemberRecord,
  ShareStatesRecord,
  ShareTargetEpochRecord,
  ShareTargetRecord,
} from './records.ts';
import type { StatePartitions, StateTopics } from './state-partitions.ts';

const VALUE_VERSION = 0;
/** The only state of a member that is written. */
const STABLE = 0;

/** Reads a value behind its version; null for a tombstone. */
function valueOf<V>(value: Reader | null, read: (reader: Reader, version: number) => V): V | null {
  return value === null ? null : read(value, value.int16());
}

export const memberRecordType: GroupRecordType<ShareMemberRecord> = {
  kind: 'share-member',
  keyTypes: [10],
  writeKey: (writer, { groupId, memberId }) => writeShareGroupMemberMetadataKey(writer, { groupId, memberId }, 0),
  writeValue(writer, { value }) {
    if (value === null) return;
    writer.int16(VALUE_VERSION);
    const subscribedTopicNames = [...value.subscribedTopicNames];
    writeShareGroupMemberMetadataValue(writer, { ...value, subscribedTopicNames }, VALUE_VERSION);
  },
  read(key, value) {
    const { groupId, memberId } = readShareGroupMemberMetadataKey(key, 0);
    const stored = valueOf(value, readShareGroupMemberMetadataValue);
    const metadata = stored === null ? null : { ...stored, subscribedTopicNames: new Set(stored.subscribedTopicNames) };
    return { kind: 'share-member', groupId, memberId, value: metadata };
  },
};

export const epochRecordType: GroupRecordType<ShareEpochRecord> = {
  kind: 'share-epoch',
  keyTypes: [11],
  writeKey: (writer, { groupId }) => writeShareGroupMetadataKey(writer, { groupId }, 0),
  writeValue(writer, { value }) {
    if (value === null) return;
    writer.int16(VALUE_VERSION);
    writeShareGroupMetadataValue(writer, value, VALUE_VERSION);
  },
  read(key, value) {
    const { groupId } = readShareGroupMetadataKey(key, 0);
    const stored = valueOf(value, readShareGroupMetadataValue);
    return { kind: 'share-epoch', groupId, value: stored };
  },
};

export const targetEpochRecordType: GroupRecordType<ShareTargetEpochRecord> = {
  kind: 'share-target-epoch',
  keyTypes: [12],
  writeKey: (writer, { groupId }) => writeShareGroupTargetAssignmentMetadataKey(writer, { groupId }, 0),
  writeValue(writer, { value }) {
    if (value === null) return;
    writer.int16(VALUE_VERSION);
    const stored = { assignmentEpoch: value.epoch, assignmentTimestamp: value.timestampMs };
    writeShareGroupTargetAssignmentMetadataValue(writer, stored, VALUE_VERSION);
  },
  read(key, value) {
    const { groupId } = readShareGroupTargetAssignmentMetadataKey(key, 0);
    const stored = valueOf(value, readShareGroupTargetAssignmentMetadataValue);
    if (stored === null) return { kind: 'share-target-epoch', groupId, value: null };
    const { assignmentEpoch: epoch, assignmentTimestamp: timestampMs } = stored;
    return { kind: 'share-target-epoch', groupId, value: { epoch, timestampMs } };
  },
};

export const targetRecordType: GroupRecordType<ShareTargetRecord> = {
  kind: 'share-target',
  keyTypes: [13],
  writeKey: (writer, { groupId, memberId }) =>
    writeShareGroupTargetAssignmentMemberKey(writer, { groupId, memberId }, 0),
  writeValue(writer, { value }) {
    if (value === null) return;
    writer.int16(VALUE_VERSION);
    writeShareGroupTargetAssignmentMemberValue(writer, { topicPartitions: toTopicPartitions(value) }, VALUE_VERSION);
  },
  read(key, value) {
    const { groupId, memberId } = readShareGroupTargetAssignmentMemberKey(key, 0);
    const stored = valueOf(value, readShareGroupTargetAssignmentMemberValue);
    const target = stored === null ? null : toAssignment(stored.topicPartitions);
    return { kind: 'share-target', groupId, memberId, value: target };
  },
};

export const assignmentRecordType: GroupRecordType<ShareAssignmentRecord> = {
  kind: 'share-assignment',
  keyTypes: [14],
  writeKey: (writer, { groupId, memberId }) =>
    writeShareGroupCurrentMemberAssignmentKey(writer, { groupId, memberId }, 0),
  writeValue(writer, { value }) {
    if (value === null) return;
    writer.int16(VALUE_VERSION);
    const { memberEpoch, previousMemberEpoch, assigned } = value;
    const stored = { memberEpoch, previousMemberEpoch, state: STABLE, assignedPartitions: toTopicPartitions(assigned) };
    writeShareGroupCurrentMemberAssignmentValue(writer, stored, VALUE_VERSION);
  },
  read(key, value) {
    const { groupId, memberId } = readShareGroupCurrentMemberAssignmentKey(key, 0);
    const stored = valueOf(value, readShareGroupCurrentMemberAssignmentValue);
    if (stored === null) return { kind: 'share-assignment', groupId, memberId, value: null };
    const { memberEpoch, previousMemberEpoch, assignedPartitions } = stored;
    const assignment = { memberEpoch, previousMemberEpoch, assigned: toAssignment(assignedPartitions) };
    return { kind: 'share-assignment', groupId, memberId, value: assignment };
  },
};

export const statesRecordType: GroupRecordType<ShareStatesRecord> = {
  kind: 'share-states',
  keyTypes: [15],
  writeKey: (writer, { groupId }) => writeShareGroupStatePartitionMetadataKey(writer, { groupId }, 0),
  writeValue(writer, { value }) {
    if (value === null) return;
    writer.int16(VALUE_VERSION);
    const { initializing, initialized, deleting } = value;
    const stored = {
      initializingTopics: listed(initializing),
      initializedTopics: listed(initialized),
      deletingTopics: [...deleting].map(([topicId, topicName]) => ({ topicId, topicName })),
    };
    writeShareGroupStatePartitionMetadataValue(writer, stored, VALUE_VERSION);
  },
  read(key, value) {
    const { groupId } = readShareGroupStatePartitionMetadataKey(key, 0);
    const stored = valueOf(value, readShareGroupStatePartitionMetadataValue);
    return { kind: 'share-states', groupId, value: stored === null ? null : toStates(stored) };
  },
};

type Stored = ReturnType<typeof readShareGroupStatePartitionMetadataValue>;

function listed(topics: StateTopics): { topicId: string; topicName: string; partitions: number[] }[] {
  return [...topics].map(([topicId, { name, partitions }]) => {
    return { topicId, topicName: name, partitions: [...partitions].sort((a, b) => a - b) };
  });
}

function toStates({ initializingTopics, initializedTopics, deletingTopics }: Stored): StatePartitions {
  return {
    initializing: toTopics(initializingTopics),
    initialized: toTopics(initializedTopics),
    deleting: new Map(deletingTopics.map(({ topicId, topicName }) => [topicId, topicName])),
  };
}

/** When it was said is not stored: what was being initialized is tried again at once. */
function toTopics(stored: Stored['initializedTopics']): StateTopics {
  return new Map(
    stored.map(({ topicId, topicName, partitions }) => {
      return [topicId, { name: topicName, partitions: new Set(partitions), sinceMs: 0 }];
    }),
  );
}
