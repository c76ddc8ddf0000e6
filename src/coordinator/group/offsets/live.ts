/** Which offsets still mean something, and what forgets the others: those of topics that were deleted. */
import { ZERO_UUID } from '../../../../protocol/reader.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { CommittedOffset, OffsetRecord } from './records.ts';
import type { OffsetKey, StoredOffset } from './table.ts';
import { tombstones } from './tombstones.ts';

/** False for an offset of a topic that is deleted. Older versions of the record do not tell the id. */
export function isLive({ metadata }: GroupEnvironment, { topicId }: CommittedOffset): boolean {
  return topicId === ZERO_UUID || metadata.topicById(topicId) !== undefined;
}

/** Tombstones of a deleted topic's offsets in every group. */
export function topicTombstones(env: GroupEnvironment, topicName: string): OffsetRecord[] {
  return tombstonesOf(env, ({ topic }) => topic === topicName);
}

/** Tombstones of offsets whose topic was deleted while nobody was there to forget them. */
export function staleTombstones(env: GroupEnvironment): OffsetRecord[] {
  return tombstonesOf(env, (_key, offset) => !isLive(env, offset));
}

function tombstonesOf(
  { offsets }: GroupEnvironment,
  isMeant: (key: OffsetKey, offset: StoredOffset) => boolean,
): OffsetRecord[] {
  const keys: OffsetKey[] = [];
  for (const groupId of offsets.groupIds()) {
    for (const [key, offset] of offsets.everythingOf(groupId)) if (isMeant(key, offset)) keys.push(key);
  }
  return tombstones(keys);
}
