/** How many partitions repartition topics have: what one part of a topology writes for another to read. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { PartitionCount } from './partition-counts.ts';
import type { Subtopology } from './topology.ts';

/** A subtopology on the way to its largest input. */
interface Part {
  readonly subtopology: Subtopology;
  /** Null as long as no input is known. */
  largestInput: number | null;
  /** Repartition topics that it reads and whose number is not known. */
  undecided: number;
}

/**
 * A topic has as many partitions as the topology says, or else as the largest input of what writes it: that may be a
 * repartition topic itself, so parts come after those they read from. In a loop, what is known has to do.
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
  const readers = readersByTopic(parts, decided);
  const ready = parts.filter(({ undecided }) => undecided === 0);
  const partlyKnown = parts.filter(({ undecided, largestInput }) => undecided > 0 && largestInput !== null);

  const next = inOrder(ready, partlyKnown);
  for (let part = next(); part !== undefined; part = next()) {
    for (const topic of part.subtopology.repartitionSinkTopics) {
      if (decided.has(topic) || part.largestInput === null) continue;
      decided.set(topic, part.largestInput);
      for (const reader of readers.get(topic) ?? []) {
        reader.largestInput = Math.max(reader.largestInput ?? 0, part.largestInput);
        reader.undecided--;
        (reader.undecided === 0 ? ready : partlyKnown).push(reader);
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
  const part: Part = { subtopology, largestInput: null, undecided: 0 };
  const counts = [
    ...subtopology.sourceTopics.map(partitionCount),
    ...subtopology.repartitionSourceTopics.map(({ name }) => decided.get(name)),
  ];
  for (const count of counts) {
    if (count === undefined) part.undecided++;
    else part.largestInput = Math.max(part.largestInput ?? 0, count);
  }
  return part;
}

/** Parts that wait for a topic, once for each time that they name it. */
function readersByTopic(parts: readonly Part[], decided: ReadonlyMap<string, number>): ReadonlyMap<string, Part[]> {
  const readers = new Map<string, Part[]>();
  for (const part of parts) {
    for (const { name } of part.subtopology.repartitionSourceTopics) {
      if (decided.has(name)) continue;
      const waiting = readers.get(name);
      if (waiting === undefined) readers.set(name, [part]);
      else waiting.push(part);
    }
  }
  return readers;
}

/** Gives each part once: those that are ready, and while there are none, one that is partly known. Both may grow. */
function inOrder(ready: readonly Part[], partlyKnown: readonly Part[]): () => Part | undefined {
  const given = new Set<Part>();
  const at = { ready: 0, partlyKnown: 0 };
  return () => {
    for (;;) {
      const part = at.ready < ready.length ? ready[at.ready++] : partlyKnown[at.partlyKnown++];
      if (part === undefined || !given.has(part)) {
        if (part !== undefined) given.add(part);
        return part;
      }
    }
  };
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
