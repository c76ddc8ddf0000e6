/** OffsetDelete, and what forgets the offsets of a group that is deleted. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { OffsetDeleteRequest } from '../../../../protocol/generated/offset-delete-request.ts';
import type { OffsetDeleteResponse } from '../../../../protocol/generated/offset-delete-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { shown } from '../../../config/value.ts';
import { split } from '../../types.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { offsetTombstone } from './records.ts';
import { tombstones } from './tombstones.ts';
import type { OffsetRecord } from './records.ts';

/**
 * Forgets single offsets, except of topics that members of the group subscribe to.
 * @throws KafkaError GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP
 */
export function deleteOffsets(
  env: GroupEnvironment,
  request: OffsetDeleteRequest,
): GroupResult<Input<OffsetDeleteResponse>> {
  const { groupId } = request;
  const group = env.groups.get(groupId);
  if (group === undefined) {
    throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${shown(groupId)} not found.`);
  }
  group.checkOffsetDelete();
  const records: OffsetRecord[] = [];
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => {
      if (group.isSubscribedTo(name)) return { partitionIndex, errorCode: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC };
      const key = { groupId, topic: name, partition: partitionIndex };
      if (env.offsets.get(key) !== undefined || env.offsets.isPending(key))
        records.push(offsetTombstone(groupId, name, partitionIndex));
      return { partitionIndex, errorCode: ErrorCode.NONE };
    }),
  }));
  return split(records, { errorCode: ErrorCode.NONE, topics });
}

/** Tombstones of all offsets of a group, and of what open transactions would commit. */
export function allOffsetTombstones({ offsets }: GroupEnvironment, groupId: string): OffsetRecord[] {
  const keys = Array.from(offsets.everythingOf(groupId), ([key]) => key);
  return tombstones(keys);
}
