/** OffsetDelete, DeleteGroups and the deletion of topics: what forgets offsets and groups on demand. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { DeletableGroupResult } from '../../../../protocol/generated/delete-groups-response.ts';
import type { OffsetDeleteRequest } from '../../../../protocol/generated/offset-delete-request.ts';
import type { OffsetDeleteResponse } from '../../../../protocol/generated/offset-delete-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { shown } from '../../../config/value.ts';
import { answer, split } from '../../types.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import type { OffsetStore } from './store.ts';
import { groupTombstone, offsetTombstone } from '../records.ts';
import type { CommittedOffset, GroupRecord } from '../records.ts';

/**
 * Forgets single offsets, except of topics that members of a consumer group subscribe to.
 * @throws KafkaError GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP
 */
export function deleteOffsets(
  env: GroupEnvironment,
  offsets: OffsetStore,
  request: OffsetDeleteRequest,
): GroupResult<Input<OffsetDeleteResponse>> {
  const { groupId } = request;
  const group = env.groups.get(groupId);
  if (group === undefined) throw groupNotFound(groupId);
  if (group.state !== 'Empty' && !group.isConsumerGroup) throw new KafkaError(ErrorCode.NON_EMPTY_GROUP);
  const records: GroupRecord[] = [];
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => {
      if (group.isSubscribedTo(name)) return { partitionIndex, errorCode: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC };
      const isCommitted = offsets.get({ groupId, topic: name, partition: partitionIndex }) !== undefined;
      if (isCommitted) records.push(offsetTombstone(groupId, name, partitionIndex));
      return { partitionIndex, errorCode: ErrorCode.NONE };
    }),
  }));
  return split(records, { errorCode: ErrorCode.NONE, topics });
}

function groupNotFound(groupId: string): KafkaError {
  return new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${shown(groupId)} not found.`);
}

/** Deletes a group without members, with its offsets. */
export function deleteGroup(
  env: GroupEnvironment,
  offsets: OffsetStore,
  groupId: string,
): GroupResult<Input<DeletableGroupResult>> {
  const group = env.groups.get(groupId);
  if (group === undefined) return answer({ groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND });
  if (group.state !== 'Empty') return answer({ groupId, errorCode: ErrorCode.NON_EMPTY_GROUP });
  const records = [...allOffsetTombstones(offsets, groupId), groupTombstone(groupId)];
  return split(records, { groupId, errorCode: ErrorCode.NONE });
}

function allOffsetTombstones(offsets: OffsetStore, groupId: string): GroupRecord[] {
  const records: GroupRecord[] = [];
  for (const [topic, partitions] of offsets.ofGroup(groupId)) {
    for (const partition of partitions.keys()) records.push(offsetTombstone(groupId, topic, partition));
  }
  return records;
}

/** Tombstones of a deleted topic's offsets in every group. */
export function topicTombstones(offsets: OffsetStore, topicName: string): GroupRecord[] {
  const records: GroupRecord[] = [];
  for (const groupId of offsets.groupIds()) {
    const partitions = offsets.ofGroup(groupId).get(topicName);
    for (const partition of partitions?.keys() ?? []) records.push(offsetTombstone(groupId, topicName, partition));
  }
  return records;
}

/** Tombstones of offsets whose topic was deleted while nobody was there to forget them. */
export function staleTombstones(offsets: OffsetStore, isLive: (offset: CommittedOffset) => boolean): GroupRecord[] {
  const records: GroupRecord[] = [];
  for (const groupId of offsets.groupIds()) {
    for (const [topic, partitions] of offsets.ofGroup(groupId)) {
      for (const [partition, offset] of partitions) {
        if (!isLive(offset)) records.push(offsetTombstone(groupId, topic, partition));
      }
    }
  }
  return records;
}
