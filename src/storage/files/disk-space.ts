/** How much room the data directory's volume has. */
import { statfs } from 'node:fs';
import { promisify } from 'node:util';
import type { DiskSpace } from './files.ts';

const UNKNOWN: DiskSpace = { totalBytes: -1, usableBytes: -1 };

/** What answers tell as the largest number that there is. */
const MOST_BYTES = Number.MAX_SAFE_INTEGER;

/** Room of a journal in memory that may hold `maxBytes` of records and holds `liveBytes`. */
export function memorySpace(maxBytes: number, liveBytes: number): DiskSpace {
  const totalBytes = Math.min(maxBytes, MOST_BYTES);
  return { totalBytes, usableBytes: Math.max(0, totalBytes - liveBytes) };
}

/** Room of the volume that holds `directory`; unknown where the system does not tell. */
export async function diskSpace(directory: string): Promise<DiskSpace> {
  try {
    const { bsize, blocks, bavail } = await promisify(statfs)(directory);
    return { totalBytes: bsize * blocks, usableBytes: bsize * bavail };
  } catch {
    return UNKNOWN;
  }
}
