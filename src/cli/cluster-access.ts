/** How commands get at a cluster: their flags, the client's settings file, and what is said when it does not work. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { KafkaError } from '../../protocol/errors.ts';
import { keepAlive } from '../base/keep-alive.ts';
import { type Address, parseAddresses } from '../client/address.ts';
import { ClientError } from '../client/errors.ts';
import type { ClientSecurity } from '../client/security.ts';
import { KafkaClient } from '../client/kafka-client.ts';
import { MissingTopicError } from '../client/topics.ts';
import { ConfigError } from '../config/config-error.ts';
import { parseProperties } from '../config/properties.ts';
import { readFailure } from '../config/read-failure.ts';
import { clientSecurity } from './client-security.ts';
import type { CommandContext } from './context.ts';
import { changesOf, repeated } from './flags.ts';

/** Where brokers are, unless a flag or a file says otherwise. */
export const BOOTSTRAP_VARIABLE = 'WALKA_BOOTSTRAP_SERVERS';
export const DEFAULT_BOOTSTRAP = '127.0.0.1:9092';

interface ClusterFlags {
  readonly bootstrapServer?: string;
  readonly clientConfig?: string;
  readonly commandProperty?: readonly string[];
}

/** What a client's settings file says, as far as it means something here. */
interface ClientSettings {
  readonly values: ReadonlyMap<string, string>;
  readonly bootstrap?: string;
  readonly clientId?: string;
}

/** Gives a command the flags that say which cluster is meant; they may stand behind its subcommands, too. */
export function clusterFlags(command: Command): Command {
  return command
    .option(
      '-b, --bootstrap-server <host:port,…>',
      `Brokers to ask first (or ${BOOTSTRAP_VARIABLE}; default ${DEFAULT_BOOTSTRAP}).`,
    )
    .option(
      '--command-config, --client-config <file>',
      "A Kafka client's properties file: bootstrap.servers, client.id, security.protocol, ssl.…, sasl.….",
    )
    .option('--command-property <key=value>', 'One such property, over those of the file; repeatable.', repeated);
}

/** Where the commands' flags have properties from, as errors name it. */
const whereOf = (flags: ClusterFlags): string =>
  flags.clientConfig === undefined ? '--command-property' : `--client-config ${flags.clientConfig}`;

/** @throws ConfigError for a file that cannot be read, and properties that are none */
function clientSettings(flags: ClusterFlags): ClientSettings {
  const values = new Map(flags.clientConfig === undefined ? [] : propertiesOf(flags.clientConfig));
  for (const [name, value] of changesOf(flags.commandProperty, 'command-property')) values.set(name, value);
  const bootstrap = values.get('bootstrap.servers');
  const clientId = values.get('client.id');
  return {
    values,
    ...(bootstrap === undefined ? {} : { bootstrap }),
    ...(clientId === undefined ? {} : { clientId }),
  };
}

function propertiesOf(path: string): Map<string, string> {
  try {
    return parseProperties(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`--client-config ${path}: ${readFailure(error)}`);
  }
}

/** @throws ConfigError */
function bootstrapOf(flags: ClusterFlags, settings: ClientSettings, env: CommandContext['env']): Address[] {
  const variable = env[BOOTSTRAP_VARIABLE];
  const [text, source] =
    flags.bootstrapServer !== undefined
      ? [flags.bootstrapServer, '--bootstrap-server']
      : settings.bootstrap !== undefined
        ? [settings.bootstrap, whereOf(flags)]
        : [variable === undefined || variable === '' ? DEFAULT_BOOTSTRAP : variable, BOOTSTRAP_VARIABLE];
  const addresses = parseAddresses(text);
  if (addresses === null) throw new ConfigError(`${source}: "${text}" is not host:port`);
  return addresses;
}

/** What a command tells of a failure that it could expect; null for others. */
export function failureLine(error: unknown): string | null {
  if (error instanceof KafkaError) return `${error.message.replace(/\.$/, '')} (${error.codeName})`;
  return error instanceof ClientError || error instanceof MissingTopicError ? error.message : null;
}

/** Which cluster the flags mean, and how to speak with it. */
export interface ClusterAccess {
  readonly bootstrap: readonly Address[];
  readonly clientId: string | null;
  readonly security: ClientSecurity | null;
}

/** @throws ConfigError */
export async function clusterAccess(command: Command, env: CommandContext['env']): Promise<ClusterAccess> {
  const flags = command.optsWithGlobals<ClusterFlags>();
  const settings = clientSettings(flags);
  const bootstrap = bootstrapOf(flags, settings, env);
  const security = await clientSecurity(settings.values, whereOf(flags));
  return { bootstrap, clientId: settings.clientId ?? null, security };
}

/** Connects as the command's flags say and runs `work`; tells of what the cluster refuses. @throws ConfigError */
export async function withClient(
  command: Command,
  context: CommandContext,
  work: (client: KafkaClient) => Promise<void>,
): Promise<void> {
  const { bootstrap, clientId, security } = await clusterAccess(command, context.env);
  using _ = keepAlive();
  try {
    const { clock, version: softwareVersion } = context;
    const options = { bootstrap, clock, clientId: clientId ?? 'walka-cli', softwareVersion, security };
    using client = await KafkaClient.connect(options);
    await work(client);
  } catch (error) {
    const line = failureLine(error);
    if (line === null) throw error;
    context.output.failure(line);
  }
}

/** Does something for each name; what fails is told of, with `what`, and the others are done all the same. */
export async function forEach<T>(
  items: readonly T[],
  context: CommandContext,
  what: (item: T) => string,
  work: (item: T) => Promise<void>,
): Promise<void> {
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      const line = failureLine(error);
      if (line === null) throw error;
      context.output.failure(`${what(item)}: ${line}`);
    }
  }
}
