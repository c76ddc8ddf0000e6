/** The record of a committed offset: OffsetCommitKey (0 and 1), OffsetCommitValue v4 (v1 with an explicit expiry). */
import { readOffsetCommitKey, writeOffsetCommitKey } from '../../../../protocol/generated/offset-commit-key.ts';
import { readOffsetCommitValue, writeOffsetCommitValue } from '../../../../protocol/generated/offset-commit-value.ts';
import type { GroupRecordType } from '../protocol.ts';

const KEY_TYPE = 1;
const LEGACY_KEY_TYPE = 0;
const VALUE_VERSION = 4;
/** The only version with an expiry of its own (OffsetCommit v2 to v4 with a retention time). */
const EXPIRING_VALUE_VERSION = 1;

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

/** The record that forgets an offset, and what open transactions would commit there. */
export function offsetTombstone(groupId: string, topic: string, partition: number): OffsetRecord {
  return { kind: 'offset', groupId, topic, partition, value: null };
}

export const offsetRecordType: GroupRecordType<OffsetRecord> = {
  kind: 'offset',
  keyTypes: [KEY_TYPE, LEGACY_KEY_TYPE],
  writeKey: (writer, { groupId, topic, partition }) => {
    writeOffsetCommitKey(writer, { group: groupId, topic, partition }, 0);
  },
  writeValue(writer, { value }) {
    if (value === null) return;
    const { offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs, topicId } = value;
    if (expireTimestampMs >= 0) {
      const fields = { offset, metadata, commitTimestamp: commitTimestampMs, expireTimestamp: expireTimestampMs };
      writer.int16(EXPIRING_VALUE_VERSION);
      writeOffsetCommitValue(writer, fields, EXPIRING_VALUE_VERSION);
    } else {
      const fields = { offset, leaderEpoch, metadata, commitTimestamp: commitTimestampMs, topicId };
      writer.int16(VALUE_VERSION);
      writeOffsetCommitValue(writer, fields, VALUE_VERSION);
    }
  },
  read(key, value) {
    const { group, topic, partition } = readOffsetCommitKey(key, 0);
    if (value === null) return offsetTombstone(group, topic, partition);
    const stored = readOffsetCommitValue(value, value.int16());
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
  },
};
