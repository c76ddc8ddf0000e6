/** What classic consumers tell each other, and the broker reads when their group becomes a consumer group, or was one. */
import {
  readConsumerProtocolAssignment,
  writeConsumerProtocolAssignment,
} from '../../../../protocol/generated/consumer-protocol-assignment.ts';
import { readConsumerProtocolSubscription } from '../../../../protocol/generated/consumer-protocol-subscription.ts';
import { ProtocolError } from '../../../../protocol/errors.ts';
import { Reader } from '../../../../protocol/reader.ts';
import { Writer } from '../../../../protocol/writer.ts';
import type { Assignment, TopicPartitions } from '../modern/assignment.ts';
import type { TopicImage } from '../modern/topic-image.ts';

/** Newer versions are read as this one, which they begin with. */
const NEWEST_VERSION = 3;

export interface Subscription {
  readonly version: number;
  readonly topics: readonly string[];
  readonly rackId: string | null;
  /** What the member has, of topics that exist. */
  readonly owned: readonly TopicPartitions[];
}

/** Null for bytes that are no such thing. */
export function readSubscription(bytes: Buffer, topics: TopicImage): Subscription | null {
  return readOrNull(bytes, (reader, version) => {
    const { topics: names, rackId, ownedPartitions } = readConsumerProtocolSubscription(reader, version);
    const owned = ownedPartitions.flatMap(({ topic, partitions }) => {
      const topicId = topics.topic(topic)?.id;
      return topicId === undefined ? [] : [{ topicId, partitions }];
    });
    return { version, topics: names, rackId: rackId === '' ? null : rackId, owned };
  });
}

/** A classic member's assignment; partitions of topics that do not exist are left out. */
export interface ClassicAssignment {
  readonly partitions: Assignment;
  /** True if the assignor told the member something of its own. */
  readonly hasUserData: boolean;
}

/** Null for bytes that are no such thing. */
export function readAssignment(bytes: Buffer, topics: TopicImage): ClassicAssignment | null {
  if (bytes.length === 0) return { partitions: new Map(), hasUserData: false };
  return readOrNull(bytes, (reader, version) => {
    const { assignedPartitions, userData } = readConsumerProtocolAssignment(reader, version);
    const partitions = new Map<string, ReadonlySet<number>>();
    for (const assigned of assignedPartitions) {
      const id = topics.topic(assigned.topic)?.id;
      if (id !== undefined) partitions.set(id, new Set(assigned.partitions));
    }
    return { partitions, hasUserData: userData !== null && userData.length > 0 };
  });
}

/** @param version of the member's subscription. */
export function writeAssignment(
  assignment: ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, number>>,
  version: number,
  topics: TopicImage,
): Buffer {
  const assignedPartitions = [...assignment].flatMap(([topicId, partitions]) => {
    const topic = topics.topicById(topicId)?.name;
    return topic === undefined ? [] : [{ topic, partitions: [...partitions.keys()].sort((a, b) => a - b) }];
  });
  const writer = new Writer();
  writer.int16(version);
  writeConsumerProtocolAssignment(writer, { assignedPartitions, userData: null }, version);
  return writer.toBuffer();
}

function readOrNull<T>(bytes: Buffer, read: (reader: Reader, version: number) => T): T | null {
  try {
    const reader = new Reader(bytes);
    const version = reader.int16();
    return version < 0 ? null : read(reader, Math.min(version, NEWEST_VERSION));
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}
