/** Offsets of partitions: first, next, committed, and by time. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { isPassing } from './errors.ts';
import type { KafkaClient } from './kafka-client.ts';
import { LIST_OFFSETS } from './record-apis.ts';

export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}

/** What ListOffsets takes for a time, in place of one in ms. */
const OffsetTime = { LATEST: -1, EARLIEST: -2 } as const;

/** What an offset is asked for: the first record at or behind a time in ms, or one of `OffsetTime`. */
export interface OffsetQuery extends PartitionName {
  readonly timestampMs: number;
}

export interface FoundOffset extends PartitionName {
  /** -1 when no record is as new. */
  readonly offset: number;
  /** Of the record, or -1. */
  readonly timestampMs: number;
}

function nameOf({ topic, partition }: PartitionName): string {
  return `${topic} ${partition}`;
}

interface ByTopic<T> {
  readonly name: string;
  readonly partitions: T[];
}

/** Elements by the topic that they name, in the order in which topics come. */
export function byTopic<Element extends PartitionName, T>(
  elements: readonly Element[],
  of: (element: Element) => T,
): ByTopic<T>[] {
  const topics = new Map<string, ByTopic<T>>();
  for (const element of elements) {
    const topic = topics.get(element.topic) ?? { name: element.topic, partitions: [] };
    topics.set(element.topic, topic);
    topic.partitions.push(of(element));
  }
  return [...topics.values()];
}

/** Asks one leader; queries that failed in passing are left out. @throws KafkaError for others */
async function askLeader(
  client: KafkaClient,
  leaderId: number,
  queries: readonly OffsetQuery[],
  isCommitted: boolean,
): Promise<FoundOffset[]> {
  const connection = await client.node(leaderId);
  const topics = byTopic(queries, ({ partition, timestampMs }) => ({
    partitionIndex: partition,
    timestamp: timestampMs,
  }));
  const isolation = isCommitted ? { isolationLevel: 1 } : {};
  const response = await connection.call(LIST_OFFSETS, { ...isolation, topics });
  const found: FoundOffset[] = [];
  for (const { name, partitions } of response.topics) {
    for (const { partitionIndex, errorCode, offset, timestamp } of partitions) {
      if (errorCode === ErrorCode.NONE) {
        found.push({ topic: name, partition: partitionIndex, offset, timestampMs: timestamp });
        continue;
      }
      const error = new KafkaError(errorCode);
      if (!isPassing(error)) throw error;
      client.forget(name);
    }
  }
  return found;
}

/**
 * The offsets that are asked for, each partition once, in the order of the queries. With `isCommitted` the latest offset
 * is where the oldest open transaction begins.
 * @throws KafkaError, ClientError; as a rejection
 */
export async function listOffsets(
  client: KafkaClient,
  queries: readonly OffsetQuery[],
  isCommitted = false,
): Promise<FoundOffset[]> {
  const found = new Map<string, FoundOffset>();
  await client.retrying(async () => {
    const open = queries.filter((query) => !found.has(nameOf(query)));
    const leaders = new Map<number, OffsetQuery[]>();
    for (const query of open) {
      await client.leader(query.topic, query.partition);
      const leaderId = client.leaderId(query.topic, query.partition);
      leaders.set(leaderId, [...(leaders.get(leaderId) ?? []), query]);
    }
    const answers = await Promise.all(
      [...leaders].map(([leaderId, asked]) => askLeader(client, leaderId, asked, isCommitted)),
    );
    for (const answer of answers.flat()) found.set(nameOf(answer), answer);
    if (found.size < queries.length) {
      throw new KafkaError(ErrorCode.NOT_LEADER_OR_FOLLOWER, 'the leaders of partitions are moving');
    }
  });
  return queries.map((query) => found.get(nameOf(query)) as FoundOffset);
}

/** First offset that can be read, and the next to be written (or, committed, to be read). */
export interface PartitionOffsets extends PartitionName {
  readonly startOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
}

export async function partitionOffsets(
  client: KafkaClient,
  partitions: readonly PartitionName[],
  isCommitted = false,
): Promise<PartitionOffsets[]> {
  const of = (timestampMs: number): OffsetQuery[] =>
    partitions.map(({ topic, partition }) => ({ topic, partition, timestampMs }));
  const starts = await listOffsets(client, of(OffsetTime.EARLIEST), isCommitted);
  const ends = await listOffsets(client, of(OffsetTime.LATEST), isCommitted);
  return starts.map(({ topic, partition, offset }, at) => ({
    topic,
    partition,
    startOffset: offset,
    endOffset: ends[at]?.offset ?? offset,
  }));
}
