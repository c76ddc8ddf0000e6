/**
 * Deletes states of share partitions: those of some topics (DeleteShareGroupOffsets), or all of a group that is deleted.
 * It is noted first, so that a deletion that was cut off can be asked for again.
 */
import { ErrorCode, errorText, KafkaError } from '../../../../protocol/errors.ts';
import type { DeleteShareGroupOffsetsRequest } from '../../../../protocol/generated/delete-share-group-offsets-request.ts';
import type {
  DeleteShareGroupOffsetsResponse,
  DeleteShareGroupOffsetsResponseTopic,
} from '../../../../protocol/generated/delete-share-group-offsets-response.ts';
import type { Input } from '../../../../protocol/input.ts';
import { ZERO_UUID } from '../../../../protocol/reader.ts';
import type { ShareCoordinator } from '../../share/coordinator.ts';
import { remove } from '../../share/operations.ts';
import type { SharePartitionKey } from '../../share/records.ts';
import { answer, replayed } from '../../types.ts';
import type { GroupCoordinator } from '../coordinator.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { type ErrorAnswer, errorAnswer } from './error-answer.ts';
import { requireShareGroup, shareGroup } from './find.ts';
import type { ShareGroup } from './group.ts';
import { statesRecord } from './records.ts';
import { NO_STATES, type StateTopic, type StateTopics, union, withoutTopics } from './state-partitions.ts';

interface Deletion {
  readonly responses: readonly Input<DeleteShareGroupOffsetsResponseTopic>[];
  readonly topics: StateTopics;
}

/** @throws KafkaError (as a rejection) GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP, and as `run` */
export async function deleteShareGroupOffsets(
  groups: GroupCoordinator,
  states: ShareCoordinator,
  request: DeleteShareGroupOffsetsRequest,
): Promise<Input<DeleteShareGroupOffsetsResponse>> {
  const { groupId } = request;
  const { responses, topics } = await groups.write(groupId, (env) => begin(env, request));
  const failed = new Map<string, ErrorAnswer>();
  for (const [topicId, topic] of topics) {
    try {
      await removeAll(states, groupId, new Map([[topicId, topic]]));
    } catch (error) {
      failed.set(topicId, errorAnswer(error));
    }
  }
  const gone = withoutTopics(topics, new Set(failed.keys()));
  if (gone.size > 0) await groups.write(groupId, (env) => noteDeleted(env, groupId, gone));
  return { responses: responses.map((topic) => ({ ...topic, ...failed.get(topic.topicId ?? ZERO_UUID) })) };
}

/** All states of a share group that has no members; of another group nothing. @throws KafkaError (as a rejection) as `run` */
export async function deleteAllStates(
  groups: GroupCoordinator,
  states: ShareCoordinator,
  groupId: string,
): Promise<void> {
  const topics = await groups.write(groupId, (env): GroupResult<StateTopics> => {
    const group = shareGroup(env, groupId);
    if (group === undefined || !group.isEmpty) return answer(new Map());
    const { initialized, initializing } = group.states;
    const all = union(union(initialized, initializing), cutOff(env, group));
    if (all.size === 0) return answer(all);
    return replayed([statesRecord(groupId, { ...NO_STATES, deleting: namesOf(all) })], all);
  });
  await removeAll(states, groupId, topics);
}

function begin(env: GroupEnvironment, { groupId, topics }: DeleteShareGroupOffsetsRequest): GroupResult<Deletion> {
  const group = requireShareGroup(env, groupId);
  if (!group.isEmpty) throw new KafkaError(ErrorCode.NON_EMPTY_GROUP);
  // Where nothing was ever noted nothing is told of the topics, as in Kafka.
  if (!group.hasStates) return answer({ responses: [], topics: new Map() });
  const { initialized, deleting } = group.states;
  const deletable = new Map([...cutOff(env, group), ...initialized]);
  const gone = new Map<string, StateTopic>();
  const responses = topics.flatMap(({ topicName }): Deletion['responses'] => {
    const topicId = env.topics.topic(topicName)?.id;
    const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (topicId === undefined)
      return [{ topicName, topicId: ZERO_UUID, errorCode, errorMessage: errorText(errorCode) }];
    const topic = deletable.get(topicId);
    if (topic === undefined) {
      return [{ topicName, topicId: ZERO_UUID, errorCode, errorMessage: 'There is no offset information to delete.' }];
    }
    if (gone.has(topicId)) return [];
    gone.set(topicId, topic);
    return [{ topicName, topicId }];
  });
  const noted = {
    ...group.states,
    initialized: withoutTopics(initialized, new Set(gone.keys())),
    deleting: new Map([...deleting, ...namesOf(gone)]),
  };
  return replayed(gone.size === 0 ? [] : [statesRecord(groupId, noted)], { responses, topics: gone });
}

/** What a deletion that was cut off may have left, which is not noted: all partitions of its topics. */
function cutOff({ topics, clock }: GroupEnvironment, { states }: ShareGroup): StateTopics {
  const left = new Map<string, StateTopic>();
  for (const topicId of states.deleting.keys()) {
    const topic = topics.topicById(topicId);
    if (topic === undefined) continue;
    const partitions = new Set(topic.partitions.map(({ index }) => index));
    left.set(topicId, { name: topic.name, partitions, sinceMs: clock.now() });
  }
  return left;
}

function namesOf(topics: StateTopics): ReadonlyMap<string, string> {
  return new Map([...topics].map(([topicId, { name }]) => [topicId, name]));
}

/** Their states are deleted. A group that has got members meanwhile may have begun others. */
function noteDeleted(env: GroupEnvironment, groupId: string, topics: StateTopics): GroupResult {
  const group = shareGroup(env, groupId);
  if (group === undefined) return answer(undefined);
  const deleting = new Map([...group.states.deleting].filter(([topicId]) => !topics.has(topicId)));
  return replayed([statesRecord(groupId, { ...group.states, deleting })], undefined);
}

/** A topic is gone, and the states with it. */
export function forgetTopic(env: GroupEnvironment, groupId: string, topicId: string): GroupResult {
  const group = shareGroup(env, groupId);
  if (group === undefined) return answer(undefined);
  const { initializing, initialized, deleting } = group.states;
  const gone = new Set([topicId]);
  const states = {
    initializing: withoutTopics(initializing, gone),
    initialized: withoutTopics(initialized, gone),
    deleting: new Map([...deleting].filter(([noted]) => noted !== topicId)),
  };
  return replayed([statesRecord(groupId, states)], undefined);
}

/** All that can be deleted is. @throws KafkaError (as a rejection) as `run`, where something cannot */
async function removeAll(states: ShareCoordinator, groupId: string, topics: StateTopics): Promise<void> {
  const failures: unknown[] = [];
  for (const key of keysOf(groupId, topics)) {
    try {
      await states.runWhenReady(key, (shard) => remove(shard, key));
    } catch (error) {
      // The states of a deleted topic go with it.
      const isGone = error instanceof KafkaError && error.code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      if (!isGone) failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

function keysOf(groupId: string, topics: StateTopics): SharePartitionKey[] {
  return [...topics].flatMap(([topicId, { partitions }]) =>
    [...partitions].map((partition) => ({ groupId, topicId, partition })),
  );
}
