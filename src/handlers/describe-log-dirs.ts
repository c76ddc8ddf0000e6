/**
 * DescribeLogDirs (35), versions 0 to 5: the data directory and what each partition takes of it.
 *
 * - Null topics: all partitions; those that do not exist are left out.
 * - A size is that of the partition's records, as they would lie in Kafka's log; what the journal holds besides is not
 *   shown. The directory is in error once its journal is poisoned; a full disk is none.
 * - In memory, the directory is as large as walka.memory.max.bytes.
 * - v3 has an error for the whole answer, v4 total and usable bytes, v5 cordoned directories (there are none).
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  type DescribeLogDirsRequest,
  readDescribeLogDirsRequest,
} from '../../protocol/generated/describe-log-dirs-request.ts';
import {
  type DescribeLogDirsResult,
  type DescribeLogDirsTopic,
  writeDescribeLogDirsResponse,
} from '../../protocol/generated/describe-log-dirs-response.ts';
import type { Input } from '../../protocol/input.ts';
import type { Topic, TopicPartitionInfo } from '../metadata/types.ts';
import { allowsCluster } from './authorize.ts';
import { Slices } from './slices.ts';
import { type BrokerServices, handler } from './types.ts';
import { WrittenElements } from './written-elements.ts';

/** Partitions described in one turn of the event loop. */
const PARTITIONS_PER_SLICE = 5000;

type Topics = WrittenElements<Input<DescribeLogDirsTopic>>;
type Result = Omit<Input<DescribeLogDirsResult>, 'topics'> & { readonly topics?: Topics };
/** There is one directory, and none for whom it is not to see. */
interface Response {
  readonly results: readonly [Result] | readonly [];
}

export const describeLogDirsHandler = handler<DescribeLogDirsRequest, Response>({
  apiKey: ApiKey.DescribeLogDirs,
  minVersion: 0,
  maxVersion: 5,
  readRequest: readDescribeLogDirsRequest,
  writeResponse: (writer, response, version) => {
    const [result] = response.results;
    const errorCode = result === undefined ? ErrorCode.CLUSTER_AUTHORIZATION_FAILED : ErrorCode.NONE;
    const results = result === undefined ? [] : [{ ...result, topics: result.topics?.into(writer) ?? [] }];
    writeDescribeLogDirsResponse(writer, { ...response, errorCode, results }, version);
  },
  handle: (context, request) =>
    allowsCluster(context, 'DESCRIBE') ? describe(context.services, request, context.apiVersion) : { results: [] },
});

async function describe(services: BrokerServices, request: DescribeLogDirsRequest, version: number): Promise<Response> {
  const { logDir, engine } = services;
  const refusal = engine.refusal;
  if (refusal !== null && refusal.code !== 'DISK_FULL' && refusal.code !== 'MEMORY_FULL') {
    return { results: [{ logDir, errorCode: ErrorCode.KAFKA_STORAGE_ERROR }] };
  }
  const { totalBytes, usableBytes } = await services.diskSpace();
  const slices = new Slices(PARTITIONS_PER_SLICE);
  const topics: Topics = new WrittenElements((writer, some) =>
    writeDescribeLogDirsResponse(writer, { results: [{ topics: some }] }, version),
  );
  for (const { topic, wanted } of topicsAsked(services, request)) {
    const pause = slices.spend(1 + topic.partitions.length);
    if (pause !== null) {
      topics.write();
      await pause;
    }
    const described = wanted === null ? topic.partitions.slice(0) : chosen(topic, wanted);
    if (described.length === 0) continue;
    topics.push({ name: topic.name, partitions: described.map((partition) => describePartition(services, partition)) });
  }
  return { results: [{ logDir, topics, totalBytes, usableBytes }] };
}

/** Those of the partitions asked for that exist, by index. */
function chosen({ partitions }: Topic, wanted: ReadonlySet<number>): TopicPartitionInfo[] {
  return [...wanted].sort((a, b) => a - b).flatMap((index) => partitions.at(index) ?? []);
}

interface TopicAsked {
  readonly topic: Topic;
  /** Partition indexes, or null for all. */
  readonly wanted: Set<number> | null;
}

function topicsAsked({ metadata }: BrokerServices, { topics }: DescribeLogDirsRequest): Iterable<TopicAsked> {
  if (topics === null) return metadata.topics().map((topic) => ({ topic, wanted: null }));
  const asked = new Map<string, { readonly topic: Topic; readonly wanted: Set<number> }>();
  for (const { topic: name, partitions } of topics) {
    const topic = metadata.topic(name);
    if (topic === undefined) continue;
    const entry = asked.get(name) ?? { topic, wanted: new Set() };
    asked.set(name, entry);
    for (const index of partitions) entry.wanted.add(index);
  }
  return asked.values();
}

function describePartition(services: BrokerServices, { index, stream }: TopicPartitionInfo) {
  return { partitionIndex: index, partitionSize: liveBytes(services, stream), offsetLag: 0 };
}

/** Nothing was ever written to a stream that is not there, or its topic was deleted while the answer was built. */
function liveBytes({ engine }: BrokerServices, stream: number): number {
  return engine.has(stream) ? engine.state(stream).liveBytes : 0;
}
