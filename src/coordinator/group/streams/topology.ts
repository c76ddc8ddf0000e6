/** The shape of a streams application, as its members send it and the log keeps it. */
import { isDeepStrictEqual } from 'node:util';
import type {
  StreamsGroupTopologyValue,
  Subtopology,
  TopicInfo,
} from '../../../../protocol/generated/streams-group-topology-value.ts';
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';

export type { Subtopology, TopicInfo };

export interface StreamsTopology {
  readonly epoch: number;
  /** By subtopology id, sorted by it. */
  readonly subtopologies: ReadonlyMap<string, Subtopology>;
  /** Subtopology that reads a topic, by the topic's name. */
  readonly readers: ReadonlyMap<string, string>;
  /** Names of all topics that are read or that keep state. */
  readonly requiredTopics: ReadonlySet<string>;
}

/** @throws KafkaError UNKNOWN_SERVER_ERROR, as Kafka has it, for a negative epoch or an id that comes twice */
export function toTopology(value: StreamsGroupTopologyValue): StreamsTopology {
  if (value.epoch < 0) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, 'Topology epoch must be non-negative.');
  const sorted = [...value.subtopologies].sort((a, b) => (a.subtopologyId < b.subtopologyId ? -1 : 1));
  const subtopologies = new Map(sorted.map((subtopology) => [subtopology.subtopologyId, subtopology]));
  if (subtopologies.size < sorted.length) {
    throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, 'The topology names a subtopology twice.');
  }
  const readers = new Map<string, string>();
  const requiredTopics = new Set<string>();
  for (const subtopology of sorted) {
    for (const topic of inputTopics(subtopology)) {
      readers.set(topic, subtopology.subtopologyId);
      requiredTopics.add(topic);
    }
    for (const { name } of subtopology.stateChangelogTopics) requiredTopics.add(name);
  }
  return { epoch: value.epoch, subtopologies, readers, requiredTopics };
}

/** As the log keeps it. */
export function topologyValue(topology: StreamsTopology): StreamsGroupTopologyValue {
  return { epoch: topology.epoch, subtopologies: [...topology.subtopologies.values()] };
}

/** Source topics and repartition topics that a subtopology reads. */
export function inputTopics(subtopology: Subtopology): readonly string[] {
  return [...subtopology.sourceTopics, ...subtopology.repartitionSourceTopics.map(({ name }) => name)];
}

/** The order of subtopologies does not count, that of their topics does. */
export function sameTopology(a: StreamsTopology, b: StreamsTopology): boolean {
  return a.epoch === b.epoch && isDeepStrictEqual(a.subtopologies, b.subtopologies);
}
