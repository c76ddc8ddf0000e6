/** Why a file cannot be read, as a phrase for people. */
import { ConfigError } from './config-error.ts';

const READ_FAILURES: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['ENOTDIR', 'there is no such file'],
  ['EISDIR', 'it is a directory'],
  ['EACCES', 'permission denied'],
]);

/** The phrase for what Node threw, or for what is wrong in the file. */
export function readFailure(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  return READ_FAILURES.get((error as NodeJS.ErrnoException).code ?? '') ?? String(error);
}
