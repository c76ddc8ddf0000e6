/** What there can be a quota for, and which values make sense, with Kafka's texts. */
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import type { QuotaEntity } from './quota-entity.ts';

/** Of users and clients. */
export type ClientQuotaKey =
  | 'producer_byte_rate'
  | 'consumer_byte_rate'
  | 'request_percentage'
  | 'controller_mutation_rate';

/** Of addresses: connections a second. */
export const CONNECTION_RATE = 'connection_creation_rate';

/** How Kafka keeps the value. */
type ValueType = 'DOUBLE' | 'INT' | 'LONG';

const CLIENT_KEYS: ReadonlyMap<string, ValueType> = new Map<ClientQuotaKey, ValueType>([
  ['producer_byte_rate', 'LONG'],
  ['consumer_byte_rate', 'LONG'],
  ['request_percentage', 'DOUBLE'],
  ['controller_mutation_rate', 'DOUBLE'],
]);
const ADDRESS_KEYS: ReadonlyMap<string, ValueType> = new Map([[CONNECTION_RATE, 'INT']]);

const MAX = { INT: 2 ** 31 - 1, LONG: 2 ** 63, DOUBLE: Infinity } as const;
/** Nearer to a whole number is one. */
const WHOLE_WITHIN = 1e-6;

/** @throws KafkaError INVALID_REQUEST */
export function checkQuota(entity: QuotaEntity, key: string, value: number): void {
  const problem = problemOf(entity.has('ip') ? ADDRESS_KEYS : CLIENT_KEYS, key, value);
  if (problem !== null) throw new KafkaError(ErrorCode.INVALID_REQUEST, problem);
}

function problemOf(keys: ReadonlyMap<string, ValueType>, key: string, value: number): string | null {
  const type = keys.get(key);
  if (type === undefined) return `Invalid configuration key ${key}`;
  if (!Number.isFinite(value)) return `Quota ${key} must be a finite number`;
  if (value <= 0) return `Quota ${key} must be greater than 0`;
  if (value > MAX[type]) return `Proposed value for ${key} is too large for ${type === 'INT' ? 'an' : 'a'} ${type}.`;
  if (type !== 'DOUBLE' && value % 1 > WHOLE_WITHIN) return `${key} cannot be a fractional value.`;
  return null;
}
