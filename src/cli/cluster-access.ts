/** How commands get at a cluster: their flags, the client's settings file, and what is said when it does not work. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { KafkaError } from '../../protocol/errors.ts';
import { keepAlive } from '../base/keep-alive.ts';
import { type Address, parseAddresses } from '../client/address.ts';
import { ClientError } from '../client/errors.ts';
import { KafkaClient } from '../client/kafka-client.ts';
import { MissingTopicError } from '../client/topics.ts';
import { ConfigError } from '../config/config-error.ts';
import { parseProperties } from '../config/properties.ts';
import { readFailure } from '../config/read-failure.ts';
import type { CommandContext } from './context.ts';

/** Where brokers are, unless a flag or a file says otherwise. */
export const BOOTSTRAP_VARIABLE = 'WALKA_BOOTSTRAP_SERVERS';
export const DEFAULT_BOOTSTRAP = '127.0.0.1:9092';

interface ClusterFlags {
  readonly bootstrapServer?: string;
  readonly clientConfig?: string;
}

/** What a client's settings file says, as far as it means something here. */
interface ClientSettings {
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
    .option('--client-config <file>', "A Kafka client's properties file: bootstrap.servers, client.id.");
}

/** @throws ConfigError for a file that cannot be read, or that asks for security */
function clientSettings(path: string): ClientSettings {
  let values: Map<string, string>;
  try {
    values = parseProperties(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`--client-config ${path}: ${readFailure(error)}`);
  }
  const protocol = values.get('security.protocol') ?? 'PLAINTEXT';
  const secure = [...values.keys()].find((name) => name.startsWith('ssl.') || name.startsWith('sasl.'));
  if (protocol !== 'PLAINTEXT' || secure !== undefined) {
    const asked = protocol === 'PLAINTEXT' ? secure : `security.protocol=${protocol}`;
    throw new ConfigError(`--client-config ${path}: ${asked}: TLS and SASL are not spoken yet, only PLAINTEXT`);
  }
  const bootstrap = values.get('bootstrap.servers');
  const clientId = values.get('client.id');
  return { ...(bootstrap === undefined ? {} : { bootstrap }), ...(clientId === undefined ? {} : { clientId }) };
}

/** @throws ConfigError */
function bootstrapOf(flags: ClusterFlags, settings: ClientSettings, env: CommandContext['env']): Address[] {
  const variable = env[BOOTSTRAP_VARIABLE];
  const [text, source] =
    flags.bootstrapServer !== undefined
      ? [flags.bootstrapServer, '--bootstrap-server']
      : settings.bootstrap !== undefined
        ? [settings.bootstrap, `--client-config ${flags.clientConfig}`]
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

/** Where the flags say the brokers are. @throws ConfigError */
export function bootstrapAddresses(command: Command, env: CommandContext['env']): Address[] {
  const flags = command.optsWithGlobals<ClusterFlags>();
  return bootstrapOf(flags, flags.clientConfig === undefined ? {} : clientSettings(flags.clientConfig), env);
}

/** Connects as the command's flags say and runs `work`; tells of what the cluster refuses. @throws ConfigError */
export async function withClient(
  command: Command,
  context: CommandContext,
  work: (client: KafkaClient) => Promise<void>,
): Promise<void> {
  const flags = command.optsWithGlobals<ClusterFlags>();
  const settings = flags.clientConfig === undefined ? {} : clientSettings(flags.clientConfig);
  const bootstrap = bootstrapOf(flags, settings, context.env);
  const { clientId = 'walka-cli' } = settings;
  using _ = keepAlive();
  try {
    const { clock, version: softwareVersion } = context;
    using client = await KafkaClient.connect({ bootstrap, clock, clientId, softwareVersion });
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
