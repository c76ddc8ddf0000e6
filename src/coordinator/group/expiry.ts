/**
 * Expiry of offsets and groups (KIP-211): offsets of a group without members go `offsets.retention.minutes` after it
 * became so; those of standalone consumers, and of topics that an active consumer group no longer reads, that long after
 * their last commit. An empty group without offsets goes as well.
 */
import type { GroupEnvironment } from './environment.ts';
import type { ClassicGroup } from './classic/group.ts';
import type { OffsetStore } from './offsets/store.ts';
import { groupTombstone, offsetTombstone } from './records.ts';
import type { CommittedOffset, GroupRecord } from './records.ts';

/** Tombstones for what has expired in one group. */
export function expiredRecords(env: GroupEnvironment, offsets: OffsetStore, group: ClassicGroup): GroupRecord[] {
  const { groupId } = group;
  const records: GroupRecord[] = [];
  const nowMs = env.clock.now();
  let remaining = 0;
  for (const [topic, partitions] of offsets.ofGroup(groupId)) {
    for (const [partition, offset] of partitions) {
      if (!group.isSubscribedTo(topic) && isExpired(group, offset, nowMs, env.settings.offsetsRetentionMs)) {
        records.push(offsetTombstone(groupId, topic, partition));
      } else {
        remaining++;
      }
    }
  }
  if (remaining === 0 && group.state === 'Empty') records.push(groupTombstone(groupId));
  return records;
}

function isExpired(group: ClassicGroup, offset: CommittedOffset, nowMs: number, retentionMs: number): boolean {
  const since = expirySince(group, offset);
  if (since === null) return false;
  if (offset.expireTimestampMs >= 0) return nowMs >= offset.expireTimestampMs;
  return nowMs - since >= retentionMs;
}

/** From when on the retention counts, or null while nothing expires. */
function expirySince(group: ClassicGroup, offset: CommittedOffset): number | null {
  if (group.protocolType === null) return offset.commitTimestampMs;
  if (group.state === 'Empty') {
    return group.stateTimestampMs === -1 ? offset.commitTimestampMs : group.stateTimestampMs;
  }
  const knowsTopics = group.isConsumerGroup && group.topics !== null;
  return knowsTopics && group.state === 'Stable' ? offset.commitTimestampMs : null;
}
