/**
 * The quotas in force. There is nothing here until some are defined, and nothing is measured then; their code is loaded
 * when it is needed first.
 */
import type { AddressQuotas } from './address-quotas.ts';
import type { ClientQuotas } from './client-quotas.ts';
import type { QuotaTable } from './quota-table.ts';

export interface Quotas {
  /** All that are defined; null: nobody has asked yet. */
  table: QuotaTable | null;
  /** Null: there are none of users and clients. */
  clients: ClientQuotas | null;
  /** Null: there are none of addresses. */
  addresses: AddressQuotas | null;
}

export function noQuotas(): Quotas {
  return { table: null, clients: null, addresses: null };
}
