/**
 * What a value is, in every realm. Jest runs each test file with globals of its own: an error or a promise that Node made
 * is no instance of the `Error` and `Promise` that code sees there.
 */
import { types } from 'node:util';

export function isError(value: unknown): value is Error {
  return types.isNativeError(value);
}

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

/** The message of what was thrown, whatever that is. */
export function messageOf(thrown: unknown): string {
  return isError(thrown) ? thrown.message : String(thrown);
}
