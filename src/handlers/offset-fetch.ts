/**
 * OffsetFetch (9), versions 0 to 10: what a group has committed. Nothing committed is offset -1 without an error, as is
 * a group that does not exist.
 *
 * - v0 was for ZooKeeper: UNSUPPORTED_VERSION, as in a Kafka without it.
 * - v2 can ask for everything (null topics) and has an error for the group; in v1 that error is each partition's.
 * - v5 adds the leader epoch; v7 requireStable (KIP-447): where an open transaction may commit an offset, the answer is
 *   UNSTABLE_OFFSET_COMMIT.
 * - v8 asks for many groups at once (KIP-709); v9 adds member id and epoch, which groups of newer protocols check.
 * - v10 names topics by id; an unknown one is UNKNOWN_TOPIC_ID, and "everything" leaves deleted topics out.
 *
 * Unlike Kafka's, an answer has a bound: groups beyond it get INVALID_REQUEST.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { readOffsetFetchRequest } from '../../protocol/generated/offset-fetch-request.ts';
import type { OffsetFetchRequest, OffsetFetchRequestTopics } from '../../protocol/generated/offset-fetch-request.ts';
import { writeOffsetFetchResponse } from '../../protocol/generated/offset-fetch-response.ts';
import type {
  OffsetFetchResponse,
  OffsetFetchResponseGroup,
  OffsetFetchResponseTopics,
} from '../../protocol/generated/offset-fetch-response.ts';
import type { Input } from '../../protocol/input.ts';
import { ZERO_UUID } from '../../protocol/reader.ts';
import { fetchOffsets } from '../coordinator/group/offsets/fetch.ts';
import type { OffsetFetch } from '../coordinator/group/offsets/fetch.ts';
import { may, requireGroup } from './authorize.ts';
import { AnswerBound } from './answer-bound.ts';
import { existingTopic, findTopic } from './find-topic.ts';
import { Slices } from './slices.ts';
import { handler } from './types.ts';
import type { RequestContext } from './types.ts';

/** The version that read from ZooKeeper. */
const ZOOKEEPER_VERSION = 0;
/** First version with an error for the whole group. */
const GROUP_ERROR_FROM = 2;
/** First version with several groups. */
const BATCHED_FROM = 8;
/** First version with topic ids. */
const TOPIC_IDS_FROM = 10;

/** Partitions looked up in one turn of the event loop. */
const PARTITIONS_PER_SLICE = 5000;
/** What a partition takes in the answer, without its metadata. */
const OFFSET_BYTES = 24;

type GroupResponse = Input<OffsetFetchResponseGroup>;
type TopicResponse = Input<OffsetFetchResponseTopics>;

export const offsetFetchHandler = handler<OffsetFetchRequest, Input<OffsetFetchResponse>>({
  apiKey: ApiKey.OffsetFetch,
  minVersion: 0,
  maxVersion: 10,
  readRequest: readOffsetFetchRequest,
  writeResponse: writeOffsetFetchResponse,
  async handle(context, request) {
    if (context.apiVersion >= BATCHED_FROM) {
      return { groups: await fetchGroups(context, request) };
    }
    const topics = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null;
    const group = { groupId: request.groupId, memberId: null, memberEpoch: -1, topics };
    const response = await fetchGroup(context, { ...group, requireStable: request.requireStable });
    if (context.apiVersion >= GROUP_ERROR_FROM) return { topics: response.topics, errorCode: response.errorCode };
    return { topics: response.errorCode === ErrorCode.NONE ? response.topics : refused(topics ?? [], response) };
  },
});

