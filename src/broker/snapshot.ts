/** A copy of what a broker has, while it goes on: a data directory of its own. */
import type { Catalog } from '../storage/catalog/types.ts';
import type { Engine } from '../storage/open-engine.ts';

/**
 * Copies what was acknowledged before the call.
 * @throws Error when there is something in `directory`; StorageError, the system's error
 */
export async function snapshotBroker(catalog: Catalog, engine: Engine, directory: string): Promise<void> {
  const { rows } = catalog;
  if (rows === null) {
    const { copyJournal } = await import('../storage/catalog-rebuild/copy.ts');
    await copyJournal(engine, directory);
    return;
  }
  const { copyMemory } = await import('../storage/catalog-rebuild/copy-memory.ts');
  await copyMemory(engine, rows, directory);
}
