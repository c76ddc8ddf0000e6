/** Decides how many partitions the internal topics of a topology have. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import { hashMapOrder } from '../../java-hash.ts';
import { repartitionCounts } from './repartition-counts.ts';
import { StatusCode } from './status.ts';
import type { Status } from './status.ts';
import { inputTopics } from './topology.ts';
import type { StreamsTopology, Subtopology } from './topology.ts';

/** Number of partitions of a topic that exists. */
export type PartitionCount = (topic: string) => number | undefined;

/** The topics that there are do not fit the topology: members are told, and may wait for that to change. */
export class TopicConfigurationError extends Error {
  readonly status: Status;

  constructor(statusCode: Status['statusCode'], statusDetail: string) {
    super(statusDetail);
    this.status = { statusCode, statusDetail };
  }
}

/**
 * Gives the number for each repartition and changelog topic. All source topics must exist.
 * @throws TopicConfigurationError when topics cannot be copartitioned
 * @throws KafkaError STREAMS_INVALID_TOPOLOGY, UNKNOWN_SERVER_ERROR
 */
export function decidePartitionCounts(
  topology: StreamsTopology,
  partitionCount: PartitionCount,
): ReadonlyMap<string, number> {
  // The order in which Kafka goes through them, which decides where several numbers are possible.
  const subtopologies = hashMapOrder([...topology.subtopologies.values()], ({ subtopologyId }) => subtopologyId);
  const decided = repartitionCounts(subtopologies, partitionCount);
  const countOf: PartitionCount = (topic) => partitionCount(topic) ?? decided.get(topic);
  const fixed = new Set(
    subtopologies.flatMap(({ repartitionSourceTopics }) =>
      repartitionSourceTopics.filter(({ partitions }) => partitions !== 0).map(({ name }) => name),
    ),
  );
  const repartition = new Set(
    subtopologies.flatMap(({ repartitionSourceTopics }) => repartitionSourceTopics.map(({ name }) => name)),
  );
  const copartitioning = { repartition, fixed, fixedCounts: countsOf(fixed, countOf), countOf };
  for (const subtopology of subtopologies) {
    for (const group of copartitionGroups(subtopology)) {
      for (const [topic, count] of copartition(group, copartitioning)) decided.set(topic, count);
    }
  }
  for (const subtopology of subtopologies) {
    const inputs = inputTopics(subtopology);
    if (inputs.length === 0) {
      throw invalidTopology(`No source topics found for subtopology ${subtopology.subtopologyId}`);
    }
    const count = largest(inputs, countOf);
    for (const { name } of subtopology.stateChangelogTopics) decided.set(name, count);
  }
  return decided;
}

function invalidTopology(message: string): KafkaError {
  return new KafkaError(ErrorCode.STREAMS_INVALID_TOPOLOGY, message);
}

function required(topic: string, countOf: PartitionCount): number {
  const count = countOf(topic);
  if (count === undefined) {
    throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `Number of partitions is not set for topic: ${topic}`);
  }
  return count;
}

/** Names of the topics of each group, which refers to them by their place in the subtopology's lists. */
function copartitionGroups(subtopology: Subtopology): readonly ReadonlySet<string>[] {
  const at = <T>(list: readonly T[], index: number): T => {
    const item = list[index];
    if (item === undefined) {
      const message = `Subtopology ${subtopology.subtopologyId} has no topic with index ${index}.`;
      throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, message);
    }
    return item;
  };
  return subtopology.copartitionGroups.map(
    (group) =>
      new Set([
        ...group.sourceTopics.map((index) => at(subtopology.sourceTopics, index)),
        ...group.repartitionSourceTopics.map((index) => at(subtopology.repartitionSourceTopics, index).name),
      ]),
  );
}

interface Copartitioning {
  /** All repartition topics that are read. */
  readonly repartition: ReadonlySet<string>;
  /** Those whose number the topology says. */
  readonly fixed: ReadonlySet<string>;
  readonly fixedCounts: ReadonlySet<number>;
  readonly countOf: PartitionCount;
}

/** Gives all repartition topics of a group the same number, that of its source topics if it has any. */
function copartition(group: ReadonlySet<string>, copartitioning: Copartitioning): ReadonlyMap<string, number> {
  const { repartition, fixed, countOf } = copartitioning;
  const internal = group.intersection(repartition);
  const external = group.difference(repartition);
  if (group.size === 0) return new Map();
  const count = external.size > 0 ? sameCount(external, countOf) : internalCount(internal, copartitioning);
  for (const topic of internal.intersection(fixed)) {
    const found = required(topic, countOf);
    if (found === count) continue;
    throw new TopicConfigurationError(
      StatusCode.INCORRECTLY_PARTITIONED_TOPICS,
      `Number of partitions [${found}] of repartition topic [${topic}] doesn't match number of partitions [${count}] of the source topic.`,
    );
  }
  return new Map([...internal].map((topic) => [topic, count]));
}

/** Where the topology says a number for any repartition topic, that is the number, as in Kafka: all those have the same. */
function internalCount(topics: ReadonlySet<string>, { fixedCounts, countOf }: Copartitioning): number {
  const [first, ...others] = fixedCounts;
  if (others.length > 0) throw differentCounts(topics, countOf);
  return first ?? largest(topics, countOf);
}

function countsOf(topics: ReadonlySet<string>, countOf: PartitionCount): ReadonlySet<number> {
  return new Set([...topics].map((topic) => required(topic, countOf)));
}

function largest(topics: Iterable<string>, countOf: PartitionCount): number {
  let count = 0;
  for (const topic of topics) count = Math.max(count, required(topic, countOf));
  return count;
}

function sameCount(topics: ReadonlySet<string>, countOf: PartitionCount): number {
  const [first = 0, ...others] = countsOf(topics, countOf);
  if (others.length > 0) throw differentCounts(topics, countOf);
  return first;
}

function differentCounts(topics: ReadonlySet<string>, countOf: PartitionCount): TopicConfigurationError {
  const shown = [...topics].sort().map((topic) => `${topic}=${required(topic, countOf)}`);
  return new TopicConfigurationError(
    StatusCode.INCORRECTLY_PARTITIONED_TOPICS,
    `Following topics do not have the same number of partitions: [{${shown.join(', ')}}]`,
  );
}
