/** A topology measured against the topics that there are: how many tasks it has, and which internal topics are missing. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import { inputTopics } from './topology.ts';
import type { StreamsTopology, Subtopology, TopicInfo } from './topology.ts';
import { TopicConfigurationError, decidePartitionCounts } from './partition-counts.ts';
import type { PartitionCount } from './partition-counts.ts';
import { StatusCode } from './status.ts';
import type { Status } from './status.ts';

/** A topic that the broker makes for the application. */
export interface InternalTopic {
  readonly name: string;
  readonly partitions: number;
  /** 0: the broker's default. */
  readonly replicationFactor: number;
  readonly configs: ReadonlyMap<string, string>;
}

export interface ConfiguredSubtopology {
  readonly taskCount: number;
  readonly sourceTopics: readonly string[];
  readonly repartitionSourceTopics: readonly InternalTopic[];
  readonly repartitionSinkTopics: readonly string[];
  readonly stateChangelogTopics: readonly InternalTopic[];
}

export interface ConfiguredTopology {
  /** By subtopology id, sorted; null when the topics that there are do not fit. */
  readonly subtopologies: ReadonlyMap<string, ConfiguredSubtopology> | null;
  readonly missingInternalTopics: readonly InternalTopic[];
  /** Why no tasks can be assigned; null when they can. */
  readonly problem: Status | null;
}

/**
 * @throws KafkaError STREAMS_INVALID_TOPOLOGY when no topics would make it work or it has too many tasks,
 *   UNKNOWN_SERVER_ERROR when a copartition group refers to topics that are not there
 */
export function configureTopology(topology: StreamsTopology, partitionCount: PartitionCount): ConfiguredTopology {
  try {
    checkSourceTopics(topology, partitionCount);
    const decided = decidePartitionCounts(topology, partitionCount);
    const countOf = (topic: string): number => partitionCount(topic) ?? decided.get(topic) ?? 0;
    const subtopologies = new Map<string, ConfiguredSubtopology>();
    for (const [id, subtopology] of topology.subtopologies) {
      subtopologies.set(id, configureSubtopology(subtopology, countOf, decided));
    }
    checkTaskCount(subtopologies.values());
    const missing = missingInternalTopics(subtopologies, partitionCount);
    const names = summarize(missing.map(({ name }) => name));
    const problem =
      missing.length === 0
        ? null
        : { statusCode: StatusCode.MISSING_INTERNAL_TOPICS, statusDetail: `Internal topics are missing: ${names}` };
    return { subtopologies, missingInternalTopics: missing, problem };
  } catch (error) {
    if (!(error instanceof TopicConfigurationError)) throw error;
    return { subtopologies: null, missingInternalTopics: [], problem: error.status };
  }
}

/** More than any application has: each task takes memory and time at every assignment. */
const MAX_TASKS = 200_000;

function checkTaskCount(subtopologies: Iterable<ConfiguredSubtopology>): void {
  let count = 0;
  for (const { taskCount } of subtopologies) count += taskCount;
  if (count <= MAX_TASKS) return;
  const message = `The topology has ${count} tasks, more than the ${MAX_TASKS} that a group may have.`;
  throw new KafkaError(ErrorCode.STREAMS_INVALID_TOPOLOGY, message);
}

function checkSourceTopics({ subtopologies }: StreamsTopology, partitionCount: PartitionCount): void {
  const sources = [...subtopologies.values()].flatMap(({ sourceTopics }) => sourceTopics);
  const missing = [...new Set(sources)].filter((topic) => partitionCount(topic) === undefined).sort();
  if (missing.length === 0) return;
  throw new TopicConfigurationError(
    StatusCode.MISSING_SOURCE_TOPICS,
    `Source topics ${summarize(missing)} are missing.`,
  );
}

function configureSubtopology(
  subtopology: Subtopology,
  countOf: (topic: string) => number,
  decided: ReadonlyMap<string, number>,
): ConfiguredSubtopology {
  const internalTopic = ({ name, partitions, replicationFactor, topicConfigs }: TopicInfo): InternalTopic => ({
    name,
    partitions: partitions === 0 ? (decided.get(name) ?? 0) : partitions,
    replicationFactor,
    configs: new Map(topicConfigs.map(({ key, value }) => [key, value])),
  });
  return {
    taskCount: inputTopics(subtopology).reduce((largest, topic) => Math.max(largest, countOf(topic)), 0),
    sourceTopics: subtopology.sourceTopics,
    repartitionSourceTopics: subtopology.repartitionSourceTopics.map(internalTopic),
    repartitionSinkTopics: subtopology.repartitionSinkTopics,
    stateChangelogTopics: subtopology.stateChangelogTopics.map(internalTopic),
  };
}

function missingInternalTopics(
  subtopologies: ReadonlyMap<string, ConfiguredSubtopology>,
  partitionCount: PartitionCount,
): readonly InternalTopic[] {
  const missing = new Map<string, InternalTopic>();
  for (const { repartitionSourceTopics, stateChangelogTopics } of subtopologies.values()) {
    for (const topic of [...repartitionSourceTopics, ...stateChangelogTopics]) {
      const present = partitionCount(topic.name);
      if (present === undefined) missing.set(topic.name, topic);
      else if (present !== topic.partitions) {
        throw new TopicConfigurationError(
          StatusCode.INCORRECTLY_PARTITIONED_TOPICS,
          `Existing topic ${topic.name} has different number of partitions: expected ${topic.partitions}, found ${present}`,
        );
      }
    }
  }
  return [...missing.values()];
}

const MOST_NAMES = 3;

function summarize(topics: readonly string[]): string {
  const more = topics.length - MOST_NAMES;
  return topics.slice(0, MOST_NAMES).join(', ') + (more > 0 ? ` and ${more} additional topics` : '');
}
