/** Gives memory back once a process has nothing to do: V8 itself collects only when much is allocated. */
import type { Clock } from './clock.ts';

const LOOK_EVERY_MS = 3000;
/** CPU that an idle broker takes at most, in ms of each look: heartbeats, and looking at the time. */
const IDLE_CPU_MS = 100;

/**
 * Calls `release` when a few seconds went by with next to no work, once after each time of work; a start is the first.
 * @param cpuMs CPU that the process has taken so far, in ms
 * @returns ends it
 */
export function releaseWhenIdle(clock: Clock, cpuMs: () => number, release: () => void): () => void {
  let hasWorked = true;
  let before = cpuMs();
  const look = (): void => {
    const now = cpuMs();
    const isIdle = now - before < IDLE_CPU_MS;
    before = now;
    if (isIdle && hasWorked) {
      release();
      before = cpuMs();
    }
    hasWorked = !isIdle;
    timer = clock.setTimer(LOOK_EVERY_MS, look);
  };
  let timer = clock.setTimer(LOOK_EVERY_MS, look);
  return () => timer.cancel();
}
