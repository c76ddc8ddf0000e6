/** AlterShareGroupOffsets: a share group without members begins anew at other offsets; one that is not there is made. */
import { ErrorCode, errorText, KafkaError } from '../../../../protocol/errors.ts';
import type { AlterShareGroupOffsetsRequest } from '../../../../protocol/generated/alter-share-group-offsets-request.ts';
import type { AlterShareGroupOffsetsResponse } from '../../../../protocol/generated/alter-share-group-offsets-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { ZERO_UUID } from '../../../../protocol/reader.ts';
import type { ShareCoordinator } from '../../share/coordinator.ts';
import { initialize } from '../../share/operations.ts';
import { replayed } from '../../types.ts';
import type { GroupCoordinator } from '../coordinator.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { shareGroupOrNew } from './find.ts';
import { noteInitialized } from './initialize.ts';
import { statesRecord } from './records.ts';
import { type StateTopic, type StateTopics, union } from './state-partitions.ts';

interface StartOffset {
  readonly topicId: string;
  readonly partition: number;
  readonly startOffset: number;
}

interface Alteration {
  readonly responses: Input<AlterShareGroupOffsetsResponse>['responses'];
  readonly offsets: readonly StartOffset[];
  readonly topics: StateTopics;
  readonly stateEpoch: number;
}

/** @throws KafkaError (as a rejection) NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND for a group of another type, and as `run` */
export async function alterShareGroupOffsets(
  groups: GroupCoordinator,
  states: ShareCoordinator,
  request: AlterShareGroupOffsetsRequest,
): Promise<Input<AlterShareGroupOffsetsResponse>> {
  const { groupId } = request;
  const { responses, offsets, topics, stateEpoch } = await groups.write(groupId, (env) => begin(env, request));
  for (const { topicId, partition, startOffset } of offsets) {
    const key = { groupId, topicId, partition };
    await states.runWhenReady(key, (shard) => initialize(shard, key, { stateEpoch, startOffset }));
  }
  await groups.write(groupId, (env) => noteInitialized(env, groupId, topics, topics));
  return { responses };
}

function begin(env: GroupEnvironment, { groupId, topics }: AlterShareGroupOffsetsRequest): GroupResult<Alteration> {
  const group = shareGroupOrNew(env, groupId);
  if (!group.isEmpty) throw new KafkaError(ErrorCode.NON_EMPTY_GROUP);
  const offsets: StartOffset[] = [];
  const begun = new Map<string, StateTopic>();
  const responses = topics.map(({ topicName, partitions }) => {
    const topic = env.topics.topic(topicName);
    const known = partitions.filter(({ partitionIndex }) => topic?.partitions[partitionIndex] !== undefined);
    if (topic !== undefined && known.length > 0) {
      const indexes = new Set(known.map(({ partitionIndex }) => partitionIndex));
      begun.set(topic.id, { name: topicName, partitions: indexes, sinceMs: env.clock.now() });
    }
    for (const { partitionIndex, startOffset } of known) {
      offsets.push({ topicId: topic?.id ?? ZERO_UUID, partition: partitionIndex, startOffset });
    }
    return {
      topicName,
      topicId: topic?.id ?? ZERO_UUID,
      partitions: partitions.map((partition) => {
        const { partitionIndex } = partition;
        return known.includes(partition) ? { partitionIndex } : { partitionIndex, ...UNKNOWN_PARTITION };
      }),
    };
  });
  const { states, groupEpoch: stateEpoch } = group;
  const record = statesRecord(groupId, { ...states, initializing: union(states.initializing, begun) });
  return replayed([record], { responses, offsets, topics: begun, stateEpoch });
}

const UNKNOWN_PARTITION = {
  errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  errorMessage: errorText(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
};
