/** From file, environment and flags to a configuration; later sources win over earlier ones. */
import { readFileSync } from 'node:fs';
import { createBrokerConfig, namesWithoutEffect, oneDirectory, type BrokerConfig } from '../config/broker-config.ts';
import { brokerSetting } from '../config/broker-settings.ts';
import { ConfigError } from '../config/config-error.ts';
import { isOfProvider } from '../config/config-providers.ts';
import { type EnvironmentSettings, environmentSettings } from '../config/environment.ts';
import { refuseClusters } from '../config/images/cluster.ts';
import { listenersOf } from '../config/images/addresses.ts';
import { didYouMean } from '../config/nearest.ts';
import { parseProperties } from '../config/properties.ts';
import { readFailure } from '../config/read-failure.ts';
import { SCRAM_USERS } from '../config/scram-users.ts';
import { shown, splitList } from '../config/value.ts';
import { COMMAND_NAMES } from './commands.ts';
import { hostPort, keyValue, type ParsedArguments } from './args.ts';
import { imageDefaults, mountedSettingsFile } from './image.ts';
import { jaasFileOf, jaasSettings } from './jaas-file.ts';
import { parseTopicSpec, type TopicSpec } from './topic-spec.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Warning {
  /** The name of the log line. */
  readonly event: string;
  readonly text: string;
}

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

/** A word that may be meant for a command: nothing of it says that it is a file. */
const WORD = /^[\w-]+$/;

function readSettingsFile(path: string): Map<string, string> {
  try {
    return parseProperties(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && COMMAND_NAMES.includes(path))
      throw new ConfigError(`${path} comes first: walka ${path} …`);
    if (code === 'ENOENT' && WORD.test(path)) {
      const hint =
        didYouMean(path, COMMAND_NAMES) || '; it is no settings file either, and walka --help shows what there is';
      throw new ConfigError(`unknown command ${path}${hint}`);
    }
    throw new ConfigError(`cannot read the settings file ${shown(path)}: ${readFailure(error)}`);
  }
}

/** Settings on their way to a configuration. */
interface Given {
  readonly values: Map<string, string>;
  /** Where each value came from, by the setting's name, as the person who wrote it calls it. */
  readonly sources: Map<string, string>;
}

/** What the settings file and the environment say, the environment over the file. */
function givenSettings(file: string | undefined, environment: EnvironmentSettings): Given {
  const fromFile = file === undefined ? new Map<string, string>() : readSettingsFile(file);
  const values = new Map([...fromFile, ...environment.values]);
  const sources = new Map([...fromFile.keys()].map((name) => [name, file ?? '']));
  for (const [name, variable] of environment.variables) sources.set(name, variable);
  return { values, sources };
}

/** What --listen stands for: one listener instead of those that were given, and of what goes with them. */
function replaceListeners({ values, sources }: Given, listen: string): void {
  const { host, port } = hostPort(listen, 'listen');
  // The start line shows all addresses as *.
  values.set('listeners', `PLAINTEXT://${host === '*' ? '' : host}:${port}`);
  sources.set('listeners', '--listen');
  // They name one of the listeners that are replaced, and nothing depends on them.
  values.delete('inter.broker.listener.name');
  values.delete('security.inter.broker.protocol');
  const protocols = values.get('listener.security.protocol.map');
  if (protocols !== undefined && !/(^|,)\s*PLAINTEXT\s*:/i.test(protocols)) {
    values.set('listener.security.protocol.map', `${protocols},PLAINTEXT:PLAINTEXT`);
  }
  const advertised = values.get('advertised.listeners');
  if (advertised === undefined) return;
  const own = splitList(advertised).filter((element) => !/^(?!PLAINTEXT:)[\w-]+:/i.test(element));
  if (own.length > 0) values.set('advertised.listeners', own.join(','));
  else values.delete('advertised.listeners');
}

/** What nobody has set: listeners, where a variable says what is to be advertised, and in the image all that it is for. */
function fillIn({ values, sources }: Given, environment: EnvironmentSettings, env: Environment): void {
  const variable = environment.variables.get('advertised.listeners');
  const derived = listenersOf(environment.values.get('advertised.listeners'));
  if (!values.has('listeners') && variable !== undefined && derived !== null) {
    values.set('listeners', derived);
    sources.set('listeners', variable);
  }
  if (!environment.inImage) return;
  const isInMemory = values.get('walka.durability') === 'memory';
  for (const [name, value] of imageDefaults(env)) {
    const isAsked = values.has(name) || (name === 'log.dirs' && (isInMemory || values.has('log.dir')));
    if (!isAsked) values.set(name, value);
  }
}

/** A settings file that is mounted for several containers, as the environment of each may be. @throws ConfigError */
function refuseOtherNodes({ values, sources }: Given): void {
  try {
    refuseClusters({ values, variables: new Map() });
  } catch (error) {
    throw error instanceof ConfigError ? error.from(sources) : error;
  }
}

/** Sets what the short flags stand for. */
function applyFlags(given: Given, flags: ParsedArguments['flags']): void {
  const { values, sources } = given;
  const set = (name: string, value: string, flag: string): void => {
    values.set(name, value);
    sources.set(name, flag);
  };
  for (const text of flags.get('override') ?? []) set(...keyValue(text, 'override'), '--override');
  const listen = flags.get('listen')?.[0];
  if (listen !== undefined) replaceListeners(given, listen);
  const dataDir = flags.get('data-dir')?.[0];
  if (dataDir !== undefined) {
    set('log.dirs', oneDirectory(dataDir, '--data-dir'), '--data-dir');
    // It names directories that are replaced.
    values.delete('cordoned.log.dirs');
  }
  const users = flags.get('add-scram');
  if (users !== undefined) set(SCRAM_USERS, [...users, values.get(SCRAM_USERS) ?? ''].join('\n'), '--add-scram');
  if (flags.has('memory')) set('walka.durability', 'memory', '--memory');
  const metricsPort = flags.get('metrics-port')?.[0];
  if (metricsPort === undefined) return;
  if (!/^\d{1,5}$/.test(metricsPort) || Number(metricsPort) > 65_535) {
    throw new ConfigError(`--metrics-port: "${metricsPort}" is not a port`);
  }
  set('walka.metrics.port', metricsPort, '--metrics-port');
}

