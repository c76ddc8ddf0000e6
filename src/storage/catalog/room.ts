/** What the catalog does on a full disk: others keep space there that they can give. */
import { CatalogError } from './catalog-error.ts';

/** Frees space on the catalog's disk, out of reserves only if it may; false when there was none to give. */
export type MakeRoom = (mayUseReserve: boolean) => Promise<boolean>;

/**
 * Calls that make something new, or that may as well fail: a full disk refuses them, so that those that free space find
 * the reserves.
 */
const REFUSED: ReadonlySet<string> = new Set(['createTopic', 'addPartitions', 'allocateProducerIds', 'reached']);

/** True when a call of this name must go on a full disk, too. */
export function mayUseReserve(call: string): boolean {
  return !REFUSED.has(call);
}

/** Makes the call; once more when it found the disk full and room could be made. */
export async function withRoom<T>(name: string, call: () => Promise<T>, makeRoom: MakeRoom | null): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const isFull = error instanceof CatalogError && error.code === 'DISK_FULL';
    if (!isFull || makeRoom === null || !(await makeRoom(mayUseReserve(name)))) throw error;
    return await call();
  }
}
