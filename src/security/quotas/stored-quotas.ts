/** Quotas as they are kept: by entity, and enforced from the moment when they are. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { resolveAddress } from '../../base/resolve-address.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import { type MetadataStore, StoredResourceType } from '../../metadata/types.ts';
import { AddressQuotas } from './address-quotas.ts';
import { ClientQuotas } from './client-quotas.ts';
import { entityKey, parseEntityKey, type QuotaEntity } from './quota-entity.ts';
import { QuotaTable } from './quota-table.ts';
import type { Quotas } from './quotas.ts';
import { windowsOf } from './sampled-rate.ts';

const { CLIENT_QUOTA } = StoredResourceType;

export interface QuotaBase {
  readonly quotas: Quotas;
  readonly metadata: MetadataStore;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is defined; from the first call on, it is enforced. */
export function definedQuotas(base: QuotaBase): QuotaTable {
  const { quotas, metadata, config, clock } = base;
  if (quotas.table !== null) return quotas.table;
  const table = (quotas.table = new QuotaTable());
  const windows = windowsOf(config, 'quota');
  const clients = new ClientQuotas({ table, clock, windows, mutationWindows: windowsOf(config, 'controller.quota') });
  const addresses = new AddressQuotas(table, clock, windows);
  const read = (name: string): void => {
    const entity = parseEntityKey(name);
    const stored = metadata.dynamicConfigs(CLIENT_QUOTA, name);
    table.set(entity, new Map([...stored].map(([key, value]) => [key, Number(value)])));
    void learnAddress(base, table, entity.get('ip'));
  };
  const enforce = (): void => {
    clients.changed();
    quotas.clients = table.hasClients ? clients : null;
    quotas.addresses = table.hasAddresses ? addresses : null;
    // Nothing is measured from now on.
    if (!table.hasClients) clients.forget();
    if (!table.hasAddresses) addresses.forget();
  };
  for (const name of metadata.resourceNames(CLIENT_QUOTA)) read(name);
  enforce();
  metadata.onChange((change) => {
    if (change.kind !== 'configs-changed' || change.resourceType !== CLIENT_QUOTA) return;
    read(change.resourceName);
    enforce();
  });
  return table;
}

/** What was a host's name when its quota was made may be none now: then nobody is meant. */
async function learnAddress({ logger }: QuotaBase, table: QuotaTable, name: string | null | undefined): Promise<void> {
  if (name === null || name === undefined) return;
  const address = await resolveAddress(name);
  if (address !== null) table.know(name, address);
  else logger.warn('quota-address-unknown', `The quota of ${name} counts for nobody: it has no address`, { ip: name });
}

/**
 * Changes an entity's quotas, null: there is none any more. Resolves when they are kept and count.
 * @throws KafkaError KAFKA_STORAGE_ERROR
 */
export async function alterQuotas(
  base: QuotaBase,
  entity: QuotaEntity,
  changes: ReadonlyMap<string, number | null>,
): Promise<void> {
  definedQuotas(base);
  await base.metadata.alterDynamicConfigs(CLIENT_QUOTA, entityKey(entity), (current) => {
    const values = new Map(current);
    for (const [key, value] of changes) {
      if (value === null) values.delete(key);
      else values.set(key, String(value));
    }
    return values;
  });
}