/**
 * What a JAAS file says of who may log in, where a listener asks; settings of the same name go before it. True if there is
 * such a file.
 */
function applyJaasFile({ values, sources }: Given, env: Environment): boolean {
  const path = jaasFileOf(env['KAFKA_OPTS'] ?? '');
  const asks = /SASL_/i.test(`${values.get('listeners')} ${values.get('listener.security.protocol.map')}`);
  if (path === null || !asks) return false;
  for (const [name, value] of jaasSettings(path)) {
    if (values.has(name)) continue;
    values.set(name, value);
    sources.set(name, path);
  }
  return true;
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

function unknownVariables({ unknown }: EnvironmentSettings): Warning[] {
  return unknown.map(({ variable, nearest }) => ({
    event: 'unknown-variable',
    text: nearest === null ? `${variable} is no setting` : `${variable} is no setting; did you mean ${nearest}?`,
  }));
}

/** A file's advertised.listeners with a --listen of another port: right behind a port mapping, and a mistake else. */
function advertisedElsewhere(config: BrokerConfig, flags: ParsedArguments['flags']): Warning[] {
  const advertised = flags.has('listen') ? config.advertisedListeners.get('PLAINTEXT') : undefined;
  const port = config.listeners[0]?.port;
  if (advertised === undefined || advertised.port === 0 || advertised.port === port) return [];
  const sent = `advertised.listeners sends clients to ${advertised.host}:${advertised.port}`;
  return [{ event: 'advertised-elsewhere', text: `--listen serves port ${port}, and ${sent}: is that this broker?` }];
}

/** Numbers of replicas that come from a larger cluster: what they apply to cannot be created, as in Kafka. */
function tooManyReplicas(config: BrokerConfig): Warning[] {
  const uses = [
    ['default.replication.factor', 'topics that ask for no number of replicas'],
    ['offsets.topic.replication.factor', 'consumer groups'],
  ] as const;
  return uses
    .filter(([name]) => config.int(name) > 1)
    .map(([name, what]) => ({
      event: 'too-many-replicas',
      text: `${name} is ${config.int(name)}, and there is one broker: ${what} will not work until it is 1`,
    }));
}

/** A file for an image that has more in it: the ports that it publishes are not among the variables. */
function onlyTheBroker({ isForMoreThanBroker }: EnvironmentSettings): Warning[] {
  if (!isForMoreThanBroker) return [];
  const text =
    'fast-data-dev has a schema registry, Kafka Connect, a REST proxy and a web page, too; here is the broker only';
  return [{ event: 'only-the-broker', text }];
}

/** As Bitnami's image does: what other listeners there are is the file's own affair. @throws ConfigError */
function refusePlaintext({ listeners }: BrokerConfig): void {
  if (listeners.some(({ protocol = 'PLAINTEXT' }) => protocol !== 'PLAINTEXT')) return;
  throw new ConfigError(
    'ALLOW_PLAINTEXT_LISTENER=no, and every listener is PLAINTEXT: write ALLOW_PLAINTEXT_LISTENER=yes, or a listener with SASL_PLAINTEXT',
  );
}

/** Listeners on the container's own loopback: no published port leads there. */
function unreachable(config: BrokerConfig, { inImage }: EnvironmentSettings): Warning[] {
  if (!inImage || !config.listeners.every(({ host }) => /^(?:127\..*|::1|localhost)$/i.test(host))) return [];
  const ports = config.listeners.map(({ name, port }) => `${name}://:${port}`).join(',');
  const text = `all listeners are inside of the container only, and no published port leads there: write KAFKA_LISTENERS=${ports}`;
  return [{ event: 'unreachable-listeners', text }];
}

/** References that no config provider resolves: they are the values as they are, as in Kafka. */
function unresolvedReferences({ staticValues }: BrokerConfig): Warning[] {
  return [...staticValues].flatMap(([name, value]) => {
    const [reference, provider] = /\$\{([\w.-]+):[^}]*\}/.exec(value) ?? [];
    if (reference === undefined || isOfProvider(name)) return [];
    // It may be part of a password that only looks like one.
    const named = brokerSetting(name)?.type === 'password' ? `\${${provider}:…}` : reference;
    const text = `${name} has ${named}, and config.providers has no ${provider}: it stays as it is`;
    return [{ event: 'unresolved-reference', text }];
  });
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
  const controllers = config.controllerListeners.map((name) => `listener ${name}`);
  return {
    config,
    topics: askedTopics(args.flags, environment),
    clusterId: environment.clusterId,
    ignored: [
      ...namesWithoutEffect(values),
      ...unusedDirectories(config, values),
      ...controllers,
      ...environment.ignored.filter((variable) => variable !== 'KAFKA_OPTS' || !hasJaasFile),
    ],
    warnings: [
      ...unknownVariables(environment),
      ...onlyTheBroker(environment),
      ...unreachable(config, environment),
      ...advertisedElsewhere(config, args.flags),
      ...tooManyReplicas(config),
      ...unresolvedReferences(config),
    ],
  };
}
