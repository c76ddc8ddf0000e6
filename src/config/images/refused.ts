/** What images do beside running a broker, and Walka does not: refused in one line with what to write. */
import { ConfigError } from '../config-error.ts';
import type { Environment } from './given.ts';

/** Variables with a shell command that an image runs to find out a value, and what to write in its place. */
const COMMANDS: ReadonlyMap<string, string> = new Map([
  ['HOSTNAME_COMMAND', 'KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:9092, with the host that clients use'],
  ['PORT_COMMAND', 'the port in KAFKA_ADVERTISED_LISTENERS'],
  ['BROKER_ID_COMMAND', 'KAFKA_BROKER_ID=1'],
  ['RACK_COMMAND', 'KAFKA_BROKER_RACK'],
  ['CUSTOM_INIT_SCRIPT', 'nothing, and do in the image or before what the script did'],
  ['KAFKA_BROKER_ID_COMMAND', 'KAFKA_BROKER_ID=1'],
  ['KAFKA_NODE_ID_COMMAND', 'KAFKA_NODE_ID=1'],
  ['KAFKA_CONTROLLER_QUORUM_VOTERS_COMMAND', 'nothing in its place'],
]);

/** Names that two variables of wurstmeister/kafka gave to listeners made of a host and a port. */
const LISTENER_NAMES: readonly string[] = ['KAFKA_ADVERTISED_PROTOCOL_NAME', 'KAFKA_PROTOCOL_NAME'];

/** Bitnami's image reads a variable from a file that another one names. */
const FROM_FILE: ReadonlyMap<string, string> = new Map([
  ['KAFKA_CLUSTER_ID_FILE', 'CLUSTER_ID'],
  ['KAFKA_KRAFT_CLUSTER_ID_FILE', 'CLUSTER_ID'],
]);

/** What fast-data-dev has beside the broker, by the variable that asks for it. */
const BESIDE: ReadonlyMap<string, string> = new Map([
  ['REGISTRY_PORT', 'a schema registry'],
  ['REST_PORT', 'a REST proxy'],
  ['CONNECT_PORT', 'Kafka Connect'],
  ['WEB_PORT', 'a web page'],
  ['SAMPLEDATA', 'sample records'],
  ['RUNNING_SAMPLEDATA', 'sample records'],
  ['ENABLE_SSL', 'TLS'],
]);

/** Variables that nobody but fast-data-dev has; WEB_PORT alone may be anybody's. */
const OF_FAST_DATA_DEV: readonly string[] = [
  'ADV_HOST',
  'BROKER_PORT',
  'FORWARDLOGS',
  'RUNTESTS',
  ...BESIDE.keys(),
].filter((name) => !/^(?:REST|CONNECT|WEB)_PORT$/.test(name));

const isSet = (env: Environment, name: string): boolean => (env[name] ?? '').trim() !== '';
const isOff = (value: string): boolean => /^(?:0|false|no?|)$/i.test(value.trim());

/** Whether a file for Bitnami's image says that it does not want listeners in plain text. */
export function forbidsPlaintext(env: Environment): boolean {
  return isSet(env, 'ALLOW_PLAINTEXT_LISTENER') && isOff(env['ALLOW_PLAINTEXT_LISTENER'] ?? '');
}

/** Whether the file was written for fast-data-dev, which has more than a broker. */
export function isForFastDataDev(env: Environment): boolean {
  return OF_FAST_DATA_DEV.some((name) => isSet(env, name));
}

function refuseFastDataDev(env: Environment): void {
  if (!isForFastDataDev(env)) return;
  for (const [variable, what] of BESIDE) {
    const value = env[variable] ?? '';
    if (isOff(value)) continue;
    throw new ConfigError(`${variable}=${value} asks for ${what}, and there is none here: write ${variable}=0`);
  }
  if (env['BROKER_PORT']?.trim() === '0') {
    throw new ConfigError('BROKER_PORT=0 asks for no broker, and there is nothing else here: write BROKER_PORT=9092');
  }
}

/** @throws ConfigError */
export function refuseOtherPrograms(env: Environment, inImage: boolean): void {
  for (const [variable, write] of COMMANDS) {
    if (!isSet(env, variable) || (!inImage && !variable.startsWith('KAFKA_'))) continue;
    throw new ConfigError(`${variable} is a shell command, and none is run here: write ${write}`);
  }
  for (const [variable, write] of FROM_FILE) {
    if (isSet(env, variable)) throw new ConfigError(`${variable}: no file is read for it; write ${write}`);
  }
  for (const variable of LISTENER_NAMES.filter((name) => isSet(env, name))) {
    throw new ConfigError(`${variable}: write KAFKA_LISTENERS and KAFKA_ADVERTISED_LISTENERS, with this name in both`);
  }
  if (inImage) refuseFastDataDev(env);
}
