/** The bytes of the records of streams groups: keys 17 and 19 to 23, values v0. Type 18 has been given up by Kafka. */
import {
  readStreamsGroupCurrentMemberAssignmentKey,
  writeStreamsGroupCurrentMemberAssignmentKey,
} from '../../../../protocol/generated/streams-group-current-member-assignment-key.ts';
import {
  readStreamsGroupCurrentMemberAssignmentValue,
  writeStreamsGroupCurrentMemberAssignmentValue,
} from '../../../../protocol/generated/streams-group-current-member-assignment-value.ts';
import {
  readStreamsGroupMemberMetadataKey,
  writeStreamsGroupMemberMetadataKey,
} from '../../../../protocol/generated/streams-group-member-metadata-key.ts';
import {
  readStreamsGroupMemberMetadataValue,
  writeStreamsGroupMemberMetadataValue,
} from '../../../../protocol/generated/streams-group-member-metadata-value.ts';
import {
  readStreamsGroupMetadataKey,
  writeStreamsGroupMetadataKey,
} from '../../../../protocol/generated/streams-group-metadata-key.ts';
import {
  readStreamsGroupMetadataValue,
  writeStreamsGroupMetadataValue,
} from '../../../../protocol/generated/streams-group-metadata-value.ts';
import {
  readStreamsGroupTargetAssignmentMemberKey,
  writeStreamsGroupTargetAssignmentMemberKey,
} from '../../../../protocol/generated/streams-group-target-assignment-member-key.ts';
import {
  readStreamsGroupTargetAssignmentMemberValue,
  writeStreamsGroupTargetAssignmentMemberValue,
} from '../../../../protocol/generated/streams-group-target-assignment-member-value.ts';
import {
  readStreamsGroupTargetAssignmentMetadataKey,
  writeStreamsGroupTargetAssignmentMetadataKey,
} from '../../../../protocol/generated/streams-group-target-assignment-metadata-key.ts';
import {
  readStreamsGroupTargetAssignmentMetadataValue,
  writeStreamsGroupTargetAssignmentMetadataValue,
} from '../../../../protocol/generated/streams-group-target-assignment-metadata-value.ts';
import {
  readStreamsGroupTopologyKey,
  writeStreamsGroupTopologyKey,
} from '../../../../protocol/generated/streams-group-topology-key.ts';
import {
  readStreamsGroupTopologyValue,
  writeStreamsGroupTopologyValue,
} from '../../../../protocol/generated/streams-group-topology-value.ts';
import type { Reader } from '../../../../protocol/reader.ts';
import type { Writer } from '../../../../protocol/writer.ts';
import type { GroupRecordType } from '../protocol.ts';
import { assignmentEpochRecord, groupRecord, memberAssignmentRecord } from './records.ts';
import { memberRecord, targetRecord, topologyRecord } from './records.ts';
import type {
  AssignmentEpochRecord,
  MemberAssignmentRecord,
  MemberRecord,
  StreamsGroupRecord,
  TargetRecord,
  TopologyRecord,
} from './records.ts';
import {
  fromMember,
  fromMemberAssignment,
  fromTarget,
  toGroupEpoch,
  toMember,
  toMemberAssignment,
  toTarget,
} from './record-values.ts';
import { toTopology, topologyValue } from './topology.ts';

/** The only version of keys and values. */
const VERSION = 0;

/** Runs `read` on a value behind its version; a tombstone has none. */
function readValue<T>(value: Reader | null, read: (reader: Reader, version: number) => T): T | null {
  return value === null ? null : read(value, value.int16());
}

/** Writes the version and what `write` writes. */
function writeValue<T>(writer: Writer, value: T | null, write: (writer: Writer, value: T) => void): void {
  if (value === null) return;
  writer.int16(VERSION);
  write(writer, value);
}

export const streamsGroupType: GroupRecordType<StreamsGroupRecord> = {
  kind: 'streams-group',
  keyTypes: [17],
  writeKey: (writer, { groupId }) => writeStreamsGroupMetadataKey(writer, { groupId }, VERSION),
  writeValue: (writer, record) =>
    writeValue(writer, record.value, (to, { epoch, metadataHash, validatedTopologyEpoch, assignmentConfigs }) => {
      const lastAssignmentConfigs = [...assignmentConfigs].map(([key, value]) => ({ key, value }));
      const value = { epoch, metadataHash, validatedTopologyEpoch, lastAssignmentConfigs };
      writeStreamsGroupMetadataValue(to, value, VERSION);
    }),
  read(key, value) {
    const { groupId } = readStreamsGroupMetadataKey(key, VERSION);
    return groupRecord(
      groupId,
      readValue(value, (...from) => toGroupEpoch(readStreamsGroupMetadataValue(...from))),
    );
  },
};

