/** The quotas of clients and addresses that the catalog has. */
import { StoredResourceType } from '../metadata/types.ts';
import { noQuotas, type Quotas } from '../security/quotas/quotas.ts';
import type { QuotaBase } from '../security/quotas/stored-quotas.ts';

/** None where none are kept; their code is not loaded then. */
export async function openQuotas(base: Omit<QuotaBase, 'quotas'>): Promise<Quotas> {
  const quotas = noQuotas();
  if (base.metadata.resourceNames(StoredResourceType.CLIENT_QUOTA).length === 0) return quotas;
  const { definedQuotas } = await import('../security/quotas/stored-quotas.ts');
  definedQuotas({ ...base, quotas });
  return quotas;
}
