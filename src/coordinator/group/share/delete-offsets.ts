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
import { requireShareGroup, shareGroup } from './find.ts';
import type { ShareGroup } from './group.ts';
import { statesRecord } from './records.ts';
import { union, withoutTopics } from './state-partitions.ts';

interface Deletion {
  readonly responses: readonly Input<DeleteShareGroupOffsetsResponseTopic>[];
  readonly topicIds: ReadonlySet<string>;
  readonly keys: readonly SharePartitionKey[];
}

/** @throws KafkaError (as a rejection) GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP, and as `run` */
export async function deleteShareGroupOffsets(
  groups: GroupCoordinator,
  states: ShareCoordinator,
  request: DeleteShareGroupOffsetsRequest,
): Promise<Input<DeleteShareGroupOffsetsResponse>> {
  const { groupId } = request;
  const { responses, topicIds, keys } = await groups.write(groupId, (env) => begin(env, request));
  await removeAll(states, keys);
  if (topicIds.size > 0) await groups.write(groupId, (env) => forget(env, groupId, topicIds));
  return { responses: [...responses] };
}

/** All states of a share group that has no members; of another group nothing. @throws KafkaError (as a rejection) as `run` */
export async function deleteAllStates(
  groups: GroupCoordinator,
  states: ShareCoordinator,
  groupId: string,
): Promise<void> {
  const keys = await groups.write(groupId, (env): GroupResult<readonly SharePartitionKey[]> => {
    const group = shareGroup(env, groupId);
    if (group === undefined || !group.isEmpty) return answer([]);
    const topicIds = new Set([...group.states.initializing.keys(), ...group.states.initialized.keys()]);
    return topicIds.size === 0 ? answer([]) : replayed([deleting(group, topicIds)], keysOf(group, topicIds));
  });
  await removeAll(states, keys);
}

function begin(env: GroupEnvironment, { groupId, topics }: DeleteShareGroupOffsetsRequest): GroupResult<Deletion> {
  const group = requireShareGroup(env, groupId);
  if (!group.isEmpty) throw new KafkaError(ErrorCode.NON_EMPTY_GROUP);
  const topicIds = new Set<string>();
  const responses = topics.map(({ topicName }) => {
    const topicId = env.topics.topic(topicName)?.id;
    const errorCode = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (topicId === undefined) return { topicName, topicId: ZERO_UUID, errorCode, errorMessage: errorText(errorCode) };
    if (!group.states.initialized.has(topicId) && !group.states.deleting.has(topicId)) {
      return { topicName, topicId: ZERO_UUID, errorCode, errorMessage: 'There is no offset information to delete.' };
    }
    topicIds.add(topicId);
    return { topicName, topicId };
  });
  const keys = keysOf(group, topicIds);
  const records = topicIds.size === 0 ? [] : [deleting(group, topicIds)];
  return replayed(records, { responses, topicIds, keys });
}

function keysOf({ groupId, states }: ShareGroup, topicIds: ReadonlySet<string>): SharePartitionKey[] {
  return [...union(states.initialized, states.initializing)].flatMap(([topicId, { partitions }]) =>
    topicIds.has(topicId) ? [...partitions].map((partition) => ({ groupId, topicId, partition })) : [],
  );
}

function deleting(group: ShareGroup, topicIds: ReadonlySet<string>) {
  const { initializing, initialized } = group.states;
  const names = [...union(initialized, initializing)].filter(([topicId]) => topicIds.has(topicId));
  return statesRecord(group.groupId, {
    initializing: withoutTopics(initializing, topicIds),
    initialized: withoutTopics(initialized, topicIds),
    deleting: new Map([...group.states.deleting, ...names.map(([topicId, { name }]) => [topicId, name] as const)]),
  });
}

/** The states of topics are gone. */
export function forget(env: GroupEnvironment, groupId: string, topicIds: ReadonlySet<string>): GroupResult {
  const group = shareGroup(env, groupId);
  if (group === undefined) return answer(undefined);
  const { initializing, initialized, deleting: noted } = group.states;
  const states = {
    initializing: withoutTopics(initializing, topicIds),
    initialized: withoutTopics(initialized, topicIds),
    deleting: new Map([...noted].filter(([topicId]) => !topicIds.has(topicId))),
  };
  return replayed([statesRecord(groupId, states)], undefined);
}

async function removeAll(states: ShareCoordinator, keys: readonly SharePartitionKey[]): Promise<void> {
  for (const key of keys) {
    try {
      await states.runWhenReady(key, (shard) => remove(shard, key));
    } catch (error) {
      // The states of a deleted topic go with it.
      if (!(error instanceof KafkaError) || error.code !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) throw error;
    }
  }
}
