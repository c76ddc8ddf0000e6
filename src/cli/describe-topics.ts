/** `walka topics describe`: partitions with their offsets and bytes, and configs. */
import { ErrorCode, errorName, errorText, KafkaError } from '../../protocol/errors.ts';
import { type ConfigEntry, describeConfigs, isOwn, ResourceType } from '../client/configs.ts';
import type { KafkaClient } from '../client/kafka-client.ts';
import type { TopicMetadata } from '../client/metadata.ts';
import { partitionOffsets } from '../client/offsets.ts';
import { type PartitionSizes, partitionSizes } from '../client/topics.ts';
import { forEach } from './cluster-access.ts';
import type { CommandContext } from './context.ts';
import { bytesText, counted } from './text.ts';

/** How many partitions a topic has. */
export function partitionsText({ partitions, isInternal }: TopicMetadata): string {
  return `${counted(partitions.length, 'partition')}${isInternal ? ', internal' : ''}`;
}

/** What is told of one topic. */
interface Description {
  readonly topic: TopicMetadata;
  readonly configs: readonly ConfigEntry[];
  readonly sizes: PartitionSizes;
}

interface PartitionLine {
  readonly partition: number;
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
  readonly startOffset: number | null;
  readonly endOffset: number | null;
  /** How many offsets there are: of a compacted topic, or one with transactions, fewer records. */
  readonly records: number | null;
  readonly bytes: number | null;
  readonly error: string | null;
}

async function partitionLines(client: KafkaClient, { topic, sizes }: Description): Promise<PartitionLine[]> {
  const { name, partitions } = topic;
  const led = partitions.filter(({ leaderId }) => leaderId >= 0);
  const places = led.map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex }));
  const offsets = new Map((await partitionOffsets(client, places)).map((one) => [one.partition, one]));
  return partitions.map(({ partitionIndex: partition, leaderId, leaderEpoch, replicaNodes, isrNodes, errorCode }) => {
    const { startOffset = null, endOffset = null } = offsets.get(partition) ?? {};
    return {
      partition,
      leader: leaderId,
      leaderEpoch,
      replicas: replicaNodes,
      inSync: isrNodes,
      startOffset,
      endOffset,
      records: startOffset === null || endOffset === null ? null : endOffset - startOffset,
      bytes: sizes.get(name)?.get(partition) ?? null,
      error: errorCode === ErrorCode.NONE ? null : errorName(errorCode),
    };
  });
}

function sum(values: readonly (number | null)[]): number | null {
  return values.reduce((total, value) => (total === null || value === null ? null : total + value), 0 as number | null);
}

async function describe(
  client: KafkaClient,
  description: Description,
  hasAll: boolean,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const { topic } = description;
  const { name, isInternal } = topic;
  const resource = { type: ResourceType.TOPIC, name };
  const configs = description.configs.filter((entry) => hasAll || isOwn(entry, resource));
  const lines = await partitionLines(client, description);
  const records = sum(lines.map((line) => line.records));
  const bytes = sum(lines.map((line) => line.bytes));
  if (output.isJson) {
    const values = Object.fromEntries(configs.map((entry) => [entry.name, entry.value]));
    await output.json({ name, isInternal, records, bytes, configs: values, partitions: lines });
    return;
  }
  const size = bytes === null ? '' : `, ${bytesText(bytes)}`;
  await output.line(
    `${output.style('bold', name)}: ${partitionsText(topic)}, ${counted(records ?? 0, 'record')}${size}`,
  );
  for (const entry of configs) {
    await output.line(`  ${entry.name}=${entry.value ?? ''}${hasAll ? `  (${entry.source})` : ''}`);
  }
  const rows = lines.map((line) =>
    [
      line.partition,
      line.leader,
      line.leaderEpoch,
      line.replicas.join(','),
      line.inSync.join(','),
      line.startOffset,
      line.endOffset,
      line.bytes,
      line.error,
    ].map((cell) => String(cell ?? '')),
  );
  await output.table(['PARTITION', 'LEADER', 'EPOCH', 'REPLICAS', 'IN-SYNC', 'START', 'END', 'BYTES', ''], rows);
}

/** Tells of each topic; of those that are not there, what is wrong. */
export async function describeTopics(
  client: KafkaClient,
  names: readonly string[],
  hasAll: boolean,
  context: CommandContext,
): Promise<void> {
  const { topics } = await client.metadata(names);
  const sizes = await partitionSizes(client, names).catch((error: unknown) => {
    context.output.warn(`sizes are not told: ${(error as Error).message}`);
    return new Map();
  });
  const byName = new Map(topics.map((topic) => [topic.name, topic]));
  await forEach(
    names,
    context,
    (name) => `cannot describe ${name}`,
    async (name) => {
      const topic = byName.get(name);
      const code = topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      if (topic === undefined || code !== ErrorCode.NONE) throw new KafkaError(code, errorText(code));
      const configs = await describeConfigs(client, { type: ResourceType.TOPIC, name });
      await describe(client, { topic, configs, sizes }, hasAll, context);
    },
  );
}
