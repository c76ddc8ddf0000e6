/**
 * Records of __share_group_state, in Kafka's formats: a snapshot has the whole state of a share partition, an update
 * what has changed since; a snapshot without a value deletes the state.
 */
import { readShareSnapshotKey, writeShareSnapshotKey } from '../../../protocol/generated/share-snapshot-key.ts';
import { readShareSnapshotValue, writeShareSnapshotValue } from '../../../protocol/generated/share-snapshot-value.ts';
import type { ShareSnapshotValue } from '../../../protocol/generated/share-snapshot-value.ts';
import { readShareUpdateKey, writeShareUpdateKey } from '../../../protocol/generated/share-update-key.ts';
import { readShareUpdateValue, writeShareUpdateValue } from '../../../protocol/generated/share-update-value.ts';
import type { ShareUpdateValue } from '../../../protocol/generated/share-update-value.ts';
import { Reader } from '../../../protocol/reader.ts';
import { Writer } from '../../../protocol/writer.ts';
import type { RecordCodec } from '../types.ts';

/** Types of records, the first int16 of a key. */
const KeyType = { SNAPSHOT: 0, UPDATE: 1 } as const;
const VALUE_VERSION = 0;

export interface SharePartitionKey {
  readonly groupId: string;
  readonly topicId: string;
  readonly partition: number;
}

/** A null value deletes. */
export interface SnapshotRecord {
  readonly kind: 'snapshot';
  readonly key: SharePartitionKey;
  readonly value: ShareSnapshotValue | null;
}

export interface UpdateRecord {
  readonly kind: 'update';
  readonly key: SharePartitionKey;
  readonly value: ShareUpdateValue;
}

export type ShareRecord = SnapshotRecord | UpdateRecord;

/** @throws ProtocolError from `decode` for bytes that are no such record */
export const shareRecordCodec: RecordCodec<ShareRecord> = {
  encode(record) {
    const key = new Writer();
    const value = new Writer();
    if (record.kind === 'snapshot') {
      key.int16(KeyType.SNAPSHOT);
      writeShareSnapshotKey(key, record.key, 0);
      if (record.value === null) return { key: key.toBuffer(), value: null };
      value.int16(VALUE_VERSION);
      writeShareSnapshotValue(value, record.value, VALUE_VERSION);
    } else {
      key.int16(KeyType.UPDATE);
      writeShareUpdateKey(key, record.key, 0);
      value.int16(VALUE_VERSION);
      writeShareUpdateValue(value, record.value, VALUE_VERSION);
    }
    return { key: key.toBuffer(), value: value.toBuffer() };
  },
  decode(key, value) {
    const reader = new Reader(key);
    const type = reader.int16();
    const bytes = value === null ? null : new Reader(value);
    if (type === KeyType.SNAPSHOT) {
      const snapshot = bytes === null ? null : readShareSnapshotValue(bytes, bytes.int16());
      return { kind: 'snapshot', key: readShareSnapshotKey(reader, 0), value: snapshot };
    }
    if (type !== KeyType.UPDATE || bytes === null) return null;
    return { kind: 'update', key: readShareUpdateKey(reader, 0), value: readShareUpdateValue(bytes, bytes.int16()) };
  },
};
