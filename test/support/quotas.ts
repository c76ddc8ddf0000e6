/** Quotas of a broker under test, set without a client. */
import type { EntityType } from '../../src/security/quotas/quota-entity.ts';
import { alterQuotas } from '../../src/security/quotas/stored-quotas.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';

/** Sets quotas of an entity; null removes one. */
export function setQuotas(
  services: BrokerServices,
  parts: Partial<Record<EntityType, string | null>>,
  values: Readonly<Record<string, number | null>>,
): Promise<void> {
  const entity = new Map(Object.entries(parts) as Array<[EntityType, string | null]>);
  return alterQuotas(services, entity, new Map(Object.entries(values)));
}
