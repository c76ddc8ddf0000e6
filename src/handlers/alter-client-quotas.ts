/**
 * AlterClientQuotas (49), versions 0 and 1 (KIP-546): sets and removes quotas of users, clients and addresses.
 *
 * - Each entity succeeds or fails on its own, wholly. One that comes twice, or names a quota twice, is refused; what its
 *   first entry asked for is done nevertheless, as in Kafka. Of a type that comes twice in an entity the last name counts.
 * - `ip` may be the name of a host, which is looked up.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type AlterClientQuotasRequest,
  readAlterClientQuotasRequest,
} from '../../protocol/generated/alter-client-quotas-request.ts';
import {
  type AlterClientQuotasResponse,
  writeAlterClientQuotasResponse,
} from '../../protocol/generated/alter-client-quotas-response.ts';
import type { Input } from '../../protocol/input.ts';
import { resolveAddress } from '../base/resolve-address.ts';
import { type EntityType, entityText, isEntityType, type QuotaEntity } from '../security/quotas/quota-entity.ts';
import { checkQuota } from '../security/quotas/quota-keys.ts';
import { alterQuotas } from '../security/quotas/stored-quotas.ts';
import { denied, allowsCluster } from './authorize.ts';
import { outcome } from './api-error.ts';
import { duplicates } from './topic-batch.ts';
import { type BrokerServices, handler } from './types.ts';

type Entry = AlterClientQuotasRequest['entries'][number];
/** As it came, of whatever types. */
type AnyEntity = ReadonlyMap<string, string | null>;

export const alterClientQuotasHandler = handler<AlterClientQuotasRequest, Input<AlterClientQuotasResponse>>({
  apiKey: ApiKey.AlterClientQuotas,
  minVersion: 0,
  maxVersion: 1,
  readRequest: readAlterClientQuotasRequest,
  writeResponse: writeAlterClientQuotasResponse,
  async handle(context, { entries, validateOnly }) {
    const { services } = context;
    const byEntity = new Map<string, { entity: AnyEntity; asked: Entry[] }>();
    for (const entry of entries) {
      const entity = entityOf(entry);
      const key = JSON.stringify([...entity].sort());
      const known = byEntity.get(key) ?? { entity, asked: [] };
      known.asked.push(entry);
      byEntity.set(key, known);
    }
    const mayAlter = allowsCluster(context, 'ALTER_CONFIGS');
    const altered = [...byEntity.values()].map(async ({ entity, asked }) => ({
      entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
      ...(await outcome(() => {
        if (!mayAlter) throw denied('CLUSTER');
        return alter(services, entity, asked, validateOnly);
      }, services)),
    }));
    return { entries: await Promise.all(altered) };
  },
});

function entityOf({ entity }: Entry): AnyEntity {
  return new Map(entity.map(({ entityType, entityName }) => [entityType, entityName]));
}

/** @throws KafkaError INVALID_REQUEST, KAFKA_STORAGE_ERROR */
async function alter(
  services: BrokerServices,
  entity: AnyEntity,
  [first, ...more]: readonly Entry[],
  validateOnly: boolean,
): Promise<void> {
  const twice = invalid(`Ignoring duplicate entity ${entityText(entity)}`);
  const { ops } = first as Entry;
  if (duplicates(ops.map(({ key }) => key)).size > 0) throw twice;
  try {
    const checked = await checkEntity(entity);
    for (const { key, value, remove } of ops) if (!remove) checkQuota(checked, key, value);
    const changes = new Map(ops.map(({ key, value, remove }) => [key, remove ? null : value]));
    if (!validateOnly) await alterQuotas(services, checked, changes);
  } catch (error) {
    throw more.length > 0 ? twice : error;
  }
  if (more.length > 0) throw twice;
}

/** @throws KafkaError INVALID_REQUEST */
async function checkEntity(entity: AnyEntity): Promise<QuotaEntity> {
  if (entity.size === 0) throw invalid('Invalid empty client quota entity');
  const checked = new Map<EntityType, string | null>();
  for (const [type, name] of entity) {
    if (!isEntityType(type)) throw invalid(`Unhandled client quota entity type: ${type}`);
    if (name === '') throw invalid(`Empty ${type} not supported`);
    checked.set(type, name);
  }
  const ip = checked.get('ip');
  if (ip === undefined) return checked;
  if (checked.size > 1) {
    throw invalid('Invalid quota entity combination, IP entity should not be combined with User or ClientId');
  }
  if (ip !== null && (await resolveAddress(ip)) === null) {
    throw invalid(`${ip} is not a valid IP or resolvable host.`);
  }
  return checked;
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}
