/** Makes the data directory. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory with the parents it lacks. Node's own recursive mkdir never returns where the parent exists and
 * takes no entries, as in /proc.
 * @throws the system's error: EEXIST where a file has the name, EACCES, EROFS, ENOENT and the like
 */
export function makeDirectories(path: string): void {
  const missing: string[] = [];
  let at = resolve(path);
  for (let found = statSync(at, { throwIfNoEntry: false }); found?.isDirectory() !== true; ) {
    missing.push(at);
    if (found !== undefined) break; // a file: making the directory tells
    at = dirname(at);
    found = statSync(at, { throwIfNoEntry: false });
  }
  for (const directory of missing.toReversed()) mkdirSync(directory);
}
