/**
 * Threads. Where a thread's file is depends on what this file is part of: the sources, the published bundles, or a
 * single executable, which has it as an asset.
 */
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';

/** Files of threads by name, from the root of the sources. The build makes a bundle of each. */
export const THREAD_FILES = {
  catalog: 'storage/catalog/sqlite-worker.ts',
  disk: 'storage/files/disk-worker.ts',
  merge: 'storage/convert/merge-worker.ts',
} as const;

export type ThreadName = keyof typeof THREAD_FILES;

export interface ThreadOptions {
  readonly workerData?: unknown;
  /** Size of its young generation, in MiB: what it allocates before V8 collects. */
  readonly youngMb: number;
}

/** Name of a thread's bundle: a file beside the others, and the asset of a single executable. */
export function threadBundle(name: ThreadName): string {
  return `thread-${name}.cjs`;
}

/** Starts a thread. */
export function startThread(name: ThreadName, { workerData, youngMb }: ThreadOptions): Worker {
  const threads = process.getBuiltinModule('node:worker_threads');
  const options = {
    workerData,
    // Flags of the program that embeds a broker (--input-type, --import), and those in NODE_OPTIONS, are not for it.
    execArgv: [],
    env: {},
    resourceLimits: { maxYoungGenerationSizeMb: youngMb },
  };
  const executable = process.getBuiltinModule('node:sea');
  if (executable.isSea()) {
    return new threads.Worker(executable.getAsset(threadBundle(name), 'utf8'), { ...options, eval: true });
  }
  return new threads.Worker(threadFile(name), options);
}

function threadFile(name: ThreadName): string {
  const isSource = import.meta.filename.endsWith('.ts');
  return join(import.meta.dirname, isSource ? `../${THREAD_FILES[name]}` : threadBundle(name));
}
