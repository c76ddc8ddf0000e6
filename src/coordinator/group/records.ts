/**
 * The records of classic groups and committed offsets in __consumer_offsets, in Kafka's formats: a key and a value that
 * each begin with an int16, the record type (key) and the version (value). Written as Kafka 4.4 writes them:
 * OffsetCommitValue v4 (v1 with an explicit expiry), GroupMetadataValue v3.
 */
import { readGroupMetadataKey, writeGroupMetadataKey } from '../../../protocol/generated/group-metadata-key.ts';
import { readGroupMetadataValue, writeGroupMetadataValue } from '../../../protocol/generated/group-metadata-value.ts';
import type { GroupMetadataValue } from '../../../protocol/generated/group-metadata-value.ts';
import { readOffsetCommitKey, writeOffsetCommitKey } from '../../../protocol/generated/offset-commit-key.ts';
import { readOffsetCommitValue, writeOffsetCommitValue } from '../../../protocol/generated/offset-commit-value.ts';
import { Reader } from '../../../protocol/reader.ts';
import { Writer } from '../../../protocol/writer.ts';
import type { EncodedRecord, RecordCodec } from '../types.ts';

/** Types of records, the first int16 of a key. Types of newer group protocols are skipped. */
const RecordType = { LEGACY_OFFSET_COMMIT: 0, OFFSET_COMMIT: 1, GROUP_METADATA: 2 } as const;

const OFFSET_COMMIT_VERSION = 4;
/** The only version with an expiry of its own (OffsetCommit v2 to v4 with a retention time). */
const OFFSET_COMMIT_EXPIRING_VERSION = 1;
const GROUP_METADATA_VERSION = 3;

/** A committed offset. */
export interface CommittedOffset {
  readonly offset: number;
  /** -1: unknown. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestampMs: number;
  /** Explicit expiry, or -1. */
  readonly expireTimestampMs: number;
  /** Id of the topic, or the zero id. */
  readonly topicId: string;
}

/** A null value deletes. */
export interface OffsetRecord {
  readonly kind: 'offset';
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  readonly value: CommittedOffset | null;
}

/** A null value deletes the group. */
export interface GroupMetadataRecord {
  readonly kind: 'group';
  readonly groupId: string;
  readonly value: GroupMetadataValue | null;
}

export type GroupRecord = OffsetRecord | GroupMetadataRecord;

/** The record that forgets a committed offset. */
export function offsetTombstone(groupId: string, topic: string, partition: number): OffsetRecord {
  return { kind: 'offset', groupId, topic, partition, value: null };
}

/** The record that forgets a group. */
export function groupTombstone(groupId: string): GroupMetadataRecord {
  return { kind: 'group', groupId, value: null };
}

function encodeOffset(record: OffsetRecord): EncodedRecord {
  const key = new Writer();
  key.int16(RecordType.OFFSET_COMMIT);
  writeOffsetCommitKey(key, { group: record.groupId, topic: record.topic, partition: record.partition }, 0);
  if (record.value === null) return { key: key.toBuffer(), value: null };
  const { offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs, topicId } = record.value;
  const value = new Writer();
  if (expireTimestampMs >= 0) {
    const fields = { offset, metadata, commitTimestamp: commitTimestampMs, expireTimestamp: expireTimestampMs };
    value.int16(OFFSET_COMMIT_EXPIRING_VERSION);
    writeOffsetCommitValue(value, fields, OFFSET_COMMIT_EXPIRING_VERSION);
  } else {
    const fields = { offset, leaderEpoch, metadata, commitTimestamp: commitTimestampMs, topicId };
    value.int16(OFFSET_COMMIT_VERSION);
    writeOffsetCommitValue(value, fields, OFFSET_COMMIT_VERSION);
  }
  return { key: key.toBuffer(), value: value.toBuffer() };
}

function encodeGroup(record: GroupMetadataRecord): EncodedRecord {
  const key = new Writer();
  key.int16(RecordType.GROUP_METADATA);
  writeGroupMetadataKey(key, { group: record.groupId }, 0);
  if (record.value === null) return { key: key.toBuffer(), value: null };
  const value = new Writer();
  value.int16(GROUP_METADATA_VERSION);
  writeGroupMetadataValue(value, record.value, GROUP_METADATA_VERSION);
  return { key: key.toBuffer(), value: value.toBuffer() };
}

function decodeOffset(key: Reader, value: Buffer | null): OffsetRecord {
  const { group, topic, partition } = readOffsetCommitKey(key, 0);
  if (value === null) return offsetTombstone(group, topic, partition);
  const reader = new Reader(value);
  const stored = readOffsetCommitValue(reader, reader.int16());
  return {
    kind: 'offset',
    groupId: group,
    topic,
    partition,
    value: {
      offset: stored.offset,
      leaderEpoch: stored.leaderEpoch,
      metadata: stored.metadata,
      commitTimestampMs: stored.commitTimestamp,
      expireTimestampMs: stored.expireTimestamp,
      topicId: stored.topicId,
    },
  };
}

function decodeGroup(key: Reader, value: Buffer | null): GroupMetadataRecord {
  const { group } = readGroupMetadataKey(key, 0);
  if (value === null) return groupTombstone(group);
  const reader = new Reader(value);
  const stored = readGroupMetadataValue(reader, reader.int16());
  // The bytes are views on a buffer that the log reader lets go of.
  const members = stored.members.map((member) => ({
    ...member,
    subscription: Buffer.from(member.subscription),
    assignment: Buffer.from(member.assignment),
  }));
  return { kind: 'group', groupId: group, value: { ...stored, members } };
}

/** @throws ProtocolError from `decode` for bytes that are no such record */
export const groupRecordCodec: RecordCodec<GroupRecord> = {
  encode: (record) => (record.kind === 'offset' ? encodeOffset(record) : encodeGroup(record)),
  decode(key, value) {
    const reader = new Reader(key);
    const type = reader.int16();
    if (type === RecordType.LEGACY_OFFSET_COMMIT || type === RecordType.OFFSET_COMMIT) {
      return decodeOffset(reader, value);
    }
    return type === RecordType.GROUP_METADATA ? decodeGroup(reader, value) : null;
  },
};
