/** `walka topics`: lists, creates, describes, alters and deletes topics. */
import type { Command } from 'commander';
import { alterConfigs, type ConfigChange, ResourceType } from '../../client/configs.ts';
import type { KafkaClient } from '../../client/kafka-client.ts';
import { addPartitions, createTopic, deleteTopic, isTaken } from '../../client/topics.ts';
import { ConfigError } from '../../config/config-error.ts';
import { clusterFlags, forEach, withClient } from '../cluster-access.ts';
import { checkConfigNames } from '../config-names.ts';
import type { CommandContext } from '../context.ts';
import { deleteEach } from '../delete-each.ts';
import { describeTopics, partitionsText } from '../describe-topics.ts';
import { changesOf, repeated, wholeNumber } from '../flags.ts';
import { counted } from '../text.ts';
import { parseTopicSpec } from '../topic-spec.ts';

async function list(client: KafkaClient, { output }: CommandContext): Promise<void> {
  const { topics } = await client.metadata(null);
  const sorted = topics.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const width = Math.max(0, ...sorted.map(({ name }) => name.length));
  for (const topic of sorted) {
    const { name, partitions, isInternal } = topic;
    if (output.isJson) await output.json({ name, partitions: partitions.length, isInternal });
    else await output.line(`${name.padEnd(width)}  ${partitionsText(topic)}`);
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

interface AlterFlags {
  readonly partitions?: number;
  readonly set?: readonly string[];
  readonly unset?: readonly string[];
}

async function alter(client: KafkaClient, name: string, flags: AlterFlags, { output }: CommandContext): Promise<void> {
  const unset = (flags.unset ?? []).map((config): ConfigChange => [config, null]);
  const changes = [...changesOf(flags.set, 'set'), ...unset];
  if (changes.length > 0) {
    const topic = { type: ResourceType.TOPIC, name };
    await checkConfigNames(client, topic, changes);
    await alterConfigs(client, topic, changes);
  }
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
      ask((client) => describeTopics(client, names, all, context)),
    );
}

function defineChanging(topics: Command, context: CommandContext): void {
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
      ask((client) => deleteEach(names, context, (name) => deleteTopic(client, name), 'name')),
    );
}

export function define(topics: Command, context: CommandContext): void {
  clusterFlags(topics);
  defineReading(topics, context);
  defineChanging(topics, context);
}
