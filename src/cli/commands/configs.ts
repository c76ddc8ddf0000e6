/** `walka configs`: configs of topics, brokers and groups. */
import type { Command } from 'commander';
import {
  alterConfigs,
  type ConfigChange,
  type ConfigEntry,
  describeConfigs,
  isOwn,
  nameText,
  type Resource,
  ResourceType,
} from '../../client/configs.ts';
import type { KafkaClient } from '../../client/kafka-client.ts';
import { ConfigError } from '../../config/config-error.ts';
import { didYouMean } from '../../config/nearest.ts';
import { clusterFlags, withClient } from '../cluster-access.ts';
import { checkConfigNames } from '../config-names.ts';
import type { CommandContext } from '../context.ts';
import { offered } from '../flags.ts';

const TYPES: Readonly<Record<string, ResourceType>> = {
  topic: ResourceType.TOPIC,
  broker: ResourceType.BROKER,
  group: ResourceType.GROUP,
};

/** What holds for all brokers. */
const ALL_BROKERS = 'all';

/** @throws ConfigError for what is no resource */
function resourceOf(type: string, name: string): Resource {
  const found = TYPES[type];
  if (found === undefined) {
    throw new ConfigError(`configs: there is no ${type}${didYouMean(type, Object.keys(TYPES))} (topic, broker, group)`);
  }
  if (found !== ResourceType.BROKER) return { type: found, name };
  if (name === ALL_BROKERS) return { type: found, name: '' };
  if (!/^\d{1,10}$/.test(name))
    throw new ConfigError(`configs: broker ${name}: a broker is a number, or ${ALL_BROKERS}`);
  return { type: found, name };
}

interface DescribeFlags {
  readonly all?: boolean;
  readonly docs?: boolean;
}

function valueOf({ value, isSensitive }: ConfigEntry): string {
  return isSensitive ? '(secret)' : (value ?? '');
}

async function describe(
  client: KafkaClient,
  resource: Resource,
  { all = false, docs = false }: DescribeFlags,
  { output }: CommandContext,
): Promise<void> {
  if (resource.type === ResourceType.TOPIC) await client.topic(resource.name);
  const entries = (await describeConfigs(client, resource, docs)).filter((entry) => all || isOwn(entry, resource));
  if (output.isJson) {
    for (const { documentation, ...entry } of entries) await output.json(docs ? { ...entry, documentation } : entry);
    return;
  }
  if (!all) for (const entry of entries) await output.line(`${entry.name}=${valueOf(entry)}`);
  else
    await output.table(
      ['NAME', 'VALUE', 'FROM'],
      entries.map((entry) => [entry.name, valueOf(entry), entry.source]),
    );
  if (docs) for (const { name, documentation } of entries) await output.line(`\n${name}\n  ${documentation ?? ''}`);
  if (entries.length === 0) output.note(`nothing is set for ${nameText(resource)}; --all shows what holds`);
}

async function change(
  client: KafkaClient,
  resource: Resource,
  changes: readonly ConfigChange[],
  { output }: CommandContext,
): Promise<void> {
  if (resource.type === ResourceType.TOPIC) await client.topic(resource.name);
  await checkConfigNames(client, resource, changes);
  await alterConfigs(client, resource, changes);
  for (const [name, value] of changes) {
    if (output.isJson) await output.json({ name, value });
    else await output.line(value === null ? `unset ${name}` : `set ${name}=${value}`);
  }
}

const HELP = `
TYPE is topic, broker or group; NAME is the topic or group, the number of a broker, or all for what holds for all brokers.

Examples:
  walka configs describe topic orders --all
  walka configs set topic orders retention.ms=86400000 cleanup.policy=compact
  walka configs unset broker all log.retention.ms
`;

export function define(configs: Command, context: CommandContext): void {
  clusterFlags(configs).addHelpText('after', HELP);
  configs
    .command('describe')
    .argument('<type>', Object.keys(TYPES).join(', '), offered(Object.keys(TYPES)))
    .argument('<name>')
    .description('What was set; with --all everything that holds, and where it comes from.')
    .option('--all', 'Defaults, too.')
    .option('--docs', 'With what each means.')
    .action((type: string, name: string, flags: DescribeFlags) => {
      const resource = resourceOf(type, name);
      return withClient(configs, context, (client) => describe(client, resource, flags, context));
    });
  configs
    .command('set')
    .argument('<type>', Object.keys(TYPES).join(', '), offered(Object.keys(TYPES)))
    .argument('<name>')
    .argument('<key=value...>')
    .description('Set configs, all or none.')
    .action((type: string, name: string, pairs: string[]) => {
      const resource = resourceOf(type, name);
      const changes = pairs.map((pair): ConfigChange => {
        const at = pair.indexOf('=');
        if (at < 1) throw new ConfigError(`configs set: "${pair}" is not key=value`);
        return [pair.slice(0, at), pair.slice(at + 1)];
      });
      return withClient(configs, context, (client) => change(client, resource, changes, context));
    });
  configs
    .command('unset')
    .argument('<type>', Object.keys(TYPES).join(', '), offered(Object.keys(TYPES)))
    .argument('<name>')
    .argument('<key...>')
    .description('Go back to what holds otherwise, all or none.')
    .action((type: string, name: string, keys: string[]) => {
      const resource = resourceOf(type, name);
      const changes = keys.map((key): ConfigChange => [key, null]);
      return withClient(configs, context, (client) => change(client, resource, changes, context));
    });
}
