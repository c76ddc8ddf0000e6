/** The priority of threads, where the system has one for each: on Linux. */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/** A tenth of the share of a thread that does not yield. */
const BACKGROUND_NICE = 10;

/** From now on this thread mostly runs when no other wants the processor. Does nothing where threads have no priority. */
export function runInBackground(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), BACKGROUND_NICE);
  } catch {
    // Not permitted, or no /proc: then it runs as the others do.
  }
}
