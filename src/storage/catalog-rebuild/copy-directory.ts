/** Copies a data directory that nobody uses, for a broker of its own. */
import { constants, existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CatalogError } from '../catalog/catalog-error.ts';
import { CATALOG_FILE } from '../catalog/catalog-file.ts';
import { refuseUnlessEmpty } from './copy.ts';

/** @throws CatalogError NOT_FOUND for what is no data directory; Error when there is something in `to` */
export async function copyDataDirectory(from: string, to: string): Promise<void> {
  if (!existsSync(join(from, CATALOG_FILE))) {
    throw new CatalogError('NOT_FOUND', `${from} is no data directory of Walka: it has no ${CATALOG_FILE}.`);
  }
  await refuseUnlessEmpty(to);
  await cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE });
}

/** A copy among the system's temporary files, and what deletes it. @throws as copyDataDirectory */
export async function temporaryCopy(from: string): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'walka-'));
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true });
  try {
    await copyDataDirectory(from, path);
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, remove };
}
