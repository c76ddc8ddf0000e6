/** Which offsets still mean something, and what forgets the others: those of topics that were deleted. */
import { ZERO_UUID } from '../../../../protocol/reader.ts';
import type { GroupEnvironment } from '../environment.ts';
import { offsetTombstone } from './records.ts';
import type { CommittedOffset, OffsetRecord } from './records.ts';

/** False for an offset of a topic that is deleted. Older versions of the record do not tell the id. */
export function isLive({ metadata }: GroupEnvironment, { topicId }: CommittedOffset): boolean {
  return topicId === ZERO_UUID || metadata.topicById(topicId) !== undefined;
}

/** Tombstones of a deleted topic's offsets in every group. */
export function topicTombstones({ offsets }: GroupEnvironment, topicName: string): OffsetRecord[] {
  const records: OffsetRecord[] = [];
  for (const groupId of offsets.groupIds()) {
    const partitions = offsets.ofGroup(groupId).get(topicName);
    for (const partition of partitions?.keys() ?? []) records.push(offsetTombstone(groupId, topicName, partition));
  }
  return records;
}

/** Tombstones of offsets whose topic was deleted while nobody was there to forget them. */
export function staleTombstones(env: GroupEnvironment): OffsetRecord[] {
  const records: OffsetRecord[] = [];
  for (const groupId of env.offsets.groupIds()) {
    for (const [topic, partitions] of env.offsets.ofGroup(groupId)) {
      for (const [partition, offset] of partitions) {
        if (!isLive(env, offset)) records.push(offsetTombstone(groupId, topic, partition));
      }
    }
  }
  return records;
}
