/** What the catalog does on a full disk: others keep space there that they can give. */
import { CatalogError } from './catalog-error.ts';

/** Frees space on the catalog's disk; false when there was none to give. */
export type MakeRoom = () => Promise<boolean>;

/** Makes the call; once more when it found the disk full and room could be made. */
export async function withRoom<T>(call: () => Promise<T>, makeRoom: MakeRoom | null): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const isFull = error instanceof CatalogError && error.code === 'DISK_FULL';
    if (!isFull || makeRoom === null || !(await makeRoom())) throw error;
    return await call();
  }
}
