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
import { type ErrorAnswer, errorAnswer } from './error-answer.ts';
import { shareGroupOrNew } from './find.ts';
import { noteInitialized } from './initialize.ts';
import { statesRecord } from './records.ts';
import { type StateTopic, type StateTopics, union, withInitializing } from './state-partitions.ts';

interface StartOffset {
  readonly topicId: string;
  readonly partition: number;
  readonly startOffset: number;
}

interface Alteration {
  readonly responses: Responses;
  readonly offsets: readonly StartOffset[];
  readonly topics: StateTopics;
  readonly stateEpoch: number;
}

/**
 * @throws KafkaError (as a rejection) NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND for a group of another type, UNKNOWN_SERVER_ERROR,
 *   as Kafka has it, for a partition below 0, and as `run`
 */
export async function alterShareGroupOffsets(
  groups: GroupCoordinator,
  states: ShareCoordinator,
  request: AlterShareGroupOffsetsRequest,
): Promise<Input<AlterShareGroupOffsetsResponse>> {
  const { groupId } = request;
  const { responses, offsets, topics, stateEpoch } = await groups.write(groupId, (env) => begin(env, request));
  const failed = new Map<string, ErrorAnswer>();
  for (const { topicId, partition, startOffset } of offsets) {
    const key = { groupId, topicId, partition };
    try {
      await states.runWhenReady(key, (shard) => initialize(shard, key, { stateEpoch, startOffset }));
    } catch (error) {
      failed.set(nameOf(topicId, partition), errorAnswer(error));
    }
  }
  // As in Kafka, one that fails leaves all of them noted as being initialized: a heartbeat tries again later.
  if (failed.size > 0) return { responses: withErrors(responses, failed) };
  if (topics.size > 0) await groups.write(groupId, (env) => noteInitialized(env, groupId, topics, topics));
  return { responses };
}

type Responses = Input<AlterShareGroupOffsetsResponse>['responses'];

/** The answer, with what became of partitions that the share coordinator refused. */
function withErrors(responses: Responses, failed: ReadonlyMap<string, ErrorAnswer>): Responses {
  return responses?.map((topic) => ({
    ...topic,
    partitions: topic.partitions?.map((partition) => ({
      ...partition,
      ...failed.get(nameOf(topic.topicId ?? ZERO_UUID, partition.partitionIndex ?? 0)),
    })),
  }));
}

function nameOf(topicId: string, partition: number): string {
  return `${topicId}:${partition}`;
}

function begin(env: GroupEnvironment, { groupId, topics }: AlterShareGroupOffsetsRequest): GroupResult<Alteration> {
  const group = shareGroupOrNew(env, groupId);
  if (!group.isEmpty) throw new KafkaError(ErrorCode.NON_EMPTY_GROUP);
  // Of what is named twice the last word counts.
  const offsets = new Map<string, StartOffset>();
  let begun: StateTopics = new Map<string, StateTopic>();
  const responses = topics.map(({ topicName, partitions }) => {
    const topic = env.topics.topic(topicName);
    const known = new Set<number>();
    for (const { partitionIndex: partition, startOffset } of partitions) {
      if (topic !== undefined && partition < 0) {
        throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `A partition of the topic ${topicName} is below 0.`);
      }
      if (topic?.partitions.at(partition) === undefined) continue;
      known.add(partition);
      offsets.set(nameOf(topic.id, partition), { topicId: topic.id, partition, startOffset });
    }
    if (topic !== undefined && known.size > 0) {
      const named = { name: topicName, partitions: known, sinceMs: env.clock.now() };
      begun = union(begun, new Map([[topic.id, named]]));
    }
    return {
      topicName,
      topicId: topic?.id ?? ZERO_UUID,
      partitions: partitions.map(({ partitionIndex }) =>
        known.has(partitionIndex) ? { partitionIndex } : { partitionIndex, ...UNKNOWN_PARTITION },
      ),
    };
  });
  const { states, groupEpoch: stateEpoch } = group;
  const isKnown = responses.some(({ topicId }) => topicId !== ZERO_UUID);
  const records = isKnown ? [statesRecord(groupId, withInitializing(states, begun))] : [];
  return replayed(records, { responses, offsets: [...offsets.values()], topics: begun, stateEpoch });
}

const UNKNOWN_PARTITION = {
  errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  errorMessage: errorText(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
};
