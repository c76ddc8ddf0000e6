/**
 * Metadata (3), versions 0 to 13: brokers, and topics with their partitions.
 *
 * - v0: an empty list of topics asks for all; from v1 on null does, and an empty list for none.
 * - v4 says whether missing topics may be created; before, they may. A topic created by this request is answered with
 *   UNKNOWN_TOPIC_OR_PARTITION and is there when the client asks again.
 * - v8 to v10 can ask for the cluster's authorized operations, v8+ for the topics'.
 * - v10 and v11 show topic ids but must ask by name; v12+ may ask by id, then topics without one do not count.
 * - v13 has an error for the whole answer.
 * - The one broker has the address of the listener that was asked, and is the controller.
 *
 * Unlike Kafka: topics come in the order of the request, or sorted by name when all were asked for; a null name without
 * an id is INVALID_REQUEST, not an unknown server error.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { type MetadataRequest, readMetadataRequest } from '../../protocol/generated/metadata-request.ts';
import {
  type MetadataResponse,
  type MetadataResponseTopic,
  writeMetadataResponse,
} from '../../protocol/generated/metadata-response.ts';
import type { Input } from '../../protocol/input.ts';
import { ZERO_UUID } from '../../protocol/reader.ts';
import { isInternalTopic, topicNameProblem } from '../metadata/topic-name.ts';
import type { Topic } from '../metadata/types.ts';
import type { Writer } from '../../protocol/writer.ts';
import { CLUSTER_NAME } from '../security/authorizer.ts';
import { allows, may } from './authorize.ts';
import { clusterOperations, topicOperations } from './authorized-operations.ts';
import { autoCreateTopics } from './auto-create.ts';
import { topicOf } from './find-topic.ts';
import { Slices } from './slices.ts';
import { mutationQuota } from './topic-batch.ts';
import { handler, type RequestContext } from './types.ts';
import { WrittenElements } from './written-elements.ts';

type ResponseTopic = Input<MetadataResponseTopic>;
type Topics = WrittenElements<ResponseTopic>;
type Response = Omit<Input<MetadataResponse>, 'topics'> & { readonly topics: readonly ResponseTopic[] | Topics };

/** Partitions described and written in one turn of the event loop. */
const PARTITIONS_PER_SLICE = 5000;

export const metadataHandler = handler<MetadataRequest, Response>({
  apiKey: ApiKey.Metadata,
  minVersion: 0,
  maxVersion: 13,
  readRequest: readMetadataRequest,
  writeResponse,
  handle: (context, request) => {
    const errorCode = checkRequest(context, request);
    return errorCode === ErrorCode.NONE ? describe(context, request) : refuse(request, errorCode);
  },
});

function writeResponse(writer: Writer, response: Response, version: number): void {
  const { topics } = response;
  const written = topics instanceof WrittenElements ? topics.into(writer) : topics;
  writeMetadataResponse(writer, { ...response, topics: written }, version);
}

function asksForAll({ apiVersion }: RequestContext, { topics }: MetadataRequest): boolean {
  return topics === null || (apiVersion === 0 && topics.length === 0);
}

function isNamed({ name }: { readonly name: string | null }): boolean {
  return name !== null;
}

function checkRequest({ apiVersion }: RequestContext, { topics }: MetadataRequest): number {
  const asked = topics ?? [];
  const byId = asked.some(({ topicId }) => topicId !== ZERO_UUID);
  const valid = apiVersion < 12 ? !byId && asked.every(isNamed) : byId || asked.every(isNamed);
  return valid ? ErrorCode.NONE : ErrorCode.INVALID_REQUEST;
}

function refuse({ topics }: MetadataRequest, errorCode: number): Response {
  return { errorCode, topics: (topics ?? []).map(({ name, topicId }) => ({ errorCode, name: name ?? '', topicId })) };
}

