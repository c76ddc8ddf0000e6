/**
 * The state machine of one partition of __consumer_offsets: its groups and their committed offsets. Classic groups
 * change in memory first and are stored at the end of each rebalance; offsets change by replaying records.
 */
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { KafkaError } from '../../../protocol/errors.ts';
import { ZERO_UUID } from '../../../protocol/reader.ts';
import { split } from '../types.ts';
import type { CoordinatorShard, LiveRecords, ShardContext, Undo } from '../types.ts';
import { cancelTimers, failParked } from './environment.ts';
import type { GroupEnvironment, GroupResult } from './environment.ts';
import { expiredRecords } from './expiry.ts';
import { ClassicGroup } from './classic/group.ts';
import { staleTombstones } from './offsets/delete.ts';
import { OffsetStore } from './offsets/store.ts';
import { beginRebalance, resetSession } from './classic/rebalance.ts';
import type { CommittedOffset, GroupMetadataRecord, GroupRecord, OffsetRecord } from './records.ts';
import type { GroupSettings } from './settings.ts';

const EXPIRY_TIMER = 'expire offsets';
const STALE_TIMER = 'forget deleted topics';

export interface GroupShardOptions {
  readonly settings: GroupSettings;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether a topic of this id exists. */
  readonly topicExists: (topicId: string) => boolean;
}

export class GroupShard implements CoordinatorShard<GroupRecord> {
  readonly env: GroupEnvironment;
  readonly offsets = new OffsetStore();
  /** A group as it was last stored: what its record says while a rebalance changes it in memory. */
  readonly #stored = new Map<string, GroupMetadataRecord>();

  /** False for an offset of a topic that is deleted. Older versions of the record do not tell the id. */
  readonly isLive: (offset: CommittedOffset) => boolean;

  constructor(context: ShardContext<GroupRecord>, options: GroupShardOptions) {
    const { logger, timers } = context;
    const { settings, clock, random, topicExists } = options;
    this.isLive = ({ topicId }) => topicId === ZERO_UUID || topicExists(topicId);
    this.env = { settings, clock, random, logger, timers, groups: new Map<string, ClassicGroup>() };
  }

  replay(record: GroupRecord): Undo {
    return record.kind === 'offset' ? this.#replayOffset(record) : this.#replayGroup(record);
  }

  #replayOffset(record: OffsetRecord): Undo {
    const { groups, clock } = this.env;
    const { groupId, value } = record;
    // Whoever commits without being a member makes a group that only stores offsets.
    const made = value !== null && !groups.has(groupId) ? new ClassicGroup(groupId, clock.now()) : null;
    if (made !== null) groups.set(groupId, made);
    const undoOffset = this.offsets.replay(record, value);
    return () => {
      undoOffset();
      if (made !== null && groups.get(groupId) === made && isUnused(made)) groups.delete(groupId);
    };
  }

  #replayGroup(record: GroupMetadataRecord): Undo {
    const { groupId, value } = record;
    const { groups } = this.env;
    const previous = groups.get(groupId);
    if (previous !== undefined) cancelTimers(this.env, previous);
    if (value === null) groups.delete(groupId);
    else groups.set(groupId, ClassicGroup.fromRecord(groupId, value));
    const undoNote = this.noteAppended(record);
    return () => {
      undoNote();
      // Its timers are gone: nobody would ever give up waiting for ids that were given out.
      previous?.pendingJoins.clear();
      if (previous === undefined) groups.delete(groupId);
      else groups.set(groupId, previous);
    };
  }

  /** Nothing is written inside transactions yet. */
  endTransaction(): Undo {
    return () => {};
  }

  noteAppended(record: GroupRecord): Undo {
    if (record.kind !== 'group') return () => {};
    const previous = this.#stored.get(record.groupId);
    this.#store(record.groupId, record.value === null ? undefined : record);
    return () => this.#store(record.groupId, previous);
  }

  #store(groupId: string, record: GroupMetadataRecord | undefined): void {
    if (record === undefined) this.#stored.delete(groupId);
    else this.#stored.set(groupId, record);
  }

  onLoaded(): void {
    const { env } = this;
    const { timers } = env;
    for (const group of env.groups.values()) {
      for (const member of group.members) resetSession(env, group, member);
      // The limit may have been lowered; members get a chance to commit before the last ones have to go.
      if (group.size > env.settings.maxSize) beginRebalance(env, group, 'the group is over its maximum size');
    }
    this.#scheduleExpiry();
    timers.set(STALE_TIMER, 0, () => split(staleTombstones(this.offsets, this.isLive), undefined));
  }

  #scheduleExpiry(): void {
    const { timers, settings } = this.env;
    timers.set(EXPIRY_TIMER, settings.offsetsRetentionCheckIntervalMs, () => this.#expire());
  }

  #expire(): GroupResult {
    this.#scheduleExpiry();
    const groups = [...this.env.groups.values()];
    const expired = groups.flatMap((group) => expiredRecords(this.env, this.offsets, group));
    // There are some when a topic was deleted while nothing could be written.
    const records = [...staleTombstones(this.offsets, this.isLive), ...expired];
    if (records.length > 0) {
      this.env.logger.info('offsets-expired', 'Offsets and groups have expired.', { records: records.length });
    }
    return split(records, undefined);
  }

  onUnloaded(error: KafkaError): void {
    for (const group of this.env.groups.values()) failParked(group, error.code);
    this.env.groups.clear();
  }

  *liveRecords(): Iterable<readonly LiveRecords<GroupRecord>[]> {
    for (const groupId of this.env.groups.keys()) {
      const stored = this.#stored.get(groupId);
      const offsets = this.#liveOffsets(groupId);
      yield [{ records: stored === undefined ? offsets : [stored, ...offsets], producer: null }];
    }
  }

  #liveOffsets(groupId: string): GroupRecord[] {
    const records: GroupRecord[] = [];
    for (const [topic, partitions] of this.offsets.ofGroup(groupId)) {
      for (const [partition, value] of partitions) records.push({ kind: 'offset', groupId, topic, partition, value });
    }
    return records;
  }
}

function isUnused(group: ClassicGroup): boolean {
  return group.size === 0 && group.pendingJoins.size === 0 && group.state === 'Empty';
}
