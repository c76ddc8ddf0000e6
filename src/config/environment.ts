/**
 * Settings from environment variables, named as Kafka's images name them: KAFKA_ and the setting in capitals, `_` for a
 * dot, `__` for an underscore, `___` for a dash; WALKA_ does the same for Walka's own settings. What other images call
 * otherwise is in images/: it means here what it means there, or is refused in one line.
 */
import { brokerSetting } from './broker-settings.ts';
import { ConfigError } from './config-error.ts';
import { isOfProvider } from './config-providers.ts';
import { isForeign, nearestSetting } from './foreign-settings.ts';
import { isOfAddress, setAddresses } from './images/addresses.ts';
import { setCertificates } from './images/certificates.ts';
import { refuseClusters } from './images/cluster.ts';
import { type AskedTopic, topicsToCreate } from './images/create-topics.ts';
import { type Environment, firstOf, GivenSettings, isOfService } from './images/given.ts';
import { IMAGE_VARIABLE, isInImage } from './images/in-image.ts';
import { isWithoutEffect, logLevelOf, settingOf, variableOf } from './images/names.ts';
import { forbidsPlaintext, isForFastDataDev, refuseOtherPrograms } from './images/refused.ts';
import { setUsers } from './images/users.ts';
import { editDistance } from './nearest.ts';

export { variableOf } from './images/names.ts';

/** Variables of the id of the cluster, which is no setting; images have KRAFT_ or CFG_ in between. */
const CLUSTER_IDS: readonly string[] = [
  'CLUSTER_ID',
  'KAFKA_CLUSTER_ID',
  'KAFKA_KRAFT_CLUSTER_ID',
  'KAFKA_CFG_CLUSTER_ID',
  'WALKA_CLUSTER_ID',
];

/** Variables that are read by themselves. */
const READ_ELSEWHERE: ReadonlySet<string> = new Set([
  IMAGE_VARIABLE,
  ...CLUSTER_IDS,
  'KAFKA_CREATE_TOPICS',
  'KAFKA_CREATE_TOPICS_SEPARATOR',
  // Where the commands of this program find brokers; it means nothing to the broker itself.
  'WALKA_BOOTSTRAP_SERVERS',
]);

/** A name of so many letters that so few edits make a setting's is a misspelt one, and nobody else's. */
const LETTERS = 8;
const EDITS = 2;

export interface EnvironmentSettings {
  readonly values: ReadonlyMap<string, string>;
  /** The variable of each of the values, by the setting's name. */
  readonly variables: ReadonlyMap<string, string>;
  /** Variables of the image, or of Kubernetes, that mean nothing here. */
  readonly ignored: readonly string[];
  /** Variables that look like settings and are none, with the nearest variable that is one. */
  readonly unknown: readonly { readonly variable: string; readonly nearest: string | null }[];
  /** CLUSTER_ID: what a new data directory gets, and an old one must have. */
  readonly clusterId: string | null;
  /** Topics that the image is asked to create. */
  readonly topics: readonly AskedTopic[];
  /** Variables are those of Walka's image, where some without a prefix count. */
  readonly inImage: boolean;
  /** The file was written for an image with more in it than a broker. */
  readonly isForMoreThanBroker: boolean;
  /** The file says that plain text is not wanted. */
  readonly forbidsPlaintext: boolean;
}

/** Values that mean nothing to the setting but to YAML or a shell: an empty list, a comma at the end. */
function cleaned(setting: string, value: string, variable: string): string | null {
  const definition = brokerSetting(setting);
  if (definition === undefined || definition.type === 'password') return value;
  const inner = /^(["'])(.*)\1$/s.exec(value.trim())?.[2];
  if (inner !== undefined && inner !== '' && definition.type !== 'string') {
    throw new ConfigError(
      `${variable}: its value has quotes in it, which YAML leaves there: write ${variable}=${inner}`,
    );
  }
  if (definition.type !== 'list' || definition.nonEmpty !== true) return value;
  const list = value.trim().replace(/(?:\s*,)+$/, '');
  return list === '' ? null : list;
}

/** @throws ConfigError for two that differ */
function clusterIdOf(env: Environment): string | null {
  const given = new GivenSettings();
  for (const name of CLUSTER_IDS) {
    const id = firstOf(env, [name]);
    if (id !== null) given.set('CLUSTER_ID', id.value, id.variable);
  }
  return given.values.get('CLUSTER_ID') ?? null;
}

/** The variable that was meant by one that is none; null when no name is near. @throws ConfigError when it is very near */
function nearestVariable(variable: string, setting: string): string | null {
  const nearest = nearestSetting(setting);
  if (nearest === null) return null;
  const meant = variableOf(nearest);
  if (setting.length >= LETTERS && editDistance(setting, nearest) <= EDITS) {
    throw new ConfigError(`${variable} is no setting; did you mean ${meant}?`);
  }
  return meant;
}

/** The settings that the environment carries. @throws ConfigError for what is asked for and not to be had */
export function environmentSettings(env: Environment): EnvironmentSettings {
  const inImage = isInImage(env);
  const given = new GivenSettings();
  const ignored: string[] = [];
  const unknown: { variable: string; nearest: string | null }[] = [];
  refuseOtherPrograms(env, inImage);
  for (const [variable, value] of Object.entries(env)) {
    if (value === undefined || READ_ELSEWHERE.has(variable)) continue;
    const level = logLevelOf(env, variable, inImage);
    if (level !== null && !env['WALKA_LOG_LEVEL']) given.set('walka.log.level', level, variable);
    const setting = settingOf(variable, inImage);
    if (setting === null || level !== null) continue;
    if (isOfService(variable, value)) ignored.push(variable);
    else if (isOfAddress(variable, inImage)) continue;
    else if (brokerSetting(setting) !== undefined || isOfProvider(setting)) {
      const clean = cleaned(setting, value, variable);
      if (clean !== null) given.set(setting, clean, variable);
    } else if (isWithoutEffect(variable) || isForeign(setting)) ignored.push(variable);
    else unknown.push({ variable, nearest: nearestVariable(variable, setting) });
  }
  ignored.push(...setAddresses(env, given, inImage));
  setUsers(env, given);
  const ofCertificates = setCertificates(env, given, inImage);
  refuseClusters(given);
  return {
    values: given.values,
    variables: given.variables,
    ignored: ignored.filter((variable) => !ofCertificates.includes(variable)).sort(),
    unknown,
    clusterId: clusterIdOf(env),
    topics: topicsToCreate(env, inImage),
    inImage,
    isForMoreThanBroker: inImage && isForFastDataDev(env),
    forbidsPlaintext: inImage && forbidsPlaintext(env),
  };
}
