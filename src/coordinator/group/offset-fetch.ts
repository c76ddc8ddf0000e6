/** OffsetFetch: committed offsets of a group, of named partitions or of all. A group that does not exist has none. */
import { ErrorCode } from '../../../protocol/errors.ts';
import type { OffsetFetchRequestGroup } from '../../../protocol/generated/offset-fetch-request.ts';
import type {
  OffsetFetchResponseGroup,
  OffsetFetchResponsePartitions,
} from '../../../protocol/generated/offset-fetch-response.ts';
import type { Input } from '../../../protocol/input.ts';
import type { OffsetStore } from './offsets.ts';
import type { CommittedOffset } from './records.ts';

/** Nothing committed. */
const NO_OFFSET = -1;

/** Null topics: every offset of the group. */
export function fetchOffsets(offsets: OffsetStore, request: OffsetFetchRequestGroup): Input<OffsetFetchResponseGroup> {
  const { groupId } = request;
  const committed = offsets.ofGroup(groupId);
  const topics =
    request.topics === null
      ? Array.from(committed, ([name, partitions]) => ({
          name,
          partitions: Array.from(partitions, ([index, offset]) => partitionResponse(index, offset)),
        }))
      : request.topics.map(({ name, topicId, partitionIndexes }) => ({
          name,
          topicId,
          partitions: partitionIndexes.map((index) => partitionResponse(index, committed.get(name)?.get(index))),
        }));
  return { groupId, topics, errorCode: ErrorCode.NONE };
}

function partitionResponse(
  index: number,
  committed: CommittedOffset | undefined,
): Input<OffsetFetchResponsePartitions> {
  return {
    partitionIndex: index,
    committedOffset: committed?.offset ?? NO_OFFSET,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: ErrorCode.NONE,
  };
}
