/** The BROKER_LOGGER resource: log levels as settings. There is one logger, called `root` as in Kafka. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { KAFKA_LOG_LEVELS, type Logger } from '../base/logger.ts';
import { type ConfigEntry, ConfigSource } from '../config/describe.ts';
import { shown } from '../config/value.ts';
import { ConfigOperation, type SettingChange } from './setting-change.ts';
import type { BrokerServices } from './types.ts';

const ROOT = 'root';

/** The words that levels were set by: two of Kafka's may mean one of ours. */
const words = new WeakMap<Logger, string>();

function wordOf(logger: Logger): string {
  const word = words.get(logger);
  if (word !== undefined && KAFKA_LOG_LEVELS.get(word) === logger.level) return word;
  return logger.level === 'silent' ? 'OFF' : logger.level.toUpperCase();
}

/** The loggers and their levels. */
export function describeLoggers({ logger }: BrokerServices): ConfigEntry[] {
  const value = wordOf(logger);
  const source = ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG;
  return [{ name: ROOT, value, source, synonyms: [], type: 0, readOnly: false, sensitive: false, documentation: '' }];
}

/** Changes log levels; nothing is kept over a restart. @throws KafkaError INVALID_REQUEST, INVALID_CONFIG */
export function alterLoggers(
  { logger, metadata }: BrokerServices,
  resourceName: string,
  changes: readonly SettingChange[],
  validateOnly: boolean,
): void {
  if (!/^[+-]?\d+$/.test(resourceName)) throw invalid(`Node id must be an integer, but it is: ${shown(resourceName)}`);
  if (Number(resourceName) !== metadata.nodeId) {
    throw invalid(`Unexpected node id. Expected ${metadata.nodeId}, but received ${Number(resourceName)}`);
  }
  for (const change of changes) checkChange(change);
  if (validateOnly) return;
  for (const { value } of changes) {
    const level = KAFKA_LOG_LEVELS.get(value ?? '');
    if (level === undefined || value === null) continue;
    logger.level = level;
    words.set(logger, value);
  }
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}

function checkChange({ name, value, operation }: SettingChange): void {
  const { SET, DELETE, APPEND, SUBTRACT } = ConfigOperation;
  if (operation === APPEND || operation === SUBTRACT) {
    const word = operation === APPEND ? 'APPEND' : 'SUBTRACT';
    throw invalid(`${word} operation is not allowed for the BROKER_LOGGER resource`);
  }
  if (operation !== SET && operation !== DELETE) {
    throw invalid(`Unknown operation type ${operation} is not allowed for the BROKER_LOGGER resource`);
  }
  if (name !== ROOT) throw new KafkaError(ErrorCode.INVALID_CONFIG, `Logger ${shown(name)} does not exist!`);
  if (operation === DELETE) throw invalid(`Removing the log level of the ${ROOT} logger is not allowed`);
  if (!KAFKA_LOG_LEVELS.has(value ?? '')) {
    const valid = [...KAFKA_LOG_LEVELS.keys()].sort().join(', ');
    const problem = `Cannot set the log level of ${name} to ${shown(value ?? '')} as it is not a supported log level.`;
    throw new KafkaError(ErrorCode.INVALID_CONFIG, `${problem} Valid log levels are ${valid}`);
  }
}