async function fetchGroups(
  context: RequestContext,
  { groups, requireStable }: OffsetFetchRequest,
): Promise<GroupResponse[]> {
  const slices = new Slices(PARTITIONS_PER_SLICE);
  const bound = new AnswerBound();
  const responses: GroupResponse[] = [];
  for (const group of groups) {
    if (bound.isReached) {
      responses.push({ groupId: group.groupId, errorCode: ErrorCode.INVALID_REQUEST });
      continue;
    }
    const response = await fetchGroup(context, { ...group, requireStable });
    responses.push(response);
    let partitionCount = 0;
    for (const { partitions = [] } of response.topics ?? []) {
      partitionCount += partitions.length;
      for (const { metadata } of partitions) bound.add(OFFSET_BYTES + (metadata?.length ?? 0));
    }
    const pause = slices.spend(1 + partitionCount);
    if (pause !== null) await pause;
  }
  return responses;
}

/** Every partition with the group's error, for clients that know no other place for it. */
function refused(
  topics: readonly OffsetFetchRequestTopics[],
  { errorCode }: Pick<GroupResponse, 'errorCode'>,
): TopicResponse[] {
  return topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((index) => noOffset(index, errorCode ?? ErrorCode.NONE)),
  }));
}

function noOffset(partitionIndex: number, errorCode: number): NonNullable<TopicResponse['partitions']>[number] {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode };
}

async function fetchGroup(context: RequestContext, group: OffsetFetch): Promise<GroupResponse> {
  try {
    requireGroup(context, 'DESCRIBE', group.groupId);
    if (context.apiVersion === ZOOKEEPER_VERSION) throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION);
    if (context.apiVersion < TOPIC_IDS_FROM) return await fetchByName(context, group);
    return group.topics === null ? await fetchAllById(context, group) : await fetchById(context, group, group.topics);
  } catch (error) {
    if (error instanceof KafkaError) return { groupId: group.groupId, errorCode: error.code };
    throw error;
  }
}

/** Topics carry names; null: all. */
function fetch({ services }: RequestContext, group: OffsetFetch): Promise<GroupResponse> {
  return services.groups.read(group.groupId, (env) => fetchOffsets(env, group));
}

/** What the client may not know of is left out, or refused where it is named. */
async function fetchByName(context: RequestContext, group: OffsetFetch): Promise<GroupResponse> {
  if (context.services.authorizer === null) return fetch(context, group);
  const isSeen = (name: string): boolean => may(context, 'DESCRIBE', 'TOPIC', name);
  if (group.topics === null) {
    const response = await fetch(context, group);
    return { ...response, topics: response.topics?.filter(({ name = '' }) => isSeen(name)) };
  }
  const response = await fetch(context, { ...group, topics: group.topics.filter(({ name }) => isSeen(name)) });
  const unseen = group.topics.filter(({ name }) => !isSeen(name));
  const code = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  return { ...response, topics: [...(response.topics ?? []), ...refused(unseen, { errorCode: code })] };
}

/** Everything committed for topics that still exist. */
async function fetchAllById(context: RequestContext, group: OffsetFetch): Promise<GroupResponse> {
  const response = await fetch(context, group);
  const topics: TopicResponse[] = [];
  for (const topic of response.topics ?? []) {
    const { name = '' } = topic;
    if (!may(context, 'DESCRIBE', 'TOPIC', name)) continue;
    const topicId = findTopic(context, { name }, 'DESCRIBE')?.id;
    if (topicId !== undefined) topics.push({ ...topic, topicId });
  }
  return { ...response, topics };
}

async function fetchById(
  context: RequestContext,
  group: OffsetFetch,
  asked: readonly OffsetFetchRequestTopics[],
): Promise<GroupResponse> {
  const known: OffsetFetchRequestTopics[] = [];
  const unknown: TopicResponse[] = [];
  for (const topic of asked) {
    const { topicId, partitionIndexes } = topic;
    try {
      known.push({ ...topic, name: existingTopic(context, { topicId }, 'DESCRIBE').name });
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      unknown.push({ topicId, partitions: partitionIndexes.map((index) => noOffset(index, error.code)) });
    }
  }
  const response = await fetch(context, { ...group, topics: known });
  return { ...response, topics: [...(response.topics ?? []), ...unknown] };
}
