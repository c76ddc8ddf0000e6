/** How many partitions repartition topics have: what one part of a topology writes for another to read. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import { LeastFirst } from './least-first.ts';
import type { PartitionCount } from './partition-counts.ts';
import type { Subtopology } from './topology.ts';

/** A subtopology on the way to its largest input. */
interface Part {
  readonly subtopology: Subtopology;
  /** Null as long as no input is known. */
  largestInput: number | null;
}

/**
 * A topic has as many partitions as the topology says, or else as the largest input of what writes it. As in Kafka, the
 * subtopologies are gone through again and again in their order, and each decides what it writes as soon as one of its inputs
 * is known: a repartition topic that is decided later does not count. So their order does.
 * @throws KafkaError STREAMS_INVALID_TOPOLOGY
 */
export function repartitionCounts(
  subtopologies: readonly Subtopology[],
  partitionCount: PartitionCount,
): Map<string, number> {
  const sources = subtopologies.flatMap(({ repartitionSourceTopics }) => repartitionSourceTopics);
  const decided = new Map<string, number>();
  for (const { name, partitions } of sources) if (partitions !== 0) decided.set(name, partitions);
  const parts = subtopologies.map((subtopology) => startPart(subtopology, decided, partitionCount));
  const readers = readersByTopic(parts);
  // A visit is a number: the round times the number of parts, and the part's place. Each part is visited once.
  const visits = new LeastFirst();
  for (const [place, { largestInput }] of parts.entries()) if (largestInput !== null) visits.add(place);
  for (let visit = visits.take(); visit !== undefined; visit = visits.take()) {
    const place = visit % parts.length;
    const { subtopology, largestInput } = parts[place] as Part;
    for (const topic of subtopology.repartitionSinkTopics) {
      if (decided.has(topic) || largestInput === null) continue;
      decided.set(topic, largestInput);
      for (const at of readers.get(topic) ?? []) {
        const reader = parts[at] as Part;
        if (reader.largestInput === null) visits.add(visit - place + at + (at > place ? 0 : parts.length));
        reader.largestInput = Math.max(reader.largestInput ?? 0, largestInput);
      }
    }
  }
  checkDecided(subtopologies, decided);
  return decided;
}

function startPart(
  subtopology: Subtopology,
  decided: ReadonlyMap<string, number>,
  partitionCount: PartitionCount,
): Part {
  const counts = [
    ...subtopology.sourceTopics.map(partitionCount),
    ...subtopology.repartitionSourceTopics.map(({ name }) => decided.get(name)),
  ].filter((count) => count !== undefined);
  const largestInput = counts.length === 0 ? null : counts.reduce((a, b) => Math.max(a, b));
  return { subtopology, largestInput };
}

/** The places of those that read a topic. */
function readersByTopic(parts: readonly Part[]): ReadonlyMap<string, readonly number[]> {
  const readers = new Map<string, number[]>();
  for (const [place, { subtopology }] of parts.entries()) {
    for (const { name } of subtopology.repartitionSourceTopics) {
      const reading = readers.get(name);
      if (reading === undefined) readers.set(name, [place]);
      else reading.push(place);
    }
  }
  return readers;
}

function checkDecided(subtopologies: readonly Subtopology[], decided: ReadonlyMap<string, number>): void {
  const failure = 'Failed to compute number of partitions for all repartition topics';
  const isUnknown = (topic: string): boolean => !decided.has(topic);
  if (subtopologies.some(({ repartitionSinkTopics }) => repartitionSinkTopics.some(isUnknown))) {
    throw new KafkaError(
      ErrorCode.STREAMS_INVALID_TOPOLOGY,
      `${failure}. There may be loops in the topology that cannot be resolved.`,
    );
  }
  if (
    subtopologies.some(({ repartitionSourceTopics }) => repartitionSourceTopics.some(({ name }) => isUnknown(name)))
  ) {
    throw new KafkaError(
      ErrorCode.STREAMS_INVALID_TOPOLOGY,
      `${failure}, because a repartition source topic is never used as a sink topic.`,
    );
  }
}
