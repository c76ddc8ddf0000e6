/** How much room the data directory's volume has. */
import { statfs } from 'node:fs';
import { promisify } from 'node:util';
import type { DiskSpace } from './files.ts';

const UNKNOWN: DiskSpace = { totalBytes: -1, usableBytes: -1 };

/** Room of the volume that holds `directory`; unknown without a directory, or where the system does not tell. */
export async function diskSpace(directory: string | null): Promise<DiskSpace> {
  if (directory === null) return UNKNOWN;
  try {
    const { bsize, blocks, bavail } = await promisify(statfs)(directory);
    return { totalBytes: bsize * blocks, usableBytes: bsize * bavail };
  } catch {
    return UNKNOWN;
  }
}
