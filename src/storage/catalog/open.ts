/** Chooses the catalog. Only the one that is chosen is loaded. */
import type { Catalog } from './types.ts';

/**
 * The catalog of a data directory, or one in memory for null. The catalog of a directory opens it in the background at
 * once: ask for it early, and whatever is wrong with the directory is told by `start`.
 */
export async function openCatalog(dataDir: string | null): Promise<Catalog> {
  if (dataDir === null) {
    const { MemoryCatalog } = await import('./memory.ts');
    return new MemoryCatalog();
  }
  const { SqliteCatalog } = await import('./sqlite.ts');
  return new SqliteCatalog(dataDir);
}
