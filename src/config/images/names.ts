/** What the variables of Kafka's images are called: which are settings, which mean nothing here. */
import { KAFKA_LOG_LEVELS } from '../../base/logger.ts';
import type { Environment } from './given.ts';

/** Variables of images and of Kafka's scripts that are about Java, ZooKeeper, certificates and helpers of an image. */
const WITHOUT_EFFECT: readonly RegExp[] = [
  // Java and its logs.
  /^KAFKA_(?:HEAP_OPTS|OPTS|DEBUG|HOME|VERSION|GC_LOG_OPTS|CLASSPATH|.*LOG4J.*|JMX_.*|JVM_.*|CLUSTERS?)$/,
  // Files of certificates and passwords: those of TLS count where a listener has it (certificates.ts).
  /^KAFKA_(?:SSL_.*_(?:FILENAME|CREDENTIALS)|SASL_.*_CREDENTIALS|TLS_.+|CERTIFICATE_PASSWORD(?:_FILE)?)$/,
  /^KAFKA_(?:CLIENT|INTER_BROKER|CONTROLLER|BROKER)_(?:USERS?|PASSWORDS?|LISTENER(?:_NAME)?|SASL_MECHANISM)(?:_FILE)?$/,
  // Programs beside the broker.
  /^KAFKA_(?:REST|CONNECT)_.+$/,
  /^KAFKA_(?:ENABLE_KRAFT|SKIP_KRAFT_STORAGE_INIT|INITIAL_CONTROLLERS|MOUNTED_CONF_DIR|VOLUME_DIR|DATA_DIRS|CUB_ZK_TIMEOUT)$/,
];

export function isWithoutEffect(variable: string): boolean {
  return WITHOUT_EFFECT.some((pattern) => pattern.test(variable));
}

/** Names of settings as Bitnami's image had them once. */
const FORMER_NAMES: ReadonlyMap<string, string> = new Map([
  ['KAFKA_LOGS_DIRS', 'log.dirs'],
  ['KAFKA_SEGMENT_BYTES', 'log.segment.bytes'],
  ['KAFKA_MAX_MESSAGE_BYTES', 'message.max.bytes'],
]);

/** Settings under names of their own in images that use no prefix: spotify/kafka, debezium/kafka. */
const UNPREFIXED: ReadonlyMap<string, string> = new Map([
  ['AUTO_CREATE_TOPICS', 'auto.create.topics.enable'],
  ['BROKER_ID', 'broker.id'],
  ['LOG_RETENTION_BYTES', 'log.retention.bytes'],
  ['LOG_RETENTION_HOURS', 'log.retention.hours'],
  ['NODE_ID', 'node.id'],
  ['NUM_PARTITIONS', 'num.partitions'],
]);

/** `ADVERTISED_LISTENERS` to `advertised.listeners`: `_` for a dot, `__` for an underscore, `___` for a dash. */
function dotted(name: string): string {
  return name
    .toLowerCase()
    .replace(/_{1,3}/g, (underscores) => (underscores.length === 1 ? '.' : underscores.length === 2 ? '_' : '-'));
}

/** The setting that a variable would be, whether there is such a setting or not; null where it is nobody's business. */
export function settingOf(variable: string, inImage: boolean): string | null {
  const former = FORMER_NAMES.get(variable) ?? (inImage ? UNPREFIXED.get(variable) : undefined);
  if (former !== undefined) return former;
  const [, prefix, name = ''] = /^(KAFKA_CFG|KAFKA|WALKA)_(.+)$/.exec(variable) ?? [];
  if (prefix === undefined) return null;
  if (prefix === 'WALKA') return `walka.${dotted(name)}`;
  // Bitnami's image knows no double underscore, and these two need one.
  return prefix === 'KAFKA' ? dotted(name) : dotted(name).replace(/\bsasl\.(?=ssl\b|plaintext\b)/g, 'sasl_');
}

/** The variable that sets a setting. */
export function variableOf(setting: string): string {
  const own = setting.startsWith('walka.');
  const name = own ? setting.slice('walka.'.length) : setting;
  const spelled = name.replace(/[._-]/g, (mark) => (mark === '.' ? '_' : mark === '_' ? '__' : '___'));
  return (own ? 'WALKA_' : 'KAFKA_') + spelled.toUpperCase();
}

const LEVELS: ReadonlyMap<string, string> = new Map([['ALL', 'debug'], ...KAFKA_LOG_LEVELS, ['OFF', 'silent']]);

/** Variables for the level of the log, and the level that each asks for, or null. */
export function logLevelOf(env: Environment, variable: string, inImage: boolean): string | null {
  const value = env[variable] ?? '';
  if (variable === 'BITNAMI_DEBUG') return inImage && /^(?:1|true|yes)$/i.test(value) ? 'debug' : null;
  if (variable === 'KAFKA_LOG4J_ROOT_LOGLEVEL' || (inImage && variable === 'LOG_LEVEL')) {
    return LEVELS.get(value.trim().toUpperCase()) ?? null;
  }
  return null;
}
