/** The state machine of one partition of __consumer_offsets: its groups of every protocol, and their committed offsets. */
import type { MetadataChange } from '../../metadata/types.ts';
import type { KafkaError } from '../../../protocol/errors.ts';
import type { TransactionOutcome } from '../../../protocol/records/markers.ts';
import type {
  CoordinatorShard,
  LiveRecords,
  RecordPosition,
  ShardContext,
  TransactionalProducer,
  Undo,
} from '../types.ts';
import type { GroupEnvironment } from './environment.ts';
import { startExpiry } from './expiry.ts';
import type { Group } from './group.ts';
import { OffsetStore } from './offsets/store.ts';
import type { GroupRecord } from './protocol.ts';
import { topicTombstones } from './offsets/live.ts';
import { groupProtocols, ownerOf, protocolOf } from './protocols.ts';

export { groupRecordCodec } from './protocols.ts';

/** What all partitions have in common. */
export type GroupShardOptions = Pick<
  GroupEnvironment,
  'config' | 'settings' | 'clock' | 'random' | 'metadata' | 'topics'
>;

const NOTHING: Undo = () => {};

export class GroupShard implements CoordinatorShard<GroupRecord> {
  readonly env: GroupEnvironment;

  constructor(context: ShardContext<GroupRecord>, options: GroupShardOptions) {
    const { logger, timers } = context;
    this.env = { ...options, logger, timers, groups: new Map<string, Group>(), offsets: new OffsetStore() };
  }

  replay(record: GroupRecord, position: RecordPosition): Undo {
    return ownerOf(record).replay(this.env, record, position);
  }

  endTransaction(producer: TransactionalProducer, outcome: TransactionOutcome): Undo {
    return this.env.offsets.endTransaction(producer, outcome);
  }

  noteAppended(record: GroupRecord): Undo {
    return ownerOf(record).noteAppended?.(this.env, record) ?? NOTHING;
  }

  onLoaded(): void {
    for (const group of this.env.groups.values()) protocolOf(group.type)?.onLoaded(this.env, group);
    startExpiry(this.env);
  }

  onMetadataChange(change: MetadataChange): void {
    for (const protocol of groupProtocols) protocol.onMetadataChange?.(this.env, change);
  }

  /** What forgets all that was committed for a topic. */
  topicTombstones(topicName: string): GroupRecord[] {
    return topicTombstones(this.env, topicName);
  }

  onUnloaded(error: KafkaError): void {
    for (const group of this.env.groups.values()) group.close(error);
    this.env.groups.clear();
  }

  *liveRecords(): Iterable<readonly LiveRecords<GroupRecord>[]> {
    const { groups, offsets } = this.env;
    for (const [groupId, group] of groups) {
      yield [{ records: group.liveRecords(), producer: null }, ...offsets.liveRecords(groupId)];
    }
  }
}
