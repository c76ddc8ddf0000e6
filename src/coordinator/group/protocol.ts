/**
 * What a group protocol brings along: its records, how they change the groups, and what its groups need when they are
 * loaded. `protocols.ts` lists them all.
 */
import type { Reader } from '../../../protocol/reader.ts';
import type { Writer } from '../../../protocol/writer.ts';
import type { MetadataChange } from '../../metadata/types.ts';
import type { RecordPosition, Undo } from '../types.ts';
import type { GroupEnvironment } from './environment.ts';
import type { Group, GroupType } from './group.ts';

/** A record of __consumer_offsets. Each folder has its own kinds, that no other has; a null value deletes. */
export interface GroupRecord {
  readonly kind: string;
  readonly groupId: string;
  readonly value: unknown;
}

/** The bytes of one kind of record, in Kafka's format: key and value each begin with an int16. */
export interface GroupRecordType<R extends GroupRecord = GroupRecord> {
  readonly kind: R['kind'];
  /** First int16 of the key; what is written begins with the first of them. */
  readonly keyTypes: readonly [number, ...number[]];
  /** Writes the key behind its type. */
  writeKey(writer: Writer, record: R): void;
  /** Writes the value, its version first; not called for a tombstone. */
  writeValue(writer: Writer, record: R): void;
  /** Reads a key behind its type and a value whose version is not read yet; their bytes are views. @throws ProtocolError */
  read(key: Reader, value: Reader | null): R;
}

/** A folder's kinds of records and what they do. */
export interface RecordOwner<R extends GroupRecord = GroupRecord> {
  readonly recordTypes: readonly GroupRecordType<R>[];
  /** Applies a record, from the log or from an operation; gives what takes it back. */
  replay(env: GroupEnvironment, record: R, position: RecordPosition): Undo;
  /** Told of a record that was appended without being replayed; gives what takes the note back. */
  noteAppended?(env: GroupEnvironment, record: R): Undo;
}

export interface GroupProtocol<R extends GroupRecord = GroupRecord> extends RecordOwner<R> {
  readonly type: GroupType;
  /** One of its groups was loaded: starts its timers. */
  onLoaded(env: GroupEnvironment, group: Group): void;
  /** Topics changed; called for each partition that is served. */
  onMetadataChange?(env: GroupEnvironment, change: MetadataChange): void;
}
