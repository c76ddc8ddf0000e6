/** Topics: created, changed, deleted, measured. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { throwCode } from './errors.ts';
import type { KafkaClient } from './kafka-client.ts';
import type { TopicMetadata } from './metadata.ts';
import { CREATE_PARTITIONS, CREATE_TOPICS, DELETE_TOPICS, DESCRIBE_LOG_DIRS } from './topic-apis.ts';

/** How long a broker may take to make it so on all brokers, in ms. */
const TIMEOUT_MS = 30_000;

/** How long it is waited until brokers know of a change that was made, in ms: the controller answers before they do. */
const SETTLE_MS = 5000;
const SETTLE_STEP_MS = 20;

/** Waits until a broker tells of a topic as it was changed; for a while only, as others may change it, too. */
async function settled(
  client: KafkaClient,
  name: string,
  isSettled: (topic: TopicMetadata | undefined) => boolean,
): Promise<void> {
  const endMs = client.clock.monotonicMs() + SETTLE_MS;
  for (;;) {
    const { topics } = await client.metadata([name]);
    if (isSettled(topics[0]) || client.clock.monotonicMs() > endMs) return;
    await client.sleep(SETTLE_STEP_MS);
  }
}

/** All partitions are there, and each has a leader. */
function isWhole(topic: TopicMetadata | undefined, count: number): boolean {
  if (topic === undefined || topic.errorCode !== ErrorCode.NONE) return false;
  return topic.partitions.length >= count && topic.partitions.every(({ leaderId }) => leaderId >= 0);
}

export interface NewTopic {
  readonly name: string;
  /** Left out: as the broker is set to. */
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly configs?: Readonly<Record<string, string | number | boolean>>;
}

export interface CreatedTopic {
  readonly name: string;
  /** -1 where an old broker does not tell. */
  readonly partitions: number;
}

/** @throws KafkaError; TOPIC_ALREADY_EXISTS among others */
export async function createTopic(client: KafkaClient, topic: NewTopic): Promise<CreatedTopic> {
  const { name, partitions = -1, replicationFactor = -1, configs = {} } = topic;
  const wanted = {
    name,
    numPartitions: partitions,
    replicationFactor,
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value: String(value) })),
  };
  const response = await client.retrying(async () => {
    const answer = await client.callController(CREATE_TOPICS, { topics: [wanted], timeoutMs: TIMEOUT_MS }, TIMEOUT_MS);
    const [first] = answer.topics;
    throwCode(first?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR, first?.errorMessage ?? null);
    return first;
  });
  const count = response?.numPartitions ?? partitions;
  await settled(client, name, (topic) => isWhole(topic, Math.max(count, 1)));
  return { name, partitions: count };
}

/** @throws KafkaError */
export async function deleteTopic(client: KafkaClient, name: string): Promise<void> {
  await client.retrying(async () => {
    const request = { topicNames: [name], timeoutMs: TIMEOUT_MS };
    const { responses } = await client.callController(DELETE_TOPICS, request, TIMEOUT_MS);
    const [first] = responses;
    // Asked for again after an answer that got lost, it is gone; to be told of that does no harm.
    throwUnlessPassing(first?.errorCode ?? ErrorCode.NONE, first?.errorMessage ?? null, `topic ${name}`);
  });
  client.forget(name);
  await settled(client, name, (topic) => topic?.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
}

/** A topic that is not there does not come by waiting. */
function throwUnlessPassing(code: number, message: string | null, what: string): void {
  if (code !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) throwCode(code, message);
  else throw new MissingTopicError(what);
}

/** There is no such topic; unlike other errors with that code nothing is gained by asking again. */
export class MissingTopicError extends Error {
  override readonly name = 'MissingTopicError';
  constructor(what: string) {
    super(`there is no ${what}`);
  }
}

/** Raises the number of partitions to `count`. @throws KafkaError */
export async function addPartitions(client: KafkaClient, name: string, count: number): Promise<void> {
  await client.retrying(async () => {
    const request = { topics: [{ name, count, assignments: null }], timeoutMs: TIMEOUT_MS };
    const { results } = await client.callController(CREATE_PARTITIONS, request, TIMEOUT_MS);
    for (const { errorCode, errorMessage } of results) throwUnlessPassing(errorCode, errorMessage, `topic ${name}`);
  });
  client.forget(name);
  await settled(client, name, (topic) => isWhole(topic, count));
}

/** Bytes of partitions on disk, of the largest replica each: by topic and partition. */
export type PartitionSizes = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Sizes of the partitions of topics; of all topics with null. Empty where brokers do not tell. */
export async function partitionSizes(client: KafkaClient, names: readonly string[] | null): Promise<PartitionSizes> {
  const { brokers, topics } = await client.metadata(names);
  const asked = topics
    .filter(({ errorCode }) => errorCode === ErrorCode.NONE)
    .map(({ name, partitions }) => ({ topic: name, partitions: partitions.map((one) => one.partitionIndex) }));
  const sizes = new Map<string, Map<number, number>>();
  for (const nodeId of brokers.keys()) {
    const { results } = await (await client.node(nodeId)).call(DESCRIBE_LOG_DIRS, { topics: asked });
    for (const { topics } of results) {
      for (const { name, partitions } of topics) {
        const of = sizes.get(name) ?? new Map<number, number>();
        sizes.set(name, of);
        for (const { partitionIndex, partitionSize, isFutureKey } of partitions) {
          if (!isFutureKey) of.set(partitionIndex, Math.max(of.get(partitionIndex) ?? 0, partitionSize));
        }
      }
    }
  }
  return sizes;
}

/** Whether the error says that a topic exists already. */
export function isTaken(error: unknown): boolean {
  return error instanceof KafkaError && error.code === ErrorCode.TOPIC_ALREADY_EXISTS;
}
