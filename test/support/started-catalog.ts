/** Catalogs as a broker starts them, over a journal in memory. */
import { type Engine, openEngine } from '../../src/storage/open-engine.ts';
import type { Catalog, CatalogImage } from '../../src/storage/catalog/types.ts';

/** An engine for a catalog that is looked at alone. */
export function memoryJournal(): Promise<Engine> {
  return openEngine({ dataDir: null, clusterId: 'memory' });
}

/** Loads the catalog and counts a start. */
export async function startCatalog(catalog: Catalog, clusterId: string): Promise<CatalogImage> {
  const image = await catalog.load(clusterId);
  await catalog.start(await memoryJournal());
  return image;
}
