/** Chooses the catalog. Only the one that is chosen is loaded. */
import type { Catalog } from './types.ts';

/**
 * The catalog of a data directory, or one in memory for null. What is wrong with the directory is told by `load`.
 */
export async function openCatalog(dataDir: string | null): Promise<Catalog> {
  if (dataDir === null) {
    const { MemoryCatalog } = await import('./memory.ts');
    return new MemoryCatalog();
  }
  const { SqliteCatalog } = await import('./sqlite.ts');
  return new SqliteCatalog(dataDir);
}
