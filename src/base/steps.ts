/**
 * Work that is written once for a thread of its own, which does it at once, and for the event loop, where others have their
 * turn between one step and the next.
 */

/** Gives something, and comes by here whenever some milliseconds may have passed. */
export type Steps<T> = Generator<void, T, undefined>;

/** Waits until others had their turn; null: nobody waits. */
export type Pause = (() => Promise<void>) | null;

/** A promise only where there is more than one step, and a pause. @throws what the work throws; also as a rejection */
export function inSteps<T>(steps: Steps<T>, pause: Pause): T | Promise<Awaited<T>> {
  let step = steps.next();
  while (step.done !== true) {
    if (pause !== null) return goOn(steps, pause);
    step = steps.next();
  }
  return step.value;
}

async function goOn<T>(steps: Steps<T>, pause: () => Promise<void>): Promise<Awaited<T>> {
  for (;;) {
    await pause();
    const step = steps.next();
    if (step.done === true) return await step.value;
  }
}
