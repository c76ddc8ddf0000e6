/**
 * DeleteTopics (20), versions 0 to 6.
 *
 * - Up to v5 by name; v6 by name or by id, exactly one of them a topic.
 * - `delete.topic.enable=false`: TOPIC_DELETION_DISABLED for all, before v3 INVALID_REQUEST.
 * - v5 carries error messages. From then on topics beyond the client's quota of changes, against which their partitions
 *   count, get THROTTLING_QUOTA_EXCEEDED (KIP-599).
 *
 * Unlike Kafka, which shuffles its answers, topics come in the order of the request, wrong ones first.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type DeleteTopicsRequest,
  type DeleteTopicState,
  readDeleteTopicsRequest,
} from '../../protocol/generated/delete-topics-request.ts';
import {
  type DeletableTopicResult,
  type DeleteTopicsResponse,
  writeDeleteTopicsResponse,
} from '../../protocol/generated/delete-topics-response.ts';
import type { Input } from '../../protocol/input.ts';
import { ZERO_UUID } from '../../protocol/reader.ts';
import type { Topic } from '../metadata/types.ts';
import { CLUSTER_NAME } from '../security/authorizer.ts';
import type { MutationQuota } from '../security/quotas/mutation-quota.ts';
import { allows, may, denied } from './authorize.ts';
import { codeFields, outcome } from './api-error.ts';
import { topicOf, unknownTopic } from './find-topic.ts';
import { duplicates, mutationQuota } from './topic-batch.ts';
import { type BrokerServices, handler, type RequestContext } from './types.ts';

type Result = Input<DeletableTopicResult>;

const STRICT_QUOTA_FROM = 5;

export const deleteTopicsHandler = handler<DeleteTopicsRequest, Input<DeleteTopicsResponse>>({
  apiKey: ApiKey.DeleteTopics,
  minVersion: 0,
  maxVersion: 6,
  readRequest: readDeleteTopicsRequest,
  writeResponse: writeDeleteTopicsResponse,
  handle(context, request) {
    const asked: DeleteTopicState[] =
      context.apiVersion >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }));
    if (!context.services.config.bool('delete.topic.enable')) return disabled(context, asked);
    return remove(context, asked);
  },
});

function disabled({ apiVersion }: RequestContext, asked: readonly DeleteTopicState[]): Input<DeleteTopicsResponse> {
  const errorCode = apiVersion < 3 ? ErrorCode.INVALID_REQUEST : ErrorCode.TOPIC_DELETION_DISABLED;
  return { responses: asked.map(({ name, topicId }) => ({ name, topicId, errorCode })) };
}

function refused({ name, topicId }: DeleteTopicState, errorMessage: string): Result {
  return { name, topicId, errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
}

async function remove(
  context: RequestContext,
  asked: readonly DeleteTopicState[],
): Promise<Input<DeleteTopicsResponse>> {
  const { well, repeatedIds, responses } = sortOut(asked);
  const { services } = context;
  const deletions = new Map<string, Topic>();
  const byIdFirst = [...well].sort((a, b) => Number(a.name !== null) - Number(b.name !== null));
  for (const state of byIdFirst) {
    const key = state.name === null ? { topicId: state.topicId } : { name: state.name };
    const topic = topicOf(context, key);
    const name = topic?.name ?? state.name;
    if (name !== null && !mayDelete(context, name, topic !== undefined)) {
      const isSeen = may(context, 'DESCRIBE', 'TOPIC', name);
      const { code: errorCode, message: errorMessage } = denied('TOPIC');
      // A client that knows an id and no more is not told the name.
      responses.push({ ...state, ...(isSeen && { name }), errorCode, errorMessage });
    } else if (topic === undefined) {
      responses.push({ ...state, ...codeFields(unknownTopic(key).code) });
    } else if (repeatedIds.has(topic.id) || deletions.delete(topic.id)) {
      const message = 'The provided topic name maps to an ID that was already supplied.';
      responses.push(refused({ name: topic.name, topicId: topic.id }, message));
    } else {
      deletions.set(topic.id, topic);
    }
  }
  const quota = mutationQuota(context, STRICT_QUOTA_FROM);
  const deleted = [...deletions.values()].map(async (topic): Promise<Result> => {
    const fields = await outcome(() => deleteOne(services, topic, quota), services);
    return { name: topic.name, topicId: topic.id, ...fields };
  });
  const all = [...responses, ...(await Promise.all(deleted))];
  return { responses: all, throttleTimeMs: quota?.throttleMs() ?? 0 };
}

/** Who may describe a topic is told that it is not there; the right to delete from the cluster is one to delete any. */
function mayDelete(context: RequestContext, name: string, isThere: boolean): boolean {
  if (may(context, 'DELETE', 'CLUSTER', CLUSTER_NAME)) return true;
  return allows(context, isThere ? 'DELETE' : 'DESCRIBE', 'TOPIC', name);
}

/** Deletes the very topic that was looked up, not one that took its name meanwhile. */
async function deleteOne(
  { metadata }: BrokerServices,
  { name, id, partitions }: Topic,
  quota: MutationQuota | null,
): Promise<void> {
  if (metadata.topic(name)?.id !== id) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_ID);
  quota?.record(partitions.length);
  await metadata.deleteTopic(name);
}

/** Requests that name one topic properly, and answers to the others. */
function sortOut(asked: readonly DeleteTopicState[]): {
  readonly well: DeleteTopicState[];
  readonly repeatedIds: ReadonlySet<string>;
  readonly responses: Result[];
} {
  const responses: Result[] = [];
  const well: DeleteTopicState[] = [];
  for (const state of asked) {
    const hasId = state.topicId !== ZERO_UUID;
    if (state.name === null && !hasId) responses.push(refused(state, 'Neither topic name nor id were specified.'));
    else if (state.name !== null && hasId) {
      responses.push(refused(state, 'You may not specify both topic name and topic id.'));
    } else well.push(state);
  }
  const names = duplicates(well.flatMap(({ name }) => name ?? []));
  const ids = duplicates(well.flatMap(({ name, topicId }) => (name === null ? topicId : [])));
  for (const name of names) responses.push(refused({ name, topicId: ZERO_UUID }, 'Duplicate topic name.'));
  for (const topicId of ids) responses.push(refused({ name: null, topicId }, 'Duplicate topic id.'));
  return {
    well: well.filter(({ name, topicId }) => (name === null ? !ids.has(topicId) : !names.has(name))),
    repeatedIds: ids,
    responses,
  };
}
