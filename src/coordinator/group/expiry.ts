/**
 * Expiry of offsets and groups (KIP-211): offsets of a group without members go `offsets.retention.minutes` after it
 * became so; those of standalone consumers, and of topics that an active consumer group no longer reads, that long after
 * their last commit. Where an open transaction would commit an offset nothing goes. An empty group without offsets goes
 * as well.
 */
import { split } from '../types.ts';
import type { GroupEnvironment, GroupResult } from './environment.ts';
import type { Group } from './group.ts';
import { staleTombstones } from './offsets/live.ts';
import { offsetTombstone } from './offsets/records.ts';
import type { CommittedOffset } from './offsets/records.ts';
import { entriesOf } from './offsets/table.ts';
import type { GroupRecord } from './protocol.ts';

const EXPIRY_TIMER = 'expire offsets';
const STALE_TIMER = 'forget deleted topics';

/** Begins to look for what has expired, now and then. */
export function startExpiry(env: GroupEnvironment): void {
  schedule(env);
  env.timers.set(STALE_TIMER, 0, () => split(staleTombstones(env), undefined));
}

function schedule(env: GroupEnvironment): void {
  env.timers.set(EXPIRY_TIMER, env.settings.offsetsRetentionCheckIntervalMs, () => expire(env));
}

function expire(env: GroupEnvironment): GroupResult {
  schedule(env);
  const expired = [...env.groups.values()].flatMap((group) => expiredRecords(env, group));
  // There are some when a topic was deleted while nothing could be written.
  const records = [...staleTombstones(env), ...expired];
  if (records.length > 0) {
    env.logger.info('offsets-expired', 'Offsets and groups have expired.', { records: records.length });
  }
  return split(records, undefined);
}

/** Tombstones for what has expired in one group. */
function expiredRecords(env: GroupEnvironment, group: Group): GroupRecord[] {
  const { groupId } = group;
  const records: GroupRecord[] = [];
  const nowMs = env.clock.now();
  const { offsetsRetentionMs } = env.settings;
  let isUsed = env.offsets.hasPending(groupId);
  for (const [key, offset] of entriesOf(groupId, env.offsets.ofGroup(groupId))) {
    const { topic, partition } = key;
    const isKept = group.isSubscribedTo(topic) || env.offsets.isPending(key);
    if (!isKept && isExpired(group, offset, nowMs, offsetsRetentionMs)) {
      records.push(offsetTombstone(groupId, topic, partition));
    } else {
      isUsed = true;
    }
  }
  if (!isUsed && group.isEmpty && group.expires) records.push(...group.tombstones());
  return records;
}

function isExpired(group: Group, offset: CommittedOffset, nowMs: number, retentionMs: number): boolean {
  const startMs = group.retentionStartMs(offset);
  if (startMs === null) return false;
  if (offset.expireTimestampMs >= 0) return nowMs >= offset.expireTimestampMs;
  return nowMs - startMs >= retentionMs;
}
