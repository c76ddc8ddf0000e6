/** Which topic partitions can be queried at a member's endpoint (interactive queries of Kafka Streams). */
import type { EndpointToPartitions } from '../../../../protocol/generated/streams-group-heartbeat-response.ts';
import type { ConfiguredSubtopology } from './configured-topology.ts';
import type { StreamsMember } from './member.ts';
import type { PartitionCount } from './partition-counts.ts';
import { toTaskIds } from './tasks.ts';
import type { TaskId } from './tasks.ts';

/** One entry for each member with an endpoint, by what the members hold. */
export function endpointsToPartitions(
  members: Iterable<StreamsMember>,
  subtopologies: ReadonlyMap<string, ConfiguredSubtopology>,
  partitionCount: PartitionCount,
): EndpointToPartitions[] {
  const partitionsOf = (tasks: Iterable<TaskId>): { topic: string; partitions: number[] }[] =>
    toTaskIds(tasks).flatMap(({ subtopologyId, partitions }) =>
      topicPartitions(subtopologies.get(subtopologyId), partitions, partitionCount),
    );
  const entries: EndpointToPartitions[] = [];
  for (const { userEndpoint, assigned } of members) {
    if (userEndpoint === null) continue;
    entries.push({
      userEndpoint,
      activePartitions: partitionsOf(assigned.active.keys()),
      standbyPartitions: partitionsOf(assigned.standby.union(assigned.warmup)),
    });
  }
  return entries;
}

/** The partitions of each input topic that those tasks read: not every topic has as many as there are tasks. */
function topicPartitions(
  subtopology: ConfiguredSubtopology | undefined,
  tasks: readonly number[],
  partitionCount: PartitionCount,
): { topic: string; partitions: number[] }[] {
  if (subtopology === undefined) return [];
  const { sourceTopics, repartitionSourceTopics } = subtopology;
  const topics = new Set([...sourceTopics, ...repartitionSourceTopics.map(({ name }) => name)]);
  return [...topics]
    .map((topic) => ({ topic, partitions: tasks.filter((task) => task < (partitionCount(topic) ?? 0)) }))
    .filter(({ partitions }) => partitions.length > 0);
}
