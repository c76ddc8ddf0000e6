/** One change of one setting, and what comes out of it (KIP-339). */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { brokerSetting } from '../config/broker-settings.ts';
import type { Setting } from '../config/setting.ts';
import { TOPIC_SETTINGS } from '../config/topic-settings.ts';
import { appendToList, subtractFromList } from '../config/validate.ts';
import { shown } from '../config/value.ts';
import { ConfigResourceType } from '../metadata/types.ts';

export const ConfigOperation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const;

export interface SettingChange {
  readonly name: string;
  /** Null is only allowed with DELETE. */
  readonly value: string | null;
  /** One of ConfigOperation, or whatever the client sent. */
  readonly operation: number;
}

/** Kafka's topics and brokers have lists; it takes all that groups and client metrics have for plain text. */
function listDefinition(resourceType: number, name: string): Setting | null {
  const isBroker = resourceType === ConfigResourceType.BROKER;
  const definition = isBroker
    ? brokerSetting(name)
    : resourceType === ConfigResourceType.TOPIC && TOPIC_SETTINGS.get(name);
  return definition && definition.type === 'list' ? definition : null;
}

function notAList(resourceType: number, name: string, word: string): KafkaError {
  const message =
    resourceType === ConfigResourceType.BROKER
      ? `Config value ${word.toLowerCase()} is not allowed for config key: ${shown(name)}`
      : `Can't ${word} to key ${shown(name)} because its type is not LIST.`;
  return new KafkaError(ErrorCode.INVALID_CONFIG, message);
}

/**
 * The configs after `changes`, one after the other. Appending to and subtracting from what is not set starts from the
 * default.
 * @throws KafkaError INVALID_REQUEST for an unknown operation, INVALID_CONFIG where the setting is no list
 */
export function applyChanges(
  resourceType: number,
  current: ReadonlyMap<string, string>,
  changes: readonly SettingChange[],
): Map<string, string> {
  const configs = new Map(current);
  for (const { name, value, operation } of changes) {
    if (operation === ConfigOperation.SET) configs.set(name, value ?? '');
    else if (operation === ConfigOperation.DELETE) configs.delete(name);
    else if (operation === ConfigOperation.APPEND || operation === ConfigOperation.SUBTRACT) {
      const appending = operation === ConfigOperation.APPEND;
      const setting = listDefinition(resourceType, name);
      if (setting === null) throw notAList(resourceType, name, appending ? 'APPEND' : 'SUBTRACT');
      const before = configs.get(name) ?? setting.defaultValue ?? '';
      configs.set(name, appending ? appendToList(before, value ?? '') : subtractFromList(before, value ?? ''));
    } else {
      throw new KafkaError(ErrorCode.INVALID_REQUEST, `Unknown operations type ${operation}`);
    }
  }
  return configs;
}