export const memberType: GroupRecordType<MemberRecord> = {
  kind: 'streams-member',
  keyTypes: [19],
  writeKey: (writer, record) => writeStreamsGroupMemberMetadataKey(writer, record, VERSION),
  writeValue: (writer, record) =>
    writeValue(writer, record.value, (to, member) => {
      writeStreamsGroupMemberMetadataValue(to, fromMember(member), VERSION);
    }),
  read(key, value) {
    const { groupId, memberId } = readStreamsGroupMemberMetadataKey(key, VERSION);
    const member = readValue(value, (...from) => toMember(readStreamsGroupMemberMetadataValue(...from)));
    return memberRecord(groupId, memberId, member);
  },
};

export const assignmentEpochType: GroupRecordType<AssignmentEpochRecord> = {
  kind: 'streams-assignment-epoch',
  keyTypes: [20],
  writeKey: (writer, { groupId }) => writeStreamsGroupTargetAssignmentMetadataKey(writer, { groupId }, VERSION),
  writeValue: (writer, record) =>
    writeValue(writer, record.value, (to, { epoch, timestampMs }) => {
      const value = { assignmentEpoch: epoch, assignmentTimestamp: timestampMs };
      writeStreamsGroupTargetAssignmentMetadataValue(to, value, VERSION);
    }),
  read(key, value) {
    const { groupId } = readStreamsGroupTargetAssignmentMetadataKey(key, VERSION);
    const stored = readValue(value, readStreamsGroupTargetAssignmentMetadataValue);
    if (stored === null) return assignmentEpochRecord(groupId, null);
    const { assignmentEpoch, assignmentTimestamp } = stored;
    return assignmentEpochRecord(groupId, { epoch: assignmentEpoch, timestampMs: assignmentTimestamp });
  },
};

export const targetType: GroupRecordType<TargetRecord> = {
  kind: 'streams-target',
  keyTypes: [21],
  writeKey: (writer, record) => writeStreamsGroupTargetAssignmentMemberKey(writer, record, VERSION),
  writeValue: (writer, record) =>
    writeValue(writer, record.value, (to, tasks) => {
      writeStreamsGroupTargetAssignmentMemberValue(to, fromTarget(tasks), VERSION);
    }),
  read(key, value) {
    const { groupId, memberId } = readStreamsGroupTargetAssignmentMemberKey(key, VERSION);
    const tasks = readValue(value, (...from) => toTarget(readStreamsGroupTargetAssignmentMemberValue(...from)));
    return targetRecord(groupId, memberId, tasks);
  },
};

export const memberAssignmentType: GroupRecordType<MemberAssignmentRecord> = {
  kind: 'streams-member-assignment',
  keyTypes: [22],
  writeKey: (writer, record) => writeStreamsGroupCurrentMemberAssignmentKey(writer, record, VERSION),
  writeValue: (writer, record) =>
    writeValue(writer, record.value, (to, assignment) => {
      writeStreamsGroupCurrentMemberAssignmentValue(to, fromMemberAssignment(assignment), VERSION);
    }),
  read(key, value) {
    const { groupId, memberId } = readStreamsGroupCurrentMemberAssignmentKey(key, VERSION);
    const read = readStreamsGroupCurrentMemberAssignmentValue;
    const assignment = readValue(value, (...from) => toMemberAssignment(read(...from)));
    return memberAssignmentRecord(groupId, memberId, assignment);
  },
};

export const topologyType: GroupRecordType<TopologyRecord> = {
  kind: 'streams-topology',
  keyTypes: [23],
  writeKey: (writer, { groupId }) => writeStreamsGroupTopologyKey(writer, { groupId }, VERSION),
  writeValue: (writer, record) =>
    writeValue(writer, record.value, (to, topology) => {
      writeStreamsGroupTopologyValue(to, topologyValue(topology), VERSION);
    }),
  read(key, value) {
    const { groupId } = readStreamsGroupTopologyKey(key, VERSION);
    const topology = readValue(value, (...from) => toTopology(readStreamsGroupTopologyValue(...from)));
    return topologyRecord(groupId, topology);
  },
};