async function describe(context: RequestContext, request: MetadataRequest): Promise<Response> {
  const { services, connection } = context;
  const { nodeId, host, port, rack } = services.endpointFor(connection);
  const found = await findTopics(context, request);
  const operationsOf = (name: string): { readonly topicAuthorizedOperations?: number } =>
    request.includeTopicAuthorizedOperations ? { topicAuthorizedOperations: topicOperations(context, name) } : {};
  const slices = new Slices(PARTITIONS_PER_SLICE);
  const topics: Topics = new WrittenElements((writer, some) =>
    writeMetadataResponse(writer, { topics: some }, context.apiVersion),
  );
  for (const { topicId, errorCode } of found.missingIds) topics.push({ errorCode, name: null, topicId });
  for (const topic of found.topics) {
    const pause = slices.spend(1 + topic.partitions.length);
    if (pause !== null) {
      topics.write();
      await pause;
    }
    topics.push({ ...describeTopic(topic, nodeId), ...operationsOf(topic.name) });
  }
  for (const missing of found.missing) {
    const isDenied = missing.errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED;
    topics.push(isDenied ? missing : { ...missing, ...operationsOf(missing.name) });
  }
  return {
    brokers: [{ nodeId, host, port, rack }],
    clusterId: services.metadata.clusterId,
    controllerId: nodeId,
    topics,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? clusterOperations(context) : undefined,
  };
}

interface FoundTopics {
  readonly topics: readonly Topic[];
  readonly missingIds: readonly { readonly topicId: string; readonly errorCode: number }[];
  readonly missing: readonly MissingTopic[];
}

interface MissingTopic {
  readonly name: string;
  readonly errorCode: number;
  /** Not told of one that may not be seen. */
  readonly isInternal: boolean;
}

async function findTopics(context: RequestContext, request: MetadataRequest): Promise<FoundTopics> {
  if (asksForAll(context, request)) return { topics: allTopics(context), missingIds: [], missing: [] };
  const asked = request.topics ?? [];
  const ids = new Set(asked.map(({ topicId }) => topicId).filter((id) => id !== ZERO_UUID));
  if (ids.size > 0) return findById(context, ids);
  return findByName(context, request, [...new Set(asked.map(({ name }) => name ?? ''))]);
}

/** Those that the client may know of. */
function allTopics(context: RequestContext): readonly Topic[] {
  const topics = context.services.metadata.topics();
  if (context.services.authorizer === null) return topics;
  return topics.filter(({ name }) => may(context, 'DESCRIBE', 'TOPIC', name));
}

function findById(context: RequestContext, ids: ReadonlySet<string>): FoundTopics {
  const topics: Topic[] = [];
  const missingIds = [];
  for (const topicId of ids) {
    const topic = topicOf(context, { topicId });
    if (topic === undefined) missingIds.push({ topicId, errorCode: ErrorCode.UNKNOWN_TOPIC_ID });
    else if (allows(context, 'DESCRIBE', 'TOPIC', topic.name)) topics.push(topic);
    else missingIds.push({ topicId, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED });
  }
  return { topics, missingIds, missing: [] };
}

async function findByName(
  context: RequestContext,
  request: MetadataRequest,
  names: readonly string[],
): Promise<FoundTopics> {
  const { services } = context;
  const topics: Topic[] = [];
  const missing: MissingTopic[] = [];
  const { TOPIC_AUTHORIZATION_FAILED } = ErrorCode;
  const toCreate: string[] = [];
  const mayCreateAny = may(context, 'CREATE', 'CLUSTER', CLUSTER_NAME);
  const creates = request.allowAutoTopicCreation && services.config.bool('auto.create.topics.enable');
  for (const name of names) {
    const topic = allows(context, 'DESCRIBE', 'TOPIC', name) ? topicOf(context, { name }) : null;
    const isInternal = isInternalTopic(name);
    if (topic === null) missing.push({ name, errorCode: TOPIC_AUTHORIZATION_FAILED, isInternal: false });
    else if (topic !== undefined) topics.push(topic);
    else if (creates && !mayCreateAny && !allows(context, 'CREATE', 'TOPIC', name)) {
      missing.push({ name, errorCode: TOPIC_AUTHORIZATION_FAILED, isInternal });
    } else {
      if (creates) toCreate.push(name);
      const isValid = topicNameProblem(name) === null;
      const errorCode = isValid ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION;
      missing.push({ name, errorCode, isInternal });
    }
  }
  if (toCreate.length > 0) await autoCreateTopics(services, toCreate, mutationQuota(context, 0));
  return { topics, missingIds: [], missing };
}

function describeTopic({ name, id, isInternal, partitions }: Topic, nodeId: number): ResponseTopic {
  const replicas = [nodeId];
  return {
    name,
    topicId: id,
    isInternal,
    partitions: partitions.map(({ index, leaderEpoch }) => ({
      partitionIndex: index,
      leaderId: nodeId,
      leaderEpoch,
      replicaNodes: replicas,
      isrNodes: replicas,
    })),
  };
}
