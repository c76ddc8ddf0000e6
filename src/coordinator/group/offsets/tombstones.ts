/** Records that forget offsets. */
import { offsetTombstone } from './records.ts';
import type { OffsetRecord } from './records.ts';
import type { OffsetKey } from './table.ts';

/** One tombstone for each key, however often it comes. */
export function tombstones(keys: Iterable<OffsetKey>): OffsetRecord[] {
  const records = new Map<string, OffsetRecord>();
  for (const { groupId, topic, partition } of keys) {
    records.set(`${partition} ${topic} ${groupId}`, offsetTombstone(groupId, topic, partition));
  }
  return [...records.values()];
}
