/**
 * Records of __consumer_offsets, in Kafka's formats: a key and a value that each begin with an int16, the record type
 * (key) and the version (value). They are written in the versions that Kafka 4.4 writes.
 */
import { Reader } from '../../../protocol/reader.ts';
import { Writer } from '../../../protocol/writer.ts';
import type { RecordCodec } from '../types.ts';
import type { GroupRecord, GroupRecordType } from './protocol.ts';

/** Of types by which records are found; others are skipped. @throws ProtocolError from `decode` for bytes that are no such record */
export function groupCodec(types: readonly GroupRecordType[]): RecordCodec<GroupRecord> {
  const byKind = new Map(types.map((type) => [type.kind, type]));
  const byKeyType = new Map(types.flatMap((type) => type.keyTypes.map((keyType) => [keyType, type] as const)));
  return {
    encode(record) {
      const type = byKind.get(record.kind);
      if (type === undefined) throw new TypeError(`Records of kind ${record.kind} have no format.`);
      const key = new Writer();
      key.int16(type.keyTypes[0]);
      type.writeKey(key, record);
      if (record.value === null) return { key: key.toBuffer(), value: null };
      const value = new Writer();
      type.writeValue(value, record);
      return { key: key.toBuffer(), value: value.toBuffer() };
    },
    decode(key, value) {
      const reader = new Reader(key);
      const type = byKeyType.get(reader.int16());
      return type === undefined ? null : type.read(reader, value === null ? null : new Reader(value));
    },
  };
}
