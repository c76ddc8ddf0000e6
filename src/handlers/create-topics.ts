/**
 * CreateTopics (19), versions 0 to 7.
 *
 * - Each topic succeeds or fails on its own; only more than 10,000 partitions in one request refuse it as a whole.
 * - v4 takes -1 for the broker's defaults, and older versions here do too, as in Kafka.
 * - Partitions count against the client's quota of changes, even if they are only validated; from v6 on topics beyond it get
 *   THROTTLING_QUOTA_EXCEEDED (KIP-599).
 * - v5 answers with the topic's size and settings; v7 with its id.
 * - `validateOnly` checks everything and creates nothing; the id in its answer is one that nobody will have.
 * - `timeoutMs` does not matter: an answer comes when the catalog has the topic.
 *
 * Unlike Kafka: of two names in one request that collide ('.' and '_'), the second is refused.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type CreatableTopic,
  type CreateTopicsRequest,
  readCreateTopicsRequest,
} from '../../protocol/generated/create-topics-request.ts';
import {
  type CreatableTopicResult,
  writeCreateTopicsResponse,
} from '../../protocol/generated/create-topics-response.ts';
import type { Input } from '../../protocol/input.ts';
import { randomUuid } from '../base/random.ts';
import { describeCreatedTopic } from '../config/describe.ts';
import { CLUSTER_METADATA_TOPIC } from '../metadata/topic-name.ts';
import type { NewTopic } from '../metadata/types.ts';
import { CLUSTER_NAME } from '../security/authorizer.ts';
import type { MutationQuota } from '../security/quotas/mutation-quota.ts';
import { allows, may } from './authorize.ts';
import { errorFields } from './api-error.ts';
import { Slices } from './slices.ts';
import { checkBatch, duplicates, mutationQuota } from './topic-batch.ts';
import { type BrokerServices, handler, type RequestContext } from './types.ts';
import { WrittenElements } from './written-elements.ts';

type Result = Input<CreatableTopicResult>;
/** The answer, its topics maybe written already. */
interface Response {
  readonly topics: readonly Result[] | WrittenElements<Result>;
  readonly throttleTimeMs?: number;
}

/** Topics begun, and answers written, in one turn of the event loop. */
const TOPICS_PER_SLICE = 100;
const STRICT_QUOTA_FROM = 6;

export const createTopicsHandler = handler<CreateTopicsRequest, Response>({
  apiKey: ApiKey.CreateTopics,
  minVersion: 0,
  maxVersion: 7,
  readRequest: readCreateTopicsRequest,
  writeResponse: (writer, response, version) => {
    const topics = response.topics instanceof WrittenElements ? response.topics.into(writer) : response.topics;
    writeCreateTopicsResponse(writer, { ...response, topics }, version);
  },
  handle: create,
});

async function create(context: RequestContext, request: CreateTopicsRequest): Promise<Response> {
  const { services, apiVersion: version } = context;
  const repeated = duplicates(request.topics.map(({ name }) => name));
  const wanted = request.topics.filter(({ name }) => !repeated.has(name));
  try {
    checkBatch(wanted.map((topic) => partitionsWanted(topic, services)));
  } catch (error) {
    const fields = errorFields(error, services);
    return { topics: request.topics.map(({ name }) => ({ name, ...fields })) };
  }
  const settings = new DescribedSettings(services);
  const quota = mutationQuota(context, STRICT_QUOTA_FROM);
  const results: Promise<Result>[] = [];
  const slices = new Slices(TOPICS_PER_SLICE);
  for (const topic of wanted) {
    results.push(createOne(context, topic, request.validateOnly, settings, quota));
    const pause = slices.spend(1);
    if (pause !== null) await pause;
  }
  const topics = new WrittenElements<Result>((writer, some) =>
    writeCreateTopicsResponse(writer, { topics: some }, version),
  );
  for (const result of results) {
    topics.push(await result);
    const pause = slices.spend(1);
    if (pause === null) continue;
    topics.write();
    await pause;
  }
  for (const name of repeated) {
    topics.push({ name, errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' });
  }
  return { topics, throttleTimeMs: quota?.throttleMs() ?? 0 };
}

function partitionsWanted({ numPartitions, assignments }: CreatableTopic, { config }: BrokerServices): number {
  if (assignments.length > 0) return assignments.length;
  return numPartitions === -1 ? config.int('num.partitions') : numPartitions;
}

async function createOne(
  context: RequestContext,
  topic: CreatableTopic,
  validateOnly: boolean,
  settings: DescribedSettings,
  quota: MutationQuota | null,
): Promise<Result> {
  const { services } = context;
  const { name } = topic;
  try {
    const wanted = toNewTopic(topic);
    requireCreate(context, name);
    if (validateOnly || quota !== null) services.metadata.validateNewTopic(wanted);
    quota?.record(partitionsWanted(topic, services));
    const created = validateOnly ? undefined : await services.metadata.createTopic(wanted);
    const made = { name, topicId: created?.id ?? randomUuid(services.random), errorMessage: null };
    if (!may(context, 'DESCRIBE_CONFIGS', 'TOPIC', name)) return { ...made, ...HIDDEN_CONFIGS };
    return {
      ...made,
      numPartitions: created?.partitions.length ?? partitionsWanted(topic, services),
      replicationFactor: topic.assignments[0]?.brokerIds.length ?? 1,
      configs: settings.of(wanted),
    };
  } catch (error) {
    return { name, ...errorFields(error, services) };
  }
}

/** What whoever may not see the settings of a topic is told of one that he made. */
const HIDDEN_CONFIGS = {
  topicConfigErrorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  numPartitions: -1,
  replicationFactor: -1,
  configs: [],
};

/** @throws KafkaError TOPIC_AUTHORIZATION_FAILED, whether the topic is there or not */
function requireCreate(context: RequestContext, name: string): void {
  if (may(context, 'CREATE', 'CLUSTER', CLUSTER_NAME) || allows(context, 'CREATE', 'TOPIC', name)) return;
  throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED, 'Authorization failed.');
}

function toNewTopic({ name, numPartitions, replicationFactor, assignments, configs }: CreatableTopic): NewTopic {
  if (name === CLUSTER_METADATA_TOPIC) {
    const message = `Creation of internal topic ${CLUSTER_METADATA_TOPIC} is prohibited.`;
    throw new KafkaError(ErrorCode.INVALID_REQUEST, message);
  }
  return {
    name,
    partitionCount: numPartitions,
    replicationFactor,
    assignments,
    configs: new Map(configs.map(({ name, value }) => [name, value])),
  };
}

/** The settings of new topics as an answer shows them, made once for all topics of a request that ask for the same. */
class DescribedSettings {
  readonly #services: BrokerServices;
  readonly #known = new Map<string, Result['configs']>();

  constructor(services: BrokerServices) {
    this.#services = services;
  }

  of({ configs }: NewTopic): Result['configs'] {
    const key = JSON.stringify([...configs]);
    const known = this.#known.get(key) ?? this.#describe(configs);
    this.#known.set(key, known);
    return known;
  }

  #describe(configs: NewTopic['configs']): Result['configs'] {
    const overrides = new Map([...configs].map(([name, value]) => [name, value ?? '']));
    return describeCreatedTopic(this.#services.config, overrides)
      .map(({ name, value, readOnly, source, sensitive }) => ({
        name,
        value,
        readOnly,
        configSource: source,
        isSensitive: sensitive,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
