/** From file, environment and flags to a configuration; later sources win over earlier ones. */
import { createBrokerConfig, type BrokerConfig } from '../config/broker-config.ts';
import { namesWithoutEffect } from '../config/given-values.ts';
import { ConfigError } from '../config/config-error.ts';
import { type EnvironmentSettings, environmentSettings } from '../config/environment.ts';
import { splitList } from '../config/value.ts';
import { keyValue, type ParsedArguments } from './args.ts';
import { applyFlags } from './flag-settings.ts';
import { applyJaasFile, type Environment, fillIn, givenSettings, refuseOtherNodes } from './given-settings.ts';
import { mountedSettingsFile } from './image.ts';
import { startWarnings, type Warning } from './start-warnings.ts';
import { parseTopicSpec, type TopicSpec } from './topic-spec.ts';

export interface Configuration {
  readonly config: BrokerConfig;
  readonly topics: readonly TopicSpec[];
  /** Id of the cluster, which the data directory gets or must have; null: a random one, any. */
  readonly clusterId: string | null;
  /** Settings and variables that were given and mean nothing here. */
  readonly ignored: readonly string[];
  /** What looks wrong, but does not keep the broker from starting. */
  readonly warnings: readonly Warning[];
}

function askedFeatures(flags: ParsedArguments['flags']): Map<string, number> {
  return new Map(
    (flags.get('feature') ?? []).map((text) => {
      const [name, level] = keyValue(text, 'feature', 'name=level');
      if (!/^\d{1,5}$/.test(level.trim())) throw new ConfigError(`--feature: "${text}" is not name=level`);
      return [name, Number(level)] as const;
    }),
  );
}

/** Directories that were given and are not used: all in memory, all but the first else. */
function unusedDirectories(config: BrokerConfig, values: ReadonlyMap<string, string>): string[] {
  const given = splitList(values.get('log.dirs') ?? values.get('log.dir') ?? '');
  return (config.dataDir === null ? given : given.slice(1)).map((directory) => `directory ${directory}`);
}

function askedTopics(flags: ParsedArguments['flags'], environment: EnvironmentSettings): TopicSpec[] {
  const topics = [...(flags.get('topic') ?? []).map((text) => parseTopicSpec(text)), ...environment.topics];
  const twice = topics.find(({ name }, at) => topics.findIndex((topic) => topic.name === name) < at);
  if (twice !== undefined) throw new ConfigError(`--topic: ${twice.name} is given twice`);
  return topics;
}

/** As Bitnami's image does: what other listeners there are is the file's own affair. @throws ConfigError */
function refusePlaintext({ listeners }: BrokerConfig): void {
  if (listeners.some(({ protocol = 'PLAINTEXT' }) => protocol !== 'PLAINTEXT')) return;
  throw new ConfigError(
    'ALLOW_PLAINTEXT_LISTENER=no, and every listener is PLAINTEXT: write ALLOW_PLAINTEXT_LISTENER=yes, or a listener with SASL_PLAINTEXT',
  );
}

/**
 * The configuration that a command line asks for.
 * @throws ConfigError in one line for whatever is wrong with it
 */
export function loadConfiguration(args: ParsedArguments, env: Environment): Configuration {
  const [file, extra] = args.positionals;
  const environment = environmentSettings(env);
  const given = givenSettings(file ?? (environment.inImage ? mountedSettingsFile() : undefined), environment);
  if (extra !== undefined) throw new ConfigError(`unexpected argument ${extra}: only one settings file can be given`);
  applyFlags(given, args.flags);
  if (environment.inImage) refuseOtherNodes(given);
  fillIn(given, environment, env);
  const hasJaasFile = applyJaasFile(given, env);
  const { values, sources } = given;
  const features = askedFeatures(args.flags);
  for (const name of features.keys()) sources.set(name, '--feature');
  const config = createBrokerConfig(values, features, sources, env);
  if (environment.forbidsPlaintext) refusePlaintext(config);
  return {
    config,
    topics: askedTopics(args.flags, environment),
    clusterId: environment.clusterId,
    ignored: [
      ...namesWithoutEffect(values),
      ...unusedDirectories(config, values),
      ...environment.ignored.filter((variable) => variable !== 'KAFKA_OPTS' || !hasJaasFile),
    ],
    warnings: startWarnings(config, environment, args.flags),
  };
}
