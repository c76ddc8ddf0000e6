/** The record of a classic group: GroupMetadataKey (2), GroupMetadataValue v3. */
import { readGroupMetadataKey, writeGroupMetadataKey } from '../../../../protocol/generated/group-metadata-key.ts';
import {
  readGroupMetadataValue,
  writeGroupMetadataValue,
} from '../../../../protocol/generated/group-metadata-value.ts';
import type { GroupMetadataValue } from '../../../../protocol/generated/group-metadata-value.ts';
import type { GroupRecordType } from '../protocol.ts';

const KEY_TYPE = 2;
const VALUE_VERSION = 3;

/** A null value deletes the group. */
export interface ClassicGroupRecord {
  readonly kind: 'classic-group';
  readonly groupId: string;
  readonly value: GroupMetadataValue | null;
}

/** The record that forgets a group. */
export function classicGroupTombstone(groupId: string): ClassicGroupRecord {
  return { kind: 'classic-group', groupId, value: null };
}

export const classicGroupRecordType: GroupRecordType<ClassicGroupRecord> = {
  kind: 'classic-group',
  keyTypes: [KEY_TYPE],
  writeKey: (writer, { groupId }) => writeGroupMetadataKey(writer, { group: groupId }, 0),
  writeValue(writer, { value }) {
    if (value === null) return;
    writer.int16(VALUE_VERSION);
    writeGroupMetadataValue(writer, value, VALUE_VERSION);
  },
  read(key, value) {
    const { group } = readGroupMetadataKey(key, 0);
    if (value === null) return classicGroupTombstone(group);
    const stored = readGroupMetadataValue(value, value.int16());
    // The bytes are views on a buffer that the log reader lets go of.
    const members = stored.members.map((member) => ({
      ...member,
      subscription: Buffer.from(member.subscription),
      assignment: Buffer.from(member.assignment),
    }));
    return { kind: 'classic-group', groupId: group, value: { ...stored, members } };
  },
};
