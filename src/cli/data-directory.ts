/** What is wrong with a data directory, as far as it can be seen from outside: for the line that tells of it. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a broker opens for reading and writing in its directory. */
const PARTS: readonly string[] = ['catalog.db', 'journal'];

/** Who this is, and whose the path is, where the system has users: a directory mounted into a container is somebody's. */
function usersText(path: string): string {
  const user = process.geteuid?.();
  if (user === undefined) return '';
  const { uid: owner } = statSync(path);
  return owner === user ? ` (this is user ${user})` : ` (this is user ${user}, and it belongs to user ${owner})`;
}

/** Why this process may not write to what exists at the path, or null when it may. */
function writeProblem(path: string, mode: number): string | null {
  try {
    accessSync(path, mode);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EROFS') return `${path} is on a read-only file system`;
    if (code !== 'EACCES' && code !== 'EPERM') return null;
    return `may not write to ${path}: permission denied${usersText(path)}`;
  }
}

/** The directory itself, or the nearest parent that exists and may be looked at. */
function nearestPresent(directory: string): { readonly path: string; readonly isDirectory: boolean } {
  for (let path = directory; ; path = dirname(path)) {
    try {
      return { path, isDirectory: statSync(path).isDirectory() };
    } catch (error) {
      if (dirname(path) === path) throw error;
    }
  }
}

/** The problem as a phrase, or null when there is none to be seen. */
export function directoryProblem(directory: string): string | null {
  const { path, isDirectory } = nearestPresent(directory);
  if (!isDirectory) return `${path} is not a directory`;
  const problem = writeProblem(path, constants.W_OK | constants.X_OK);
  if (problem !== null || path !== directory) return problem;
  const parts = PARTS.map((name) => join(directory, name)).filter((part) => existsSync(part));
  return (
    parts.map((part) => writeProblem(part, constants.R_OK | constants.W_OK)).find((found) => found !== null) ?? null
  );
}
