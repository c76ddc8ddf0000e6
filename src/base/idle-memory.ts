/** Gives memory back once a process has nothing to do: V8 itself collects only when much is allocated. */
import type { Clock } from './clock.ts';

const LOOK_EVERY_MS = 3000;
/** CPU that an idle broker takes at most, in ms of each look: heartbeats, and looking at the time. */
const IDLE_CPU_MS = 100;
/**
 * Looks without work, one after the other, before memory is given back after a time of work: five minutes. With the objects
 * that only requests make, V8 loses the code that it has compiled for them, and who comes back soon would pay for it again.
 */
const LOOKS_AFTER_WORK = 100;

/**
 * Calls `release` when nothing to speak of was done for a few seconds after a start, and for some minutes after each time of
 * work, once each.
 * @param cpuMs CPU that the process has taken so far, in ms
 * @returns ends it
 */
export function releaseWhenIdle(clock: Clock, cpuMs: () => number, release: () => void): () => void {
  let looksLeft = 1;
  let before = cpuMs();
  const look = (): void => {
    const now = cpuMs();
    const isIdle = now - before < IDLE_CPU_MS;
    before = now;
    if (!isIdle) looksLeft = LOOKS_AFTER_WORK;
    else if (looksLeft > 0) {
      looksLeft -= 1;
      if (looksLeft === 0) release();
      before = cpuMs();
    }
    timer = clock.setTimer(LOOK_EVERY_MS, look);
  };
  let timer = clock.setTimer(LOOK_EVERY_MS, look);
  return () => timer.cancel();
}
