/** `walka topics`: lists, creates, describes, alters and deletes topics. */
import type { Command } from 'commander';
import { ErrorCode, errorName, errorText, KafkaError } from '../../../protocol/errors.ts';
import {
  alterConfigs,
  type ConfigChange,
  type ConfigEntry,
  describeConfigs,
  isOwn,
  ResourceType,
} from '../../client/configs.ts';
import type { KafkaClient } from '../../client/kafka-client.ts';
import type { TopicMetadata } from '../../client/metadata.ts';
import { partitionOffsets } from '../../client/offsets.ts';
import {
  addPartitions,
  createTopic,
  deleteTopic,
  isTaken,
  type PartitionSizes,
  partitionSizes,
} from '../../client/topics.ts';
import { ConfigError } from '../../config/config-error.ts';
import { clusterFlags, forEach, withClient } from '../cluster-access.ts';
import type { CommandContext } from '../context.ts';
import { changesOf, repeated, wholeNumber } from '../flags.ts';
import { bytesText, counted } from '../text.ts';
import { parseTopicSpec } from '../topic-spec.ts';

function countText({ partitions, isInternal }: TopicMetadata): string {
  return `${counted(partitions.length, 'partition')}${isInternal ? ', internal' : ''}`;
}

async function list(client: KafkaClient, { output }: CommandContext): Promise<void> {
  const { topics } = await client.metadata(null);
  const sorted = topics.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const width = Math.max(0, ...sorted.map(({ name }) => name.length));
  for (const topic of sorted) {
    const { name, partitions, isInternal } = topic;
    if (output.isJson) await output.json({ name, partitions: partitions.length, isInternal });
    else await output.line(`${name.padEnd(width)}  ${countText(topic)}`);
  }
}

interface CreateFlags {
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly config?: readonly string[];
  readonly ifNotExists?: boolean;
}

async function create(client: KafkaClient, spec: string, flags: CreateFlags, context: CommandContext): Promise<void> {
  const { output } = context;
  const topic = parseTopicSpec(spec, 'topics create');
  const partitions = topic.partitions ?? flags.partitions;
  const configs = { ...Object.fromEntries(changesOf(flags.config, 'config')), ...topic.configs };
  const { replicationFactor } = flags;
  const counts = {
    ...(partitions === undefined ? {} : { partitions }),
    ...(replicationFactor === undefined ? {} : { replicationFactor }),
  };
  try {
    const created = await createTopic(client, { name: topic.name, configs, ...counts });
    if (output.isJson) await output.json({ ...created, isNew: true });
    else
      await output.line(
        `created ${created.name}${created.partitions < 0 ? '' : ` with ${counted(created.partitions, 'partition')}`}`,
      );
  } catch (error) {
    if (flags.ifNotExists !== true || !isTaken(error)) throw error;
    const { partitions: found } = await client.topic(topic.name);
    if (output.isJson) await output.json({ name: topic.name, partitions: found.length, isNew: false });
    else await output.line(`${topic.name} exists, with ${counted(found.length, 'partition')}`);
  }
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
  await output.line(`${output.style('bold', name)}: ${countText(topic)}, ${counted(records ?? 0, 'record')}${size}`);
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

async function describeAll(
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

interface AlterFlags {
  readonly partitions?: number;
  readonly set?: readonly string[];
  readonly unset?: readonly string[];
}

async function alter(client: KafkaClient, name: string, flags: AlterFlags, { output }: CommandContext): Promise<void> {
  const unset = (flags.unset ?? []).map((config): ConfigChange => [config, null]);
  const changes = [...changesOf(flags.set, 'set'), ...unset];
  if (changes.length > 0) await alterConfigs(client, { type: ResourceType.TOPIC, name }, changes);
  if (flags.partitions !== undefined) await addPartitions(client, name, flags.partitions);
  if (output.isJson) await output.json({ name, ...flags });
  else await output.line(`altered ${name}`);
}

function defineReading(topics: Command, context: CommandContext): void {
  const ask = (work: (client: KafkaClient) => Promise<void>): Promise<void> => withClient(topics, context, work);
  topics
    .command('list')
    .description('All topics with their partitions.')
    .action(() => ask((client) => list(client, context)));
  topics
    .command('create')
    .argument('<name:partitions[:key=value,…]...>')
    .description('Create topics, such as orders:6:retention.ms=86400000.')
    .option('--partitions <number>', 'For those that have no number of their own.', wholeNumber('partitions'))
    .option('--replication-factor <number>', 'Copies of each partition.', wholeNumber('replication-factor'))
    .option('--config <key=value>', 'A config of all of them; may be given several times.', repeated)
    .option('--if-not-exists', 'What exists is left as it is, without an error.')
    .action((specs: string[], flags: CreateFlags) => {
      // What is wrong with one is told before any is made.
      const names = specs.map((spec) => parseTopicSpec(spec, 'topics create').name);
      return ask((client) =>
        forEach(
          specs,
          context,
          (spec) => `cannot create ${names[specs.indexOf(spec)]}`,
          (spec) => create(client, spec, flags, context),
        ),
      );
    });
  topics
    .command('describe')
    .argument('<topic...>')
    .description('Partitions with their offsets, records, bytes, and configs that were set.')
    .option('--all', 'All configs, with where they come from.')
    .action((names: string[], { all = false }: { all?: boolean }) =>
      ask((client) => describeAll(client, names, all, context)),
    );
}

function defineChanging(topics: Command, context: CommandContext): void {
  const { output } = context;
  const ask = (work: (client: KafkaClient) => Promise<void>): Promise<void> => withClient(topics, context, work);
  topics
    .command('alter')
    .argument('<topic>')
    .description('Change configs, or add partitions.')
    .option('--set <key=value>', 'May be given several times.', repeated)
    .option('--unset <key>', "Back to the broker's default; may be given several times.", repeated)
    .option('--partitions <number>', 'Have so many; fewer than there are is refused.', wholeNumber('partitions'))
    .action((name: string, flags: AlterFlags) => {
      if (Object.keys(flags).length === 0) throw new ConfigError('topics alter: what? --set, --unset or --partitions');
      return ask((client) =>
        forEach(
          [name],
          context,
          () => `cannot alter ${name}`,
          () => alter(client, name, flags, context),
        ),
      );
    });
  topics
    .command('delete')
    .argument('<topic...>')
    .description('Delete topics with all their records.')
    .action((names: string[]) =>
      ask((client) =>
        forEach(
          names,
          context,
          (name) => `cannot delete ${name}`,
          async (name) => {
            await deleteTopic(client, name);
            if (output.isJson) await output.json({ name, isDeleted: true });
            else await output.line(`deleted ${name}`);
          },
        ),
      ),
    );
}

export function define(topics: Command, context: CommandContext): void {
  clusterFlags(topics);
  defineReading(topics, context);
  defineChanging(topics, context);
}
