/** The disk of an engine in memory: there is none, and what is not in memory any more was dropped. */
import { StorageError } from '../types.ts';
import type { Files } from './files.ts';

function dropped(): Promise<never> {
  return Promise.reject(new StorageError('DROPPED', 'The records were dropped: the journal in memory is full'));
}

export const noFiles: Files = {
  makeDirectory: dropped,
  list: () => Promise.resolve([]),
  open: dropped,
  rename: dropped,
  unlink: dropped,
  syncDirectory: () => Promise.resolve(),
  rest: () => Promise.resolve(),
  space: () => Promise.resolve({ totalBytes: -1, usableBytes: -1 }),
};
